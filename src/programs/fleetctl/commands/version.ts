import { command, noFlags } from '../command.ts';
import { version as number } from '../version.ts';

export const version = command({
  name: 'version',
  operands: '',
  summary: 'Print the version and exit',
  offline: true,
  flags: noFlags,
  async run(_invocation, { io }) {
    io.out(`fleetctl version ${number}`);
    return 0;
  },
});
