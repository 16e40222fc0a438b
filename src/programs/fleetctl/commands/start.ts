import { activation } from '../activate.ts';

export const start = activation({
  name: 'start',
  summary: 'Instruct systemd to start one or more units in the cluster, first submitting and loading if necessary',
  goal: 'launched',
  replaceIn: ['inactive', 'loaded', 'launched'],
  doing: 'starting',
});
