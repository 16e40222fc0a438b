import { afterAll, beforeAll } from 'vitest';
import { type EtcdServers, startEtcd } from '../../testing/etcd-server.ts';
import { systemClock } from '../clock/system.ts';
import { openEtcd } from '../etcd/etcd3.ts';
import { recordStoreContract } from './contract.ts';
import { recordStoreOn } from './etcd.ts';

let servers: EtcdServers;
beforeAll(async () => {
  servers = await startEtcd(1);
});
afterAll(() => servers[Symbol.asyncDispose]());

let worlds = 0;
recordStoreContract('the record store on etcd', async () => {
  const clock = systemClock();
  worlds += 1;
  const open = async () => recordStoreOn({ etcd: await openEtcd({ clock, endpoints: servers.endpoints }), clock });
  const [here, there] = await Promise.all([open(), open()]);
  return {
    ...{ clock, here, there, prefix: `/skydns-${worlds}` },
    pass: (duration) => clock.sleep(duration),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([here, there].map((store) => store[Symbol.asyncDispose]()));
    },
  };
});
