/** A real etcd behind the server: read in pages, followed, lost and found again. */
import { decode } from 'dns-packet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seconds } from '../../core/base/time.ts';
import { systemClock } from '../../ports/clock/system.ts';
import { openEtcd } from '../../ports/etcd/etcd3.ts';
import { recordStoreOn } from '../../ports/record-store/etcd.ts';
import { type EtcdServers, startEtcd } from '../../testing/etcd-server.ts';
import { aServersWorld, overUdp, question } from './fixtures.ts';
import { startDnsServer } from './server.ts';

const stop = new AbortController();
const clock = systemClock();
let servers: EtcdServers;
beforeAll(async () => {
  servers = await startEtcd(1);
});
afterAll(async () => {
  stop.abort();
  await servers[Symbol.asyncDispose]();
});
const openStore = async () => recordStoreOn({ etcd: await openEtcd({ clock, endpoints: servers.endpoints }), clock });

describe('skydns on a real etcd', () => {
  it('answers all that is there, through an outage, and what changed meanwhile as soon as it is over', async () => {
    await using writer = await openStore();
    await using store = await openStore();
    const key = (name: string) => `/skydns/dev/webapp/${name}`;
    const names = Array.from({ length: 1_200 }, (_, at) => `many/x${at}`);
    for (let at = 0; at < names.length; at += 100)
      await Promise.all(
        names.slice(at, at + 100).map((name, index) => writer.put(key(name), `{"host":"10.1.${at / 100}.${index}"}`)),
      );
    await writer.put(key('short'), '{"host":"10.0.0.9","ttl":3600}', seconds(30));
    const server = await startDnsServer({ ...aServersWorld({}), clock, store }, stop.signal);
    const port = Number(server.address.split(':').at(-1));
    const answersTo = async (name: string) =>
      (decode(await overUdp(port, question(`A ${name}.webapp.dev`))).answers ?? []).flatMap((record) =>
        record.type === 'A' ? [{ address: record.data, ttl: record.ttl ?? 0 }] : [],
      );
    const until = async (name: string, address: string) => {
      for (const begun = clock.now(); clock.now() - begun < 10_000; await clock.sleep(seconds(0.01)))
        if ((await answersTo(name))[0]?.address === address) return clock.now() - begun;
      throw new Error(`${name} never became ${address}`);
    };

    expect(await answersTo('x1199.many')).toMatchObject([{ address: '10.1.11.99' }]);
    const [short] = await answersTo('short');
    expect(short?.ttl).toBeLessThanOrEqual(30);
    expect(short?.ttl).toBeGreaterThan(20);

    await writer.put(key('web'), '{"host":"10.0.0.1"}');
    expect(await until('web', '10.0.0.1')).toBeLessThan(1_000);
    await servers.members[0]?.kill();
    expect(await answersTo('web')).toMatchObject([{ address: '10.0.0.1' }]);
    await servers.members[0]?.start();
    await writer.put(key('web'), '{"host":"10.0.0.2"}');
    expect(await until('web', '10.0.0.2')).toBeLessThan(2_000);
    expect(await answersTo('x7.many')).toMatchObject([{ address: '10.1.0.7' }]);
  });
});
