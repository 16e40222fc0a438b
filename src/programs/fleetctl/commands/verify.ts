import { command, noFlags } from '../command.ts';

export const verify = command({
  name: 'verify',
  operands: 'UNIT',
  summary: 'DEPRECATED - No longer works',
  offline: true,
  flags: noFlags,
  async run(_invocation, { io }) {
    io.err('Command "verify" is deprecated, DEPRECATED - No longer works');
    io.err('WARNING: The signed/verified units feature is DEPRECATED and cannot be used.');
    return 2;
  },
});
