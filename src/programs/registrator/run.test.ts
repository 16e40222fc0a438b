import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ms, seconds } from '../../core/base/time.ts';
import { ManualClock, settled } from '../../ports/clock/manual.ts';
import type { ContainerFacts } from '../../ports/containers/index.ts';
import { memoryContainers } from '../../ports/containers/memory.ts';
import { MemoryEtcdStore } from '../../ports/etcd/memory.ts';
import { memoryLog } from '../../ports/log/memory.ts';
import { memoryRecordStore } from '../../ports/record-store/memory.ts';
import { readCommandLine } from './config.ts';
import { processRuns } from './pid-file.ts';
import { runRegistrator } from './run.ts';

const stops: AbortController[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
});

/** A store, and as many machines with an engine and a registrator as a test wants. */
function aCluster() {
  const clock = new ManualClock();
  const shared = new MemoryEtcdStore(clock);
  const outside = memoryRecordStore(clock, shared);
  const records = async () =>
    Object.fromEntries(
      (await outside.list('/skydns')).map(({ key, value }) => [key.replace('/skydns/dev/webapp/', ''), value]),
    );
  const holds = async (expected: Record<string, string>) => {
    for (let turn = 0; turn < 50; turn++) await settled();
    expect(await records()).toEqual(expected);
  };
  return { clock, shared, outside, records, holds };
}

function aMachine(cluster: ReturnType<typeof aCluster>, address: string, argv: readonly string[] = []) {
  const { clock, shared } = cluster;
  const containers = memoryContainers();
  const log = memoryLog();
  const stop = new AbortController();
  stops.push(stop);
  const line = memoryRecordStore(clock, shared);
  const commandLine = readCommandLine(['-ip', address, ...argv, 'skydns2:///webapp.dev']);
  if (commandLine.kind !== 'run') throw new Error(commandLine.kind);
  const engine = { engineRuns: undefined as (() => Promise<'already' | 'only now'>) | undefined };
  const start = () =>
    runRegistrator(
      {
        clock,
        log,
        store: async () => line,
        containers: async () => containers,
        engineRuns: engine.engineRuns,
        hostname: 'core',
        resolve: async () => address,
      },
      commandLine.options,
      commandLine.uri,
      commandLine.backend,
      stop.signal,
    );
  return { containers, log, line: line.line, stop, engine, start };
}

const redis = (facts: Partial<ContainerFacts> = {}): Partial<ContainerFacts> => ({
  name: 'redis',
  image: 'redis:2.8',
  environment: ['SERVICE_ID=redis-1'],
  exposed: ['6379/tcp'],
  published: { '6379/tcp': [{ address: '0.0.0.0', port: 6379 }] },
  ...facts,
});
const at = (address: string) => ({ 'redis/redis-1': `{"host":"${address}","port":6379}` });

describe('registrator', () => {
  it('registers what runs already, what starts, and takes back what dies', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103');
    const early = machine.containers.start(redis());
    void machine.start();
    await cluster.holds(at('172.17.8.103'));
    const late = machine.containers.start(redis({ name: 'r2', environment: ['SERVICE_ID=redis-2'] }));
    await cluster.holds({ ...at('172.17.8.103'), 'redis/redis-2': '{"host":"172.17.8.103","port":6379}' });
    machine.containers.die(early);
    machine.containers.remove(late);
    await cluster.holds({});
  });

  it('ends up right however a container is restarted while it looks', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103');
    const id = machine.containers.start(redis());
    void machine.start();
    machine.containers.die(id);
    machine.containers.start(redis({ id }));
    await cluster.holds(at('172.17.8.103'));
    machine.containers.die(id);
    machine.containers.start(redis({ id }));
    machine.containers.die(id);
    await cluster.holds({});
  });

  it('handles what happens to one container in order, however long a look at it takes', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103');
    const { inspect } = machine.containers;
    machine.containers.inspect = async (id) => {
      const seen = await inspect(id);
      await cluster.clock.sleep(seconds(1));
      return seen;
    };
    void machine.start();
    await cluster.holds({});
    const id = machine.containers.start(redis());
    await cluster.holds({});
    machine.containers.die(id);
    await cluster.clock.advance(seconds(5));
    await cluster.holds({});
  });

  it('gives a key of two containers to the later, and back when that one dies', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103');
    void machine.start();
    machine.containers.start(redis());
    const second = machine.containers.start(
      redis({ name: 'r2', published: { '6379/tcp': [{ address: '', port: 7000 }] } }),
    );
    await cluster.holds({ 'redis/redis-1': '{"host":"172.17.8.103","port":7000}' });
    machine.containers.die(second);
    await cluster.holds(at('172.17.8.103'));
  });

  it('says what it leaves out', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103');
    void machine.start();
    machine.containers.start({ name: 'quiet' });
    await cluster.holds({});
    expect(machine.log.events.map(({ event }) => event)).toContain('ignored: 000000000000 no published ports');
  });
});

describe('a unit that moves', () => {
  it('has its new address, whatever the machine that it left does later', async () => {
    const cluster = aCluster();
    const [left, now] = [aMachine(cluster, '172.17.8.102'), aMachine(cluster, '172.17.8.103')];
    void left.start();
    void now.start();
    const old = left.containers.start(redis());
    await cluster.holds(at('172.17.8.102'));
    now.containers.start(redis());
    await cluster.holds(at('172.17.8.103'));
    left.containers.die(old);
    await cluster.holds(at('172.17.8.103'));
  });

  it('keeps it when the lease of the machine that died runs out', async () => {
    const cluster = aCluster();
    const [dead, now] = [aMachine(cluster, '172.17.8.102'), aMachine(cluster, '172.17.8.103')];
    void dead.start();
    void now.start();
    dead.containers.start(redis());
    await cluster.holds(at('172.17.8.102'));
    dead.line.cut();
    now.containers.start(redis());
    await cluster.holds(at('172.17.8.103'));
    await cluster.clock.advance(seconds(30));
    await cluster.holds(at('172.17.8.103'));
  });

  it('keeps it when the machine that was cut off comes back and still runs the container', async () => {
    const cluster = aCluster();
    const [apart, now] = [aMachine(cluster, '172.17.8.102'), aMachine(cluster, '172.17.8.103')];
    void apart.start();
    void now.start();
    const old = apart.containers.start(redis());
    await cluster.holds(at('172.17.8.102'));
    apart.line.cut();
    await cluster.clock.advance(seconds(10));
    await cluster.holds({});
    now.containers.start(redis());
    await cluster.holds(at('172.17.8.103'));
    apart.line.mend();
    await cluster.clock.advance(seconds(10));
    await cluster.holds(at('172.17.8.103'));
    apart.containers.die(old);
    await cluster.clock.advance(seconds(10));
    await cluster.holds(at('172.17.8.103'));
  });

  it('goes back to it once nobody else has the name', async () => {
    const cluster = aCluster();
    const [apart, other] = [aMachine(cluster, '172.17.8.102'), aMachine(cluster, '172.17.8.103')];
    void apart.start();
    void other.start();
    apart.containers.start(redis());
    await cluster.holds(at('172.17.8.102'));
    apart.line.cut();
    await cluster.clock.advance(seconds(10));
    const id = other.containers.start(redis());
    apart.line.mend();
    await cluster.clock.advance(seconds(10));
    await cluster.holds(at('172.17.8.103'));
    other.containers.die(id);
    await cluster.clock.advance(seconds(10));
    await cluster.holds(at('172.17.8.102'));
  });
});

describe('the store', () => {
  it('has everything again after it was out of reach, and forgets nothing that happened meanwhile', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103');
    void machine.start();
    const first = machine.containers.start(redis());
    await cluster.holds(at('172.17.8.103'));
    machine.line.cut();
    machine.containers.die(first);
    machine.containers.start(redis({ name: 'r2', environment: ['SERVICE_ID=redis-2'] }));
    await cluster.clock.advance(ms(500));
    machine.line.mend();
    await cluster.clock.advance(seconds(10));
    await cluster.holds({ 'redis/redis-2': '{"host":"172.17.8.103","port":6379}' });
  });

  it('gets back what it lost', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103');
    void machine.start();
    machine.containers.start(redis());
    await cluster.holds(at('172.17.8.103'));
    await cluster.outside.remove('/skydns/dev/webapp/redis/redis-1');
    await cluster.clock.advance(seconds(60));
    await cluster.holds(at('172.17.8.103'));
  });

  it('loses the records of a machine that dies, within the session', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103', ['-session-ttl', '3']);
    void machine.start();
    machine.containers.start(redis());
    await cluster.holds(at('172.17.8.103'));
    machine.line.cut();
    await cluster.clock.advance(seconds(3));
    await cluster.holds({});
  });

  it('keeps them for a successor when registrator is only stopped', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103');
    const running = machine.start();
    machine.containers.start(redis());
    await cluster.holds(at('172.17.8.103'));
    machine.stop.abort();
    await running;
    await cluster.holds(at('172.17.8.103'));
  });

  it('is waited for at the start as often as asked, and then no more', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103', ['-retry-attempts', '2', '-retry-interval', '1000']);
    machine.line.cut();
    const failing = expect(machine.start()).rejects.toMatchObject({ code: 'BACKEND_UNREACHABLE' });
    await cluster.clock.advance(seconds(2));
    await failing;
  });
});

describe('with -ttl', () => {
  const argv = ['-ttl', '30', '-ttl-refresh', '10'];

  it('writes expiring records, and writes them again in time', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103', argv);
    void machine.start();
    machine.containers.start(redis());
    await cluster.holds(at('172.17.8.103'));
    for (let round = 0; round < 10; round++) await cluster.clock.advance(seconds(10));
    expect(await cluster.outside.list('/skydns')).toMatchObject([{ expiresAt: expect.any(Number) }]);
    machine.stop.abort();
    await cluster.clock.advance(seconds(31));
    await cluster.holds({});
  });

  it('lets records of a container that failed expire, when only success is to take them back', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103', [...argv, '-deregister', 'on-success']);
    void machine.start();
    const id = machine.containers.start(redis());
    await cluster.holds(at('172.17.8.103'));
    machine.containers.die(id, 1);
    await cluster.holds(at('172.17.8.103'));
    for (let round = 0; round < 10; round++) await cluster.clock.advance(seconds(10));
    await cluster.holds({});
  });
});

describe('the engine', () => {
  it('ends registrator when it goes away, and the records stay', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103');
    const running = expect(machine.start()).rejects.toMatchObject({ code: 'ENGINE_EVENTS_ENDED' });
    await cluster.holds({});
    machine.containers.close();
    await running;
  });

  it('is waited for, and its records are removed while it is away', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103');
    let appear = () => {};
    const appears = () =>
      new Promise<'only now'>((resolve) => {
        appear = () => resolve('only now');
      });
    machine.engine.engineRuns = appears;
    void machine.start();
    machine.containers.start(redis());
    await cluster.holds({});
    appear();
    await cluster.holds(at('172.17.8.103'));
    machine.containers.close();
    await cluster.holds({});
    await cluster.clock.advance(seconds(1));
    machine.containers.open();
    machine.containers.start(redis({ name: 'again' }));
    await cluster.holds({});
    appear();
    await cluster.holds(at('172.17.8.103'));
  });
});

describe('the pid file', () => {
  const inFolder = async (work: (path: string) => Promise<void>) => {
    const folder = await mkdtemp(join(tmpdir(), 'pid-file-'));
    try {
      await work(join(folder, 'docker.pid'));
    } finally {
      await rm(folder, { recursive: true });
    }
  };
  const clock = new ManualClock();

  it('tells of an engine that runs already', () =>
    inFolder(async (path) => {
      await writeFile(path, String(process.pid));
      expect(await processRuns(path, clock, new AbortController().signal)).toBe('already');
    }));

  it('tells of one that starts, without being asked again', () =>
    inFolder(async (path) => {
      const answer = processRuns(path, clock, new AbortController().signal);
      await settled();
      await writeFile(path, String(process.pid));
      expect(await answer).toBe('only now');
    }));

  it('is not believed when its process is gone', () =>
    inFolder(async (path) => {
      await writeFile(path, '4194999');
      const stop = new AbortController();
      let answered = false;
      const answer = processRuns(path, clock, stop.signal).then(() => {
        answered = true;
      });
      for (let turn = 0; turn < 20; turn++) await settled();
      expect(answered).toBe(false);
      stop.abort();
      await answer;
    }));
});

describe('the command line', () => {
  it.each([
    [['--version'], { kind: 'version' }],
    [[], { kind: 'misused', problem: 'Missing required argument for registry URI.' }],
    [
      ['skydns2:///d', '-ip', '1.2.3.4'],
      { kind: 'misused', problem: 'Extra arguments: options must come before the registry URI.' },
    ],
    [['-colour', 'skydns2:///d'], { kind: 'misused', problem: 'flag provided but not defined: -colour' }],
  ])('%j', (argv, expected) => {
    expect(readCommandLine(argv)).toEqual(expected);
  });

  it.each([
    [['-ttl', '10', 'skydns2:///d'], '-ttl and -ttl-refresh must be specified together or not at all'],
    [['-ttl', '10', '-ttl-refresh', '10', 'skydns2:///d'], '-ttl must be greater than -ttl-refresh'],
    [['-retry-interval', '0', 'skydns2:///d'], '-retry-interval must be greater than 0'],
    [['-deregister', 'never', 'skydns2:///d'], 'expected one of always, on-success'],
    [['consul://h:1'], 'unrecognized adapter: consul://h:1'],
    [['skydns2://h:1'], 'unrecognized adapter: skydns2://h:1'],
  ])('%j: %s', (argv, mistake) => {
    expect(() => readCommandLine(argv)).toThrow(mistake);
  });
});
