import { activation } from '../activate.ts';

export const load = activation({
  name: 'load',
  summary: 'Schedule one or more units in the cluster, first submitting them if necessary',
  goal: 'loaded',
  replaceIn: ['inactive', 'loaded'],
  doing: 'loading',
});
