import { afterAll, beforeAll } from 'vitest';
import { type EtcdServers, startEtcd } from '../../testing/etcd-server.ts';
import { systemClock } from '../clock/system.ts';
import { openEtcd } from '../etcd/etcd3.ts';
import { memoryLog } from '../log/memory.ts';
import { registryOn } from '../registry/etcd.ts';
import { fleetApiContract } from './contract.ts';
import { playedIn } from './fixtures.ts';
import { registryFleetApi } from './registry.ts';

let servers: EtcdServers;
beforeAll(async () => {
  servers = await startEtcd(1);
});
afterAll(() => servers[Symbol.asyncDispose]());

let worlds = 0;
fleetApiContract('the API on a registry on etcd', async () => {
  const clock = systemClock();
  const etcd = await openEtcd({ clock, endpoints: servers.endpoints });
  const registry = registryOn({ etcd, clock, log: memoryLog(), prefix: `/api-${worlds++}/` });
  return {
    api: registryFleetApi(registry),
    cluster: playedIn(registry),
    [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
  };
});
