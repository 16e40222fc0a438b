import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { command, noFlags } from '../command.ts';
import { messageOf, refuse } from '../failing.ts';

export const fdForward = command({
  name: 'fd-forward',
  operands: 'SOCKET',
  summary: 'Proxy stdin and stdout to a unix domain socket',
  offline: true,
  flags: noFlags,
  async run({ args }, { io, here }) {
    const [path, ...more] = args;
    if (path === undefined || more.length > 0) return refuse(io, 'Provide a single argument');
    let socket: Duplex;
    try {
      socket = await here.dialUnix(path);
    } catch (cause) {
      io.err(`Failed dialing remote address: ${messageOf(cause)}`);
      // Zero, as fleet has it: what waits at the other end of the pipe sees that nothing comes.
      return 0;
    }
    try {
      const ended = new AbortController();
      const { signal } = ended;
      await Promise.race([
        pipeline(io.stdin, socket, { signal, end: false }),
        pipeline(socket, io.stdout, { signal, end: false }),
      ]);
      return 0;
    } catch (cause) {
      return refuse(io, `Encountered error during copy: ${messageOf(cause)}`);
    } finally {
      socket.destroy();
    }
  },
});
