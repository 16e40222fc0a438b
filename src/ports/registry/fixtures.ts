/** What the parts of the registry's contract are written in: a registry with two clients, and what is put into it. */
import { it } from 'vitest';
import { type Millis, seconds } from '../../core/base/time.ts';
import type { UnitState } from '../../core/cluster/types.ts';
import type { Machine, MachineId } from '../../core/machine/types.ts';
import type { Decision } from '../../core/scheduler/types.ts';
import type { TargetState, UnitFile, UnitHash, UnitName } from '../../core/unit/types.ts';
import type { Clock } from '../clock/index.ts';
import type { Leadership, Registry } from './index.ts';

export interface RegistryUnderTest extends AsyncDisposable {
  readonly clock: Clock;
  /** Two clients of one empty registry. */
  readonly here: Registry;
  readonly there: Registry;
  /** Makes `duration` pass. */
  readonly pass: (duration: Millis) => Promise<void>;
}

export const web = 'web.service' as UnitName;
export const db = 'db.service' as UnitName;
export const m1 = 'm1' as MachineId;
export const m2 = 'm2' as MachineId;
/** A short one, for tests that outlive it. */
export const term = seconds(2);

export const aFile = (exec: string): UnitFile => [{ section: 'Service', name: 'ExecStart', value: exec }];
export const aGlobalFile: UnitFile = [...aFile('/bin/true'), { section: 'X-Fleet', name: 'Global', value: 'true' }];
export const aMachine = (id: MachineId, metadata: Record<string, string> = {}): Machine => ({
  id,
  publicIp: `10.0.0.${id.slice(1)}`,
  metadata,
  capabilities: { GRPC: false },
  version: '1.0.0',
});

export const stateOf = (
  unit: UnitName,
  machine: MachineId,
  hash: UnitHash,
  more: Partial<UnitState> = {},
): UnitState => ({
  ...{ unit, machine, hash, load: 'loaded', active: 'active', sub: 'running', launched: true },
  ...more,
});

export const unschedule = (unit: UnitName, from: MachineId): Decision => ({
  kind: 'unschedule',
  unit,
  from,
  because: 'test',
});

export const leads = async (registry: Registry, me: MachineId, ttl = seconds(60)): Promise<Leadership> => {
  const outcome = await registry.lead(me, ttl);
  if ('leader' in outcome) throw new Error(`${outcome.leader} leads`);
  return outcome;
};

/** Vitest's `it` for tests that begin with an empty registry: each names what it uses of all this. */
export const registryTest = (make: () => Promise<RegistryUnderTest>) =>
  it
    .extend('world', async ({ onTestFinished }) => {
      const world = await make();
      onTestFinished(() => world[Symbol.asyncDispose]());
      return world;
    })
    .extend('here', ({ world }) => world.here)
    .extend('there', ({ world }) => world.there)
    // After the world, since what is made last ends first: whoever still listens leaves before the clients close.
    .extend('stop', ({ onTestFinished }) => {
      const stop = new AbortController();
      onTestFinished(() => stop.abort());
      return stop;
    })
    .extend(
      'hashOf',
      ({ here }) =>
        async (unit: UnitName) =>
          (await here.unit(unit))?.hash as UnitHash,
    )
    /** Decides to place a unit as it stands in the registry. */
    .extend(
      'schedule',
      ({ hashOf }) =>
        async (unit: UnitName, on: MachineId, target: TargetState = 'launched'): Promise<Decision> => ({
          ...{ kind: 'schedule', unit, on, target, because: 'test' },
          hash: await hashOf(unit),
        }),
    )
    .extend(
      'placementsNow',
      ({ there }) =>
        async () =>
          (await there.read()).placements.map(({ unit, machine, target }) => `${unit} ${machine} ${target}`),
    );

export type RegistryTest = ReturnType<typeof registryTest>;
