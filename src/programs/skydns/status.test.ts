import { afterEach, describe, expect, it } from 'vitest';
import { seconds } from '../../core/base/time.ts';
import { counter } from '../../core/metrics/metrics.ts';
import { anUpstream, aServer, aServersWorld, edns, overTcp, overUdp, question, until } from './fixtures.ts';
import { startDnsServer } from './server.ts';
import { statusAnswer } from './status.ts';

let stop = new AbortController();
afterEach(() => {
  stop.abort();
  stop = new AbortController();
});

const place = { port: 0, path: '/metrics', namespace: 'skydns', subsystem: 'skydns' };
const redis = { '/skydns/dev/webapp/redis/redis-1': { host: '172.17.8.103', port: 6379 } };
const told = async (port: number | undefined, path: string) => {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() };
};
/** One line's value, by its name and labels. */
const valueIn = (text: string, name: string) =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.slice(name.length + 1) ?? Number.NaN,
  );

describe('the status port', () => {
  const parts = { path: '/m', families: [counter('asked_total', 'Asked.')], unready: () => [] as string[] };

  it.each([
    ['GET', '/m', 200, 'asked_total 0'],
    ['GET', '/m?from=prometheus', 200, 'asked_total 0'],
    ['GET', '/health', 200, 'OK'],
    ['GET', '/ready', 200, 'OK'],
    ['GET', '/metrics', 404, 'there are /m, /health and /ready'],
    ['POST', '/m', 405, 'only GET'],
  ])('answers %s %s with %i', (method, url, status, body) => {
    const answer = statusAnswer(parts, method, url);
    expect(answer.status).toBe(status);
    expect(answer.body).toContain(body);
  });

  it('names what is missing', () => {
    const answer = statusAnswer({ ...parts, unready: () => ['config', 'etcd'] }, 'GET', '/ready');
    expect(answer).toMatchObject({ status: 503, body: 'config,etcd\n' });
  });

  it('is served for as long as the server runs, and only when somebody asked for it', async () => {
    const { statusPort } = await aServer({ status: place, records: redis }, stop.signal);
    expect(await told(statusPort, '/metrics')).toMatchObject({
      status: 200,
      type: 'text/plain; version=0.0.4; charset=utf-8',
      body: expect.stringContaining('# TYPE skydns_skydns_dns_request_count_total counter'),
    });
    expect(await told(statusPort, '/ready')).toMatchObject({ status: 200, body: 'OK' });
    expect((await aServer({}, stop.signal)).statusPort).toBeUndefined();
  });

  it('says who has its port', async () => {
    const { statusPort } = await aServer({ status: place }, stop.signal);
    const second = aServer({ status: { ...place, port: statusPort ?? 0 } }, stop.signal);
    await expect(second).rejects.toMatchObject({ code: 'STATUS_PORT_TAKEN' });
  });
});

describe('metrics', () => {
  it('count every answer under the names that SkyDNS documents, remembered ones too', async () => {
    const { server } = await anUpstream(
      () => ({ answers: [{ type: 'A', name: 'www.example.com', data: '192.0.2.7', ttl: 9 }] }),
      stop.signal,
    );
    const records = {
      ...redis,
      '/skydns/arpa/in-addr/172/17/8/103': { host: 'redis-1.redis.webapp.dev' },
      '/skydns/dev/webapp/bad': '{"port":"80"}',
      '/skydns/dev/webapp/dns/stub/com/example/lab/ns1': { host: '127.0.0.1', port: Number(server.split(':')[1]) },
    };
    const many = Object.fromEntries(
      Array.from({ length: 60 }, (_, at) => [`/skydns/dev/webapp/many/x${at}`, { host: `10.0.0.${at + 1}` }]),
    );
    const { port, statusPort } = await aServer(
      {
        records: { ...records, ...many },
        status: { ...place, namespace: 'dns', subsystem: 'cluster' },
        stubZones: true,
        config: { nameservers: [server], cacheSize: 10 },
      },
      stop.signal,
    );
    for (const text of [
      ...['A redis.webapp.dev', 'A redis.webapp.dev', 'A gone.webapp.dev', 'A gone.webapp.dev', 'TXT redis.webapp.dev'],
      ...['A many.webapp.dev', 'AXFR webapp.dev', 'PTR 103.8.17.172.in-addr.arpa', 'A com'],
      ...['A www.example.com', 'A www.example.com', 'A www.lab.example.com'],
    ]) {
      await overUdp(port, question(text));
    }
    const { body } = await told(statusPort, '/metrics');
    const count = (system: string) => valueIn(body, `dns_cluster_dns_request_count_total{system="${system}"}`);
    expect(['auth', 'cache', 'recursive', 'reverse', 'stub'].map(count)).toEqual([8, 1, 1, 1, 1]);
    const errors = (cause: string) =>
      valueIn(body, `dns_cluster_dns_error_count_total{system="auth",cause="${cause}"}`);
    expect(['nxdomain', 'nodata', 'truncated', 'refused', 'servfail'].map(errors)).toEqual([2, 1, 1, 1, 1]);
    expect(valueIn(body, 'dns_cluster_dns_cachemiss_count_total{cache="response"}')).toBe(2);
    expect(valueIn(body, 'dns_cluster_dns_response_size_bytes_count{system="auth"}')).toBe(8);
    expect(valueIn(body, 'dns_cluster_dns_request_duration_seconds_bucket{system="auth",le="+Inf"}')).toBe(8);
    expect(valueIn(body, 'dns_cluster_records')).toBe(64);
    expect(valueIn(body, 'dns_cluster_records_skipped')).toBe(1);
    expect(valueIn(body, 'process_resident_memory_bytes')).toBeGreaterThan(0);
  });

  it('count what deserves no answer, and what no message can hold', async () => {
    const texts = Object.fromEntries(
      Array.from({ length: 300 }, (_, at) => [`/skydns/dev/webapp/t/t${at}`, { text: `${at}`.repeat(200) }]),
    );
    const { port, statusPort } = await aServer({ records: texts, status: place }, stop.signal);
    await overTcp(port, [question('TXT t.webapp.dev')]);
    await overTcp(port, [question('A t.webapp.dev', { type: 'response' })]);
    const { body } = await told(statusPort, '/metrics');
    expect(valueIn(body, 'skydns_skydns_dns_error_count_total{system="auth",cause="overflow"}')).toBe(1);
    expect(valueIn(body, 'skydns_skydns_dns_dropped_count_total')).toBe(1);
  });

  it('mark a store out of reach, for how long, and that it is back though nothing changed', async () => {
    const { statusPort, store, clock } = await aServer({ records: redis, status: place }, stop.signal);
    const seen = async () => {
      const { body } = await told(statusPort, '/metrics');
      const { status } = await told(statusPort, '/ready');
      const [reachable, away] = ['store_reachable', 'store_unreachable_seconds'].map((last) =>
        valueIn(body, `skydns_skydns_${last}`),
      );
      return { reachable, away, status };
    };
    expect(await seen()).toEqual({ reachable: 1, away: 0, status: 200 });
    store.line.cut();
    await until(seen, ({ reachable }) => reachable === 0);
    await clock.advance(seconds(90));
    expect(await seen()).toEqual({ reachable: 0, away: 90, status: 503 });
    store.line.mend();
    expect(await until(seen, ({ reachable }) => reachable === 1)).toEqual({ reachable: 1, away: 0, status: 200 });
  });

  it('say from the start that the store was never read', async () => {
    const parts = aServersWorld({ status: place });
    parts.store.line.cut();
    const starting = startDnsServer(parts, stop.signal);
    await parts.clock.advance(seconds(2));
    const { statusPort, address } = await starting;
    expect(await told(statusPort, '/ready')).toMatchObject({ status: 503, body: 'config,etcd\n' });
    expect(valueIn((await told(statusPort, '/metrics')).body, 'skydns_skydns_store_unreachable_seconds')).toBe(2);
    await overUdp(Number(address.split(':').at(-1)), question('A redis.webapp.dev', { additionals: [edns(512)] }));
    expect((await told(statusPort, '/health')).status).toBe(200);
  });
});
