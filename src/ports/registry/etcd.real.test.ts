import { afterAll, beforeAll } from 'vitest';
import { type EtcdServers, startEtcd } from '../../testing/etcd-server.ts';
import { systemClock } from '../clock/system.ts';
import { openEtcd } from '../etcd/etcd3.ts';
import { memoryLog } from '../log/memory.ts';
import { registryContract } from './contract.ts';
import { registryOn } from './etcd.ts';

let servers: EtcdServers;
beforeAll(async () => {
  servers = await startEtcd(1);
});
afterAll(() => servers[Symbol.asyncDispose]());

let worlds = 0;
registryContract('the registry on etcd', async () => {
  const clock = systemClock();
  worlds += 1;
  const open = async () =>
    registryOn({
      etcd: await openEtcd({ clock, endpoints: servers.endpoints }),
      clock,
      log: memoryLog(),
      prefix: `/world-${worlds}`,
    });
  const [here, there] = await Promise.all([open(), open()]);
  return {
    clock,
    here,
    there,
    pass: (duration) => clock.sleep(duration),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([here, there].map((registry) => registry[Symbol.asyncDispose]()));
    },
  };
});
