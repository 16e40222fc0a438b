import { expect, it } from 'vitest';
import { seconds } from '../../../core/base/time.ts';
import type { ClusterName, ContainerSpec } from '../../../core/topology/types.ts';
import { ManualClock } from '../../../ports/clock/manual.ts';
import { MemoryDockerEngine } from '../../../ports/docker/memory.ts';
import { guard } from './guard.ts';
import { suspectOf } from './machine-units.ts';

const machine = { name: 'core-02', container: 'lab-core-02' };
const cluster = 'lab' as ClusterName;

interface Shown {
  readonly active?: string;
  readonly sub?: string;
  readonly restarts?: number;
}

const plain: Omit<ContainerSpec, 'name'> = {
  image: 'node',
  labels: {},
  environment: {},
  publish: [],
  mounts: [],
  capabilities: [],
  unconfined: false,
  privateCgroupNamespace: false,
  tty: false,
};

/** Machines whose units are as `state` says, and whose journals end with the unit's name. */
async function machinesWith(state: (unit: string, machine: string) => Shown | undefined): Promise<MemoryDockerEngine> {
  const docker = new MemoryDockerEngine();
  for (const name of ['lab-core-01', machine.container]) {
    await docker.createContainer({ ...plain, name });
    await docker.start(name);
  }
  docker.onExec = (container, [program, ...args]) => {
    if (program === 'journalctl') return { stdout: `last words of ${args[1]}\n` };
    const units = args.slice(2).flatMap((unit) => (unit.includes('*') ? ['cron.service', 'etcd.service'] : [unit]));
    const blocks = units.map((unit) => {
      const { active = 'active', sub = 'running', restarts = 0 } = state(unit, container) ?? {};
      return `Id=${unit}\nLoadState=loaded\nActiveState=${active}\nSubState=${sub}\nNRestarts=${restarts}\n`;
    });
    return { stdout: blocks.join('\n') };
  };
  return docker;
}

async function alarmAfter(docker: MemoryDockerEngine, looks: number): Promise<string | undefined> {
  const clock = new ManualClock();
  let heard: string | undefined;
  using _guarding = await guard({
    docker,
    clock,
    cluster,
    machines: () => [machine],
    alarm: (error) => {
      heard = error.message;
    },
  });
  for (let look = 0; look < looks; look += 1) await clock.advance(seconds(look === 0 ? 4 : 2));
  return heard;
}

it('ends a wait when a unit that a machine needs has failed', async () => {
  const docker = await machinesWith((unit) => (unit === 'etcd.service' ? { active: 'failed' } : undefined));
  expect(await alarmAfter(docker, 1)).toBe(
    'etcd.service failed on core-02; its journal ends with:\n  last words of etcd.service',
  );
});

it('ends a wait when such a unit falls again and again, but not when it fell while the machine came up', async () => {
  let restarts = 3;
  const falling = await machinesWith((unit) => (unit === 'etcd.service' ? { restarts: restarts++ } : undefined));
  expect(await alarmAfter(falling, 3)).toMatch(/^etcd\.service failed on core-02 again and again \(\d restarts\)/);
  const fell = await machinesWith((unit) => (unit === 'etcd.service' ? { restarts: 7 } : undefined));
  expect(await alarmAfter(fell, 9)).toBeUndefined();
});

it('leaves alone what others start, whatever becomes of it', async () => {
  const docker = await machinesWith((unit) => (unit === 'cron.service' ? { active: 'failed' } : undefined));
  expect(await alarmAfter(docker, 3)).toBeUndefined();
});

it.each<[string, (unit: string, on: string) => Shown | undefined, object]>([
  [
    'the one that is not active',
    (unit, on) =>
      unit === 'fleet.service' && on === machine.container
        ? { active: 'activating', sub: 'auto-restart', restarts: 4 }
        : { restarts: 9 },
    { machine: 'core-02', unit: 'fleet.service', state: 'activating (auto-restart)', restarts: 4 },
  ],
  [
    'else the one that fell most often',
    (unit, on) => (unit === 'etcd.service' && on === machine.container ? { restarts: 2 } : { restarts: 1 }),
    { machine: 'core-02', unit: 'etcd.service', state: 'active (running)', restarts: 2 },
  ],
  ['else the first', () => undefined, { machine: 'core-01', unit: 'etcd.service', restarts: 0 }],
])('suspects of several units on several machines %s', async (_, state, expected) => {
  const docker = await machinesWith(state);
  const machines = [{ name: 'core-01', container: 'lab-core-01' }, machine];
  const suspect = await suspectOf(docker, machines, ['etcd.service', 'fleet.service']);
  expect(suspect).toMatchObject(expected);
  expect(suspect?.journal).toBe(`  last words of ${suspect?.unit}`);
});
