/** This host. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { UsedRange } from '../../core/topology/subnet.ts';
import type { Host } from './index.ts';
import { parseRoutes } from './routes.ts';

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
};

const interfaceRanges = (): UsedRange[] =>
  Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? []).flatMap(({ family, cidr }) =>
      family === 'IPv4' && cidr !== null ? [{ range: cidr, by: `the network interface ${name} (${cidr})` }] : [],
    ),
  );
