import { afterEach, describe, expect, it } from 'vitest';
import { ms, seconds } from '../../core/base/time.ts';
import { RecordStoreUnreachable } from '../../core/errors/record-store.ts';
import { ManualClock, settled } from '../../ports/clock/manual.ts';
import type { ContainerFacts } from '../../ports/containers/index.ts';
import { memoryContainers } from '../../ports/containers/memory.ts';
import type { EarlyDeaths } from '../../ports/containers/runtime-folder.ts';
import { MemoryEtcdStore } from '../../ports/etcd/memory.ts';
import { type MemoryFleetUnits, memoryFleetUnits } from '../../ports/fleet-units/memory.ts';
import { memoryLog } from '../../ports/log/memory.ts';
import { memoryRecordStore } from '../../ports/record-store/memory.ts';
import { readCommandLine } from './config.ts';
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
  const units: MemoryFleetUnits = memoryFleetUnits();
  const early = aRuntime();
  const log = memoryLog();
  const stop = new AbortController();
  stops.push(stop);
  const line = memoryRecordStore(clock, shared);
  const said = () => log.events.map(({ event }) => event);
  const commandLine = readCommandLine(['-ip', address, ...argv, 'skydns2:///webapp.dev']);
  if (commandLine.kind !== 'run') throw new Error(commandLine.kind);
  const engine = { engineRuns: undefined as (() => Promise<'already' | 'only now'>) | undefined };
  const hostname = `core-${address.split('.').at(-1)}`;
  const start = () =>
    runRegistrator(
      {
        clock,
        log,
        store: async () => line,
        containers: async () => containers,
        earlyDeaths: (_, heard) => early.watch(heard),
        fleetUnits: async () => units,
        engineRuns: engine.engineRuns,
        hostname,
        resolve: async () => address,
      },
      commandLine.options,
      commandLine.uri,
      commandLine.backend,
      stop.signal,
    );
  return { containers, units, early, log, said, store: line, line: line.line, stop, engine, start };
}

const redis = (facts: Partial<ContainerFacts> = {}): Partial<ContainerFacts> => ({
  name: 'redis',
  image: 'redis:2.8',
  environment: ['SERVICE_ID=redis-1'],
  exposed: ['6379/tcp'],
  published: { '6379/tcp': [{ address: '0.0.0.0', port: 6379 }] },
  ...facts,
});
/** The folder of a container runtime: what lives is not gone. */
function aRuntime() {
  const gone = new Set<string>();
  let tell: (id: string) => void = () => {};
  return {
    watch(heard: (id: string) => void): EarlyDeaths {
      const look = () => {
        tell = heard;
      };
      return { look, isGone: async (id) => gone.has(id), [Symbol.dispose]() {} };
    },
    end(id: string) {
      gone.add(id);
      tell(id);
    },
    endAndStart(id: string) {
      tell(id);
    },
  };
}

/** An engine that never says a word. */
async function* silence(stop: AbortSignal): AsyncGenerator<never, void, void> {
  await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }));
}
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
    expect(machine.said()).toContain('ignored: 000000000000 no published ports');
  });

  it('says what it does in the words that people search their logs for', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103', ['-resync', '10']);
    const id = machine.containers.start(redis({ id: 'c0ffee'.padEnd(64, '0') }));
    void machine.start();
    await cluster.holds(at('172.17.8.103'));
    await cluster.clock.advance(seconds(10));
    machine.containers.die(id);
    await cluster.holds({});
    expect(machine.said()).toEqual([
      'Forcing host IP to 172.17.8.103',
      'Using skydns2 adapter: skydns2:///webapp.dev',
      'Connecting to backend (0/0)',
      'Listening for Docker events ...',
      'Syncing services on 1 containers',
      'added: c0ffee000000 redis-1',
      'Syncing services on 1 containers',
      'refreshed: c0ffee000000 redis-1',
      'removed: c0ffee000000 redis-1',
    ]);
  });

  it('warns of a name and an id that no question can ask for', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103');
    void machine.start();
    machine.containers.start(redis({ environment: ['SERVICE_NAME=my.db'] }));
    await cluster.holds({ 'my.db/core-103:redis:6379': '{"host":"172.17.8.103","port":6379}' });
    expect(machine.log.events.filter(({ level }) => level === 'warn')).toMatchObject([
      { facts: { name: 'my.db' } },
      { facts: { id: 'core-103:redis:6379' } },
    ]);
  });

  it('registers everybody else when one container has malformed metadata', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103');
    machine.containers.start(redis({ name: 'bad', environment: ['SERVICE_ID=redis-1/'] }));
    machine.containers.start(
      redis({ name: 'worse', exposed: ['what'], environment: ['=', 'SERVICE_', 'SERVICE_NAME'] }),
    );
    void machine.start();
    machine.containers.start(redis());
    await cluster.holds({
      ...at('172.17.8.103'),
      'redis/core-103:worse:6379': '{"host":"172.17.8.103","port":6379}',
    });
    expect(machine.said()).toContain('ignored: 000000000000 service on port 6379: its id "redis-1/" has an empty part');
    expect(machine.said()).toContain('ignored: 000000000000 "what" is not a port');
  });

  it('leaves nothing of a container that lived for a moment only', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103');
    void machine.start();
    await cluster.holds({});
    for (let round = 0; round < 10; round++) machine.containers.die(machine.containers.start(redis()));
    await cluster.holds({});
  });

  it('finds at its slow check what no event told, and keeps what was started again', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103');
    const { events } = machine.containers;
    machine.containers.events = async (stop) => {
      await events(stop);
      return silence(stop);
    };
    const gone = machine.containers.start(redis());
    const stays = machine.containers.start(redis({ name: 'r2', environment: ['SERVICE_ID=redis-2'] }));
    void machine.start();
    const second = { 'redis/redis-2': '{"host":"172.17.8.103","port":6379}' };
    await cluster.holds({ ...at('172.17.8.103'), ...second });
    machine.containers.die(gone);
    machine.containers.die(stays);
    machine.containers.start(redis({ id: stays, name: 'r2', environment: ['SERVICE_ID=redis-2'] }));
    await cluster.clock.advance(seconds(60));
    await cluster.holds(second);
    // A list may be older than what we heard since.
    machine.containers.list = async () => [];
    await cluster.clock.advance(seconds(60));
    await cluster.holds(second);
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

describe('a name of two machines', () => {
  it('goes back at once to the one that was displaced, when the other has stopped', async () => {
    const cluster = aCluster();
    const [first, second] = [aMachine(cluster, '172.17.8.102'), aMachine(cluster, '172.17.8.103')];
    void first.start();
    void second.start();
    first.containers.start(redis());
    await cluster.holds(at('172.17.8.102'));
    const id = second.containers.start(redis());
    await cluster.holds(at('172.17.8.103'));
    second.containers.die(id);
    await cluster.holds(at('172.17.8.102'));
  });

  it('keeps nobody else on the machine waiting that waits for it', async () => {
    const cluster = aCluster();
    await cluster.outside.put('/skydns/dev/webapp/redis/redis-1', '{"host":"10.0.0.9","port":1}');
    const machine = aMachine(cluster, '172.17.8.103');
    machine.containers.start(redis());
    const other = machine.containers.start(redis({ name: 'r2', environment: ['SERVICE_ID=redis-2'] }));
    void machine.start();
    const theirs = { 'redis/redis-1': '{"host":"10.0.0.9","port":1}' };
    const second = { 'redis/redis-2': '{"host":"172.17.8.103","port":6379}' };
    await cluster.holds({ ...theirs, ...second });
    await cluster.clock.advance(seconds(10));
    machine.containers.die(other);
    await cluster.holds(theirs);
    await cluster.outside.remove('/skydns/dev/webapp/redis/redis-1');
    await cluster.holds(at('172.17.8.103'));
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

  it('gets back what it lost, at once', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103');
    void machine.start();
    machine.containers.start(redis());
    await cluster.holds(at('172.17.8.103'));
    await cluster.outside.remove('/skydns/dev/webapp/redis/redis-1');
    await cluster.holds(at('172.17.8.103'));
  });

  it('gets it back at the slow check, should nobody have heard of the loss', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103');
    machine.store.watch = (_, stop) => silence(stop);
    void machine.start();
    machine.containers.start(redis());
    await cluster.holds(at('172.17.8.103'));
    await cluster.outside.remove('/skydns/dev/webapp/redis/redis-1');
    await cluster.holds({});
    await cluster.clock.advance(seconds(60));
    await cluster.holds(at('172.17.8.103'));
  });

  it('is tried for each record alone: one that is refused holds up no other, and is written when it can be', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103');
    const { session } = machine.store;
    let isRefused = true;
    machine.store.session = async (ttl) => {
      const opened = await session(ttl);
      return {
        lost: opened.lost,
        [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
        async put(key, value) {
          if (isRefused && key.endsWith('redis-1')) throw new RecordStoreUnreachable({ doing: 'writing a record' });
          await opened.put(key, value);
        },
      };
    };
    void machine.start();
    machine.containers.start(redis());
    await cluster.clock.advance(seconds(30));
    const second = machine.containers.start(redis({ name: 'r2', environment: ['SERVICE_ID=redis-2'] }));
    await cluster.holds({ 'redis/redis-2': '{"host":"172.17.8.103","port":6379}' });
    machine.containers.die(second);
    await cluster.holds({});
    expect(machine.said().filter((event) => event.startsWith('register failed: '))).toHaveLength(1);
    isRefused = false;
    await cluster.clock.advance(seconds(2));
    await cluster.holds(at('172.17.8.103'));
  });

  it('keeps no record whose write got no answer but was carried out', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103');
    const { session } = machine.store;
    machine.store.session = async (ttl) => {
      const opened = await session(ttl);
      return {
        lost: opened.lost,
        [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
        async put(key, value) {
          await opened.put(key, value);
          throw new RecordStoreUnreachable({ doing: 'writing a record' });
        },
      };
    };
    void machine.start();
    const id = machine.containers.start(redis());
    machine.containers.start(redis({ name: 'r2', environment: ['SERVICE_ID=redis-2'] }));
    const second = { 'redis/redis-2': '{"host":"172.17.8.103","port":6379}' };
    await cluster.holds({ ...at('172.17.8.103'), ...second });
    machine.containers.die(id);
    await cluster.clock.advance(seconds(2));
    await cluster.holds(second);
  });

  it('keeps no record whose write was carried out after its removal', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103');
    const { session } = machine.store;
    let carryOut = async () => {};
    machine.store.session = async (ttl) => {
      const opened = await session(ttl);
      return {
        lost: opened.lost,
        [Symbol.asyncDispose]: async () => {},
        async put(key, value) {
          carryOut = () => opened.put(key, value);
          throw new RecordStoreUnreachable({ doing: 'writing a record' });
        },
      };
    };
    void machine.start();
    const id = machine.containers.start(redis());
    await cluster.holds({});
    machine.containers.die(id);
    await cluster.clock.advance(seconds(2));
    await carryOut();
    await cluster.holds({});
  });

  it('loses at once what ended while it was out of reach, though it kept the lost session for longer', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103');
    const lost = new AbortController();
    const { session } = machine.store;
    // An etcd without a majority lets no lease run out; ours counts as lost by our own clock.
    machine.store.session = async (ttl) =>
      lost.signal.aborted
        ? session(ttl)
        : { lost: lost.signal, put: cluster.outside.put, [Symbol.asyncDispose]: async () => {} };
    void machine.start();
    const gone = machine.containers.start(redis());
    machine.containers.start(redis({ name: 'r2', environment: ['SERVICE_ID=redis-2'] }));
    const second = { 'redis/redis-2': '{"host":"172.17.8.103","port":6379}' };
    await cluster.holds({ ...at('172.17.8.103'), ...second });
    machine.line.cut();
    machine.containers.die(gone);
    await cluster.clock.advance(seconds(1));
    lost.abort();
    await cluster.clock.advance(seconds(1));
    machine.line.mend();
    await cluster.clock.advance(seconds(2));
    await cluster.holds(second);
    expect(machine.said()).toContain('refreshed: 000000000000 redis-2');
  });

  it('is asked for a session a second shorter than told, since etcd may prolong one by as much', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103', ['-session-ttl', '3']);
    void machine.start();
    machine.containers.start(redis());
    await cluster.holds(at('172.17.8.103'));
    machine.line.cut();
    await cluster.clock.advance(seconds(2));
    await cluster.holds({});
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

describe('with -docker-runtime-folder', () => {
  const argv = ['-docker-runtime-folder', '/run/docker/runtime-runc/moby'];

  it('removes a record before the engine tells of the death, which then changes nothing', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103', argv);
    void machine.start();
    const id = machine.containers.start(redis());
    await cluster.holds(at('172.17.8.103'));
    machine.early.end(id);
    await cluster.holds({});
    machine.containers.die(id);
    machine.containers.start(redis({ id }));
    await cluster.holds(at('172.17.8.103'));
  });

  it('keeps the record of a container that was started again in the meantime', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103', argv);
    void machine.start();
    const id = machine.containers.start(redis());
    await cluster.holds(at('172.17.8.103'));
    machine.early.endAndStart(id);
    await cluster.holds(at('172.17.8.103'));
  });

  it('asks the engine how a container ended when that matters', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103', [...argv, '-deregister', 'on-success']);
    void machine.start();
    const id = machine.containers.start(redis());
    await cluster.holds(at('172.17.8.103'));
    machine.early.end(id);
    await cluster.holds(at('172.17.8.103'));
    machine.containers.die(id);
    await cluster.holds({});
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

  it('writes a record again at once when its container is back after it expired', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103', [
      '-ttl',
      '300',
      '-ttl-refresh',
      '200',
      '-deregister',
      'on-success',
    ]);
    void machine.start();
    const id = machine.containers.start(redis());
    await cluster.holds(at('172.17.8.103'));
    machine.containers.die(id, 1);
    await cluster.clock.advance(seconds(310));
    await cluster.holds({});
    machine.containers.start(redis({ id }));
    await cluster.holds(at('172.17.8.103'));
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

it('binds a record that it found of an earlier run to its own session, though it could not at first', async () => {
  const cluster = aCluster();
  await cluster.outside.put('/skydns/dev/webapp/redis/core-103:redis:6379', '{"host":"172.17.8.103","port":6379}');
  const machine = aMachine(cluster, '172.17.8.103', ['-cleanup']);
  const { session } = machine.store;
  machine.store.session = () => Promise.reject(new RecordStoreUnreachable({ doing: 'opening a session' }));
  machine.containers.start(redis({ environment: [] }));
  void machine.start();
  await cluster.clock.advance(seconds(1));
  machine.store.session = session;
  await cluster.clock.advance(seconds(2));
  await cluster.holds({ 'redis/core-103:redis:6379': '{"host":"172.17.8.103","port":6379}' });
  machine.line.cut();
  await cluster.clock.advance(seconds(5));
  await cluster.holds({});
});

describe('with -session-ttl 0', () => {
  const argv = ['-session-ttl', '0'];

  it('leaves records to nobody but whoever removes them', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103', argv);
    void machine.start();
    machine.containers.start(redis());
    await cluster.holds(at('172.17.8.103'));
    machine.line.cut();
    await cluster.clock.advance(seconds(3_600));
    await cluster.holds(at('172.17.8.103'));
  });

  const stale = {
    'redis/core-103:gone:6379': '{"host":"172.17.8.103","port":6379}',
    'website/core-103:website.service:80': '{"host":"172.17.8.103","port":80}',
  };
  const others = {
    'redis/core-1031:n0:6379': '{"host":"10.0.0.1","port":1}',
    'redis/own': '{"host":"10.0.0.2","port":1}',
  };
  const theirs = async (cluster: ReturnType<typeof aCluster>) => {
    for (const [key, value] of Object.entries({ ...stale, ...others }))
      await cluster.outside.put(`/skydns/dev/webapp/${key}`, value);
  };

  it('finds with -cleanup what an earlier run left behind, and no more', async () => {
    const cluster = aCluster();
    await theirs(cluster);
    const machine = aMachine(cluster, '172.17.8.103', [...argv, '-cleanup', '-fleet-units', '/run/fleet/units']);
    machine.containers.start(redis({ environment: [] }));
    machine.units.start({ name: 'website.service', environment: ['SERVICE_NAME=website', 'SERVICE_PORT=8080'] });
    void machine.start();
    await cluster.holds({
      ...others,
      'redis/core-103:redis:6379': '{"host":"172.17.8.103","port":6379}',
      'website/core-103:website.service:8080': '{"host":"172.17.8.103","port":8080}',
    });
  });

  it('removes nothing, not even for a moment, of a container that still runs', async () => {
    const cluster = aCluster();
    await cluster.outside.put('/skydns/dev/webapp/redis/core-103:redis:6379', '{"host":"172.17.8.103","port":6379}');
    const machine = aMachine(cluster, '172.17.8.103', [...argv, '-cleanup']);
    const { inspect } = machine.containers;
    machine.containers.inspect = async (id) => {
      await cluster.clock.sleep(seconds(1));
      return inspect(id);
    };
    const removed: string[] = [];
    machine.store.remove = async (key) => removed.push(key) > 0;
    machine.containers.start(redis({ environment: [] }));
    void machine.start();
    await cluster.clock.advance(seconds(5));
    await cluster.holds({ 'redis/core-103:redis:6379': '{"host":"172.17.8.103","port":6379}' });
    expect(removed).toEqual([]);
  });

  it('touches none of it without -cleanup', async () => {
    const cluster = aCluster();
    await theirs(cluster);
    const machine = aMachine(cluster, '172.17.8.103', argv);
    void machine.start();
    await cluster.holds({ ...stale, ...others });
  });

  it('leaves what a crash left behind for -cleanup to find at the next sync', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103', [...argv, '-cleanup', '-resync', '10']);
    void machine.start();
    await cluster.holds({});
    await theirs(cluster);
    await cluster.clock.advance(seconds(10));
    await cluster.holds({ ...others, 'website/core-103:website.service:80': '{"host":"172.17.8.103","port":80}' });
  });
});

describe('with -deregister on-success', () => {
  it('keeps the records of a container that failed until it has been removed', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103', ['-deregister', 'on-success', '-resync', '10']);
    void machine.start();
    const id = machine.containers.start(redis());
    machine.containers.die(id, 1);
    await cluster.holds({});
    const second = machine.containers.start(redis());
    await cluster.holds(at('172.17.8.103'));
    machine.containers.die(second, 1);
    await cluster.clock.advance(seconds(10));
    await cluster.holds(at('172.17.8.103'));
    machine.containers.remove(second);
    await cluster.clock.advance(seconds(10));
    await cluster.holds({});
  });
});

describe("fleet's units", () => {
  const argv = ['-fleet-units', '/run/fleet/units'];
  const website = {
    name: 'website.service',
    environment: ['SERVICE_NAME=website', 'SERVICE_PORT=8080', 'SERVICE_ID=w1'],
  };
  const record = { 'website/w1': '{"host":"172.17.8.103","port":8080}' };

  it('are registered while they run', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103', argv);
    machine.units.start(website);
    void machine.start();
    await cluster.holds(record);
    machine.units.start({ name: 'silent.service' });
    machine.units.stop('website.service');
    await cluster.holds({});
    machine.units.start(website);
    await cluster.holds(record);
    expect(machine.said()).toContain('added: website.service w1');
    expect(machine.said()).toContain('removed: website.service w1');
  });

  it('are left alone without the flag', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103');
    machine.units.start(website);
    void machine.start();
    await cluster.holds({});
  });

  it('have the record that they ask for after they were started anew', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103', argv);
    void machine.start();
    machine.units.start(website);
    await cluster.holds(record);
    machine.units.start({ ...website, environment: ['SERVICE_NAME=website', 'SERVICE_PORT=81', 'SERVICE_ID=w1'] });
    await cluster.holds({ 'website/w1': '{"host":"172.17.8.103","port":81}' });
    machine.units.start({ ...website, environment: ['SERVICE_NAME=website', 'SERVICE_PORT=eighty'] });
    await cluster.holds({});
    expect(machine.said()).toContain('ignored: website.service SERVICE_PORT is "eighty", not a port from 1 to 65535');
  });

  it('need no engine, and stay when one goes away', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103', argv);
    let appear = () => {};
    machine.engine.engineRuns = () =>
      new Promise<'only now'>((resolve) => {
        appear = () => resolve('only now');
      });
    void machine.start();
    machine.units.start(website);
    await cluster.holds(record);
    appear();
    machine.containers.start(redis());
    await cluster.holds({ ...record, ...at('172.17.8.103') });
    machine.containers.close();
    await cluster.holds(record);
  });

  it('displace the record of the machine that they left, and wait for it when they were found running', async () => {
    const cluster = aCluster();
    const [left, now] = [aMachine(cluster, '172.17.8.102', argv), aMachine(cluster, '172.17.8.103', argv)];
    now.units.start(website);
    left.units.start(website);
    void left.start();
    await cluster.holds({ 'website/w1': '{"host":"172.17.8.102","port":8080}' });
    void now.start();
    await cluster.holds({ 'website/w1': '{"host":"172.17.8.102","port":8080}' });
    left.units.stop('website.service');
    await cluster.holds(record);
    left.units.start(website);
    await cluster.holds({ 'website/w1': '{"host":"172.17.8.102","port":8080}' });
  });
});

describe('the engine', () => {
  it('is asked again when its events broke off, and what was missed is made good', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103');
    const running = machine.start();
    const gone = machine.containers.start(redis());
    await cluster.holds(at('172.17.8.103'));
    machine.containers.breakOff();
    machine.containers.die(gone);
    machine.containers.start(redis({ name: 'r2', environment: ['SERVICE_ID=redis-2'] }));
    await cluster.clock.advance(ms(10));
    await cluster.holds({ 'redis/redis-2': '{"host":"172.17.8.103","port":6379}' });
    machine.stop.abort();
    await expect(running).resolves.toBeUndefined();
  });

  it('ends registrator when its events broke off and it does not answer any more', async () => {
    const cluster = aCluster();
    const machine = aMachine(cluster, '172.17.8.103');
    const running = expect(machine.start()).rejects.toMatchObject({ code: 'ENGINE_EVENTS_ENDED' });
    await cluster.holds({});
    machine.containers.events = () => machine.containers.list() as Promise<never>;
    machine.containers.breakOff();
    machine.containers.close();
    await cluster.clock.advance(ms(310));
    await running;
  });

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
