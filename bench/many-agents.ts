/**
 * Some of the machines of `many.ts`, in one process: `many-agents.mjs <endpoints> <first> <count> [<address> <port>]`. With
 * an address and a port, the first of them serves its API there. Asked over the channel to its parent, it tells what it
 * has used and counted.
 */
import { presets } from '../src/core/base/settings.ts';
import { systemClock } from '../src/ports/clock/system.ts';
import { openEtcd } from '../src/ports/etcd/etcd3.ts';
import { consoleLog } from '../src/ports/log/console.ts';
import { serve } from '../src/ports/sockets/serve.ts';
import { apiHandler } from '../src/programs/fleetd/api/handler.ts';
import { settings } from '../src/programs/fleetd/config.ts';
import { etcdOptions } from '../src/programs/fleetd/etcd-options.ts';
import { startAgents } from '../src/sim/agents.ts';

export interface Report {
  /** Processor time since the start. */
  readonly cpuMs: number;
  readonly requests: number;
  readonly heard: number;
  readonly residentMiB: number;
}

const [endpoints = '', first = '0', count = '0', host, port] = process.argv.slice(2);
const clock = systemClock();
// The process speaks for many machines: each line would come a thousand times.
const quiet = consoleLog({ verbosity: () => 0 });
const log = { ...quiet, debug: () => {}, info: () => {} };
const ids = Array.from({ length: Number(count) }, (_, n) => `m${String(Number(first) + n).padStart(3, '0')}`);
const agents = await startAgents({
  clock,
  log,
  ids,
  open: () => openEtcd({ clock, ...etcdOptions({ ...presets(settings), etcdServers: endpoints.split(',') }) }),
});
const [served] = agents.all;
if (served !== undefined && host !== undefined) {
  const { registry, fleetd } = served;
  const world = { clock, log, registry, gate: fleetd.gate, metrics: fleetd.metrics, families: () => [] };
  const handler = apiHandler({ ...world, tokenLimit: () => 1_000 });
  await serve({ host, port: Number(port) }, handler, (cause) => log.error('a request failed', { err: cause }));
}
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  const { requests, heard } = agents.traffic;
  const residentMiB = process.memoryUsage.rss() / 2 ** 20;
  process.send?.({ cpuMs: (user + system) / 1_000, requests, heard, residentMiB } satisfies Report);
});
process.on('disconnect', () => process.exit());
