import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Scratch, type TestDesk, testDesk } from '../fixtures.ts';
import { type DnsOptions, dns } from './dns.ts';
import { up } from './up.ts';

let scratch: Scratch;
let cluster: TestDesk;
beforeEach(async () => {
  scratch = new Scratch();
  cluster = testDesk({ scratch });
  await up(cluster, { name: 'lab', machines: '2' });
});
afterEach(() => scratch[Symbol.dispose]());

const redis = (address: string) => `redis.cluster.test.\t3600\tIN\tA\t${address}\n`;
const container = (name: string, id: string) =>
  JSON.stringify([
    {
      Id: 'c'.repeat(64),
      Name: '/redis',
      Config: { Image: 'redis:2.8', Hostname: 'c', Env: [`SERVICE_NAME=${name}`, `SERVICE_ID=${id}`] },
      HostConfig: { NetworkMode: 'default' },
      NetworkSettings: { Ports: { '6379/tcp': [{ HostIp: '0.0.0.0', HostPort: '6379' }] } },
      State: { Running: true, ExitCode: 0 },
    },
  ]);

/** What the machines say, by the machine and the program that is asked. */
const play = (said: (machine: string, command: readonly string[]) => string | undefined) => {
  cluster.docker.onExec = (machine, command) => {
    const stdout = said(machine, command);
    return stdout === undefined ? { exitCode: 9 } : { stdout };
  };
};
const run = async (name: string | undefined, options: DnsOptions = {}) => {
  const desk = testDesk({ scratch, before: cluster });
  const code = await dns(desk, name, options);
  return { code, out: desk.io.output(), err: desk.io.errors() };
};

describe('devcluster dns', () => {
  it('shows what every machine answers, and is content when all agree', async () => {
    play((_machine, [program]) =>
      program === 'dig' ? `;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1\n${redis('10.0.0.1')}` : '',
    );
    const { code, out } = await run('redis');
    expect(out).toMatch(/^core-01 +NOERROR +A +3600 +10\.0\.0\.1\ncore-02 +NOERROR +A +3600 +10\.0\.0\.1$/m);
    expect(code).toBe(0);
    expect(cluster.docker.calls.join('\n')).toContain('@127.0.0.1 redis.cluster.test A');
  });

  it.each([
    ['they disagree', (machine: string) => redis(machine.endsWith('1') ? '10.0.0.1' : '10.0.0.2')],
    ['nobody has one', () => ';; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: 1\n'],
    ['nobody answers', () => undefined],
  ])('is not content when %s', async (_what, said) => {
    play((machine, [program]) => (program === 'dig' ? said(machine) : ''));
    expect((await run('redis')).code).toBe(1);
  });

  it('asks for the type and the name that it is told', async () => {
    play(() => '');
    await run('_http._tcp.example.org', { type: 'srv' });
    expect(cluster.docker.calls.join('\n')).toContain('@127.0.0.1 _http._tcp.example.org SRV');
  });

  it.each<[string, string | undefined, DnsOptions]>([
    ['no name', undefined, {}],
    ['a time that is none', undefined, { matrix: true, watch: 'long' }],
  ])('refuses %s', async (_what, name, options) => {
    await expect(run(name, options)).rejects.toMatchObject({ code: 'USAGE_WRONG' });
  });
});

describe('devcluster dns --matrix', () => {
  const world = (
    answers: Readonly<Record<string, string | undefined>>,
    recorded = '/skydns/test/cluster/redis/redis-1\n',
  ) =>
    play((machine, command) => {
      if (command[0] === 'dig') return answers[machine];
      if (command[0] === 'etcdctl') return recorded;
      return command.join(' ').includes('docker inspect') && machine === 'lab-core-01'
        ? container('redis', 'redis-1')
        : '';
    });
  const both = (address: string) => redis(address) + redis(address).replace('redis.', 'redis-1.redis.');
  const first = '172.17.8.101';

  it('is content when every name is where it runs, on every machine', async () => {
    world({ 'lab-core-01': both(first), 'lab-core-02': both(first) });
    const { code, out } = await run(undefined, { matrix: true });
    expect(out).toMatch(/^redis-1\.redis\.cluster\.test +172\.17\.8\.101 +172\.17\.8\.101 +172\.17\.8\.101$/m);
    expect(code).toBe(0);
  });

  it('marks what is stale, missing and silent', async () => {
    world({ 'lab-core-01': both('172.17.8.109'), 'lab-core-02': undefined });
    const { code, out } = await run(undefined, { matrix: true });
    expect(out).toMatch(/^redis\.cluster\.test +172\.17\.8\.109 stale +silent +172\.17\.8\.101$/m);
    expect(code).toBe(1);
    world({ 'lab-core-01': '', 'lab-core-02': both(first) });
    expect((await run(undefined, { matrix: true })).out).toMatch(/^redis\.cluster\.test +- missing +172\.17\.8\.101 /m);
  });

  it('goes on looking when told to, and tells for how long answers were wrong', async () => {
    world({ 'lab-core-01': '', 'lab-core-02': both(first) });
    const { out } = await run(undefined, { matrix: true, watch: '700ms', output: 'json' });
    const [name] = JSON.parse(out).names;
    expect(name.machines[0]).toMatchObject({ verdict: 'missing', wrongForMs: expect.any(Number) });
    expect(name.machines[1]).not.toHaveProperty('wrongForMs');
  });

  it('says so when nothing has a name', async () => {
    play(() => '');
    expect((await run(undefined, { matrix: true })).err).toContain('Nothing has a name below cluster.test yet.');
  });
});
