/** This host. */
import { readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { UsedRange } from '../../core/topology/subnet.ts';
import type { Host } from './index.ts';
import { parseRoutes } from './routes.ts';

/**
 * Milliseconds; a server that has nothing to say by then is asked again. Each connection costs it a process, which a loaded
 * machine needs seconds to start: who hangs up before keeps the machine busy with his own calls.
 */
const greetingPatience = 15_000;

export const thisHost: Host = {
  async ranges() {
    // Only Linux has this file. Elsewhere engines run in a virtual machine of their own, and routes of this host matter less.
    const routes = await readFile('/proc/net/route', 'utf8').catch(() => '');
    return [...interfaceRanges(), ...parseRoutes(routes)];
  },
  isPortFree: (port) =>
    new Promise((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
    }),
  sshAnswers: (port) =>
    new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port });
      const end = (answer: boolean): void => {
        socket.destroy();
        resolve(answer);
      };
      socket.setTimeout(greetingPatience, () => end(false));
      // Whoever forwards the port accepts at once; only sshd itself says hello. See RFC 4253 section 4.2.
      socket.once('data', (data) => end(data.toString('latin1').startsWith('SSH-')));
      socket.once('error', () => end(false));
      socket.once('close', () => end(false));
    }),
};

const interfaceRanges = (): UsedRange[] =>
  Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? []).flatMap(({ family, cidr }) =>
      family === 'IPv4' && cidr !== null ? [{ range: cidr, by: `the network interface ${name} (${cidr})` }] : [],
    ),
  );
