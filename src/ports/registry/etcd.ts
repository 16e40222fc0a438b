/** fleet's shared state on etcd v3. */
import { type Millis, ms } from '../../core/base/time.ts';
import { engineVersion } from '../../core/cluster/engine-version.ts';
import type { MachineId } from '../../core/machine/types.ts';
import { hashOf, normalise, printUnitFile } from '../../core/unit/file.ts';
import { isGlobal } from '../../core/unit/requirements.ts';
import type { TargetState, Unit, UnitFile, UnitName } from '../../core/unit/types.ts';
import type { Clock } from '../clock/index.ts';
import type { Condition, Etcd, KeyValue, LeaseId, Operation } from '../etcd/index.ts';
import type { Log } from '../log/index.ts';
import type { Registry, UnitStatus } from './index.ts';
import { layout as layoutBelow, parseState, parseUnit, printInstruction, printUnit, type UnitEntry } from './layout.ts';
import { lead } from './leadership.ts';
import { type Joined, join } from './membership.ts';
import { Mirror } from './mirror.ts';
import { reached } from './reach.ts';
import { UnitFiles } from './unit-files.ts';
import { WorkList } from './work.ts';

export interface RegistryParts {
  readonly etcd: Etcd;
  readonly clock: Clock;
  readonly log: Log;
  /** Where everything lies; fleet's `etcd_key_prefix`. */
  readonly prefix?: string;
  /** Over how long machines spread their campaigns for the lead. */
  readonly spread?: Millis;
}

/** Disposing the registry disposes the client that it was given. */
export function registryOn({
  etcd,
  clock,
  log,
  prefix = '/_coreos.com/fleet/',
  spread = ms(100),
}: RegistryParts): Registry {
  const layout = layoutBelow(prefix);
  const files = new UnitFiles(etcd, layout);
  const held = new Set<LeaseId>();
  const followers = new Set<MachineId>();
  const joined = new Map<MachineId, Joined>();
  const skipped = (key: string) => log.warn('skipped an unreadable registry entry', { key });
  const mirror = new Mirror({ etcd, clock, layout, files, skipped });

  /** @returns each range, all of one revision */
  const read = async (...ranges: string[]): Promise<(readonly KeyValue[])[]> => {
    const { results } = await etcd.transact({ ops: ranges.map((get) => ({ get })) });
    return results.map(({ found }) => found);
  };

  const entryOf = async (
    name: UnitName,
  ): Promise<{ readonly entry: UnitEntry; readonly seen: Condition } | undefined> => {
    const key = layout.unit(name);
    const one = (await read(key))[0]?.[0];
    const entry = one === undefined ? undefined : parseUnit(one.value);
    return one === undefined || entry === undefined ? undefined : { entry, seen: { key, modified: one.modified } };
  };

  /** A unit, and its second entry when it is global. */
  const unitOps = (name: UnitName, entry: UnitEntry): Operation[] => [
    { put: layout.unit(name), value: printUnit(entry) },
    entry.global ? { put: layout.global(name), value: printInstruction(entry) } : { remove: layout.global(name) },
  ];

  return {
    read: () => reached('reading the cluster', () => mirror.read()),

    unit: (name) =>
      reached('reading a unit', async (): Promise<Unit | undefined> => {
        const found = await entryOf(name);
        if (found === undefined) return undefined;
        const { hash, target } = found.entry;
        await files.fetch([hash]);
        const file = files.get(hash);
        return file && { name, file, hash, target };
      }),

    status: (name) =>
      reached('reading a unit', async (): Promise<UnitStatus> => {
        const [[unit], [placed], published] = (await read(
          layout.unit(name),
          layout.placed(name),
          layout.statesOf(name),
        )) as [readonly KeyValue[], readonly KeyValue[], readonly KeyValue[]];
        const entry = unit === undefined ? undefined : parseUnit(unit.value);
        if (entry !== undefined) await files.fetch([entry.hash]);
        const file = entry && files.get(entry.hash);
        return {
          unit: entry && file && { name, file, hash: entry.hash, target: entry.target },
          machine: placed?.value as MachineId | undefined,
          states: published.flatMap(({ key, value }) => {
            const place = layout.locate(key);
            return place?.kind === 'state' ? (parseState(value, name, place.machine) ?? []) : [];
          }),
        };
      }),

    putUnit: (name, file: UnitFile, target: TargetState) =>
      reached('writing a unit', async () => {
        const stored = normalise(file);
        const hash = hashOf(stored);
        const text = printUnitFile(stored);
        files.learn(hash, text);
        const unit = unitOps(name, { hash, target, global: isGlobal(stored, name) });
        await etcd.transact({ ops: [{ put: layout.file(hash), value: text }, ...unit] });
      }),

    setTarget: (name, target) =>
      reached('setting a target state', async () => {
        for (;;) {
          const found = await entryOf(name);
          if (found === undefined) return false;
          const { entry, seen } = found;
          if (entry.target === target) return true;
          if ((await etcd.transact({ when: [seen], ops: unitOps(name, { ...entry, target }) })).held) return true;
        }
      }),

    removeUnit: (name) =>
      reached('removing a unit', async () => {
        let existed = false;
        for (;;) {
          const [unit, placed] = (await read(layout.unit(name), layout.placed(name))).map(([one]) => one);
          if (unit === undefined) return existed;
          existed = true;
          const ops: Operation[] = [layout.unit(name), layout.global(name), layout.placed(name)].map((remove) => ({
            remove,
          }));
          if (placed !== undefined) ops.push({ remove: layout.placement(name, placed.value as MachineId) });
          if (
            (
              await etcd.transact({
                when: [unchanged(layout.unit(name), unit), unchanged(layout.placed(name), placed)],
                ops,
              })
            ).held
          )
            return true;
        }
      }),

    setMetadata: (machine, key, value = '') =>
      reached('setting metadata', async () => {
        await etcd.transact({ ops: [{ put: layout.metadata(machine, key), value }] });
      }),

    changes: (stop) => mirror.changes(stop),

    snapshots: (stop) => mirror.snapshots(stop),

    join: (machine, token, ttl: Millis) =>
      reached('joining the cluster', () => join({ etcd, layout, joined }, machine, token, ttl)),

    async *work(me, stop) {
      const list = new WorkList(me, layout, files, skipped);
      for await (const event of etcd.watch(list.ranges, stop)) {
        if (event.kind === 'unreachable') continue;
        if (event.kind === 'all') list.restart(event.keys);
        else list.apply(event.changes);
        if (!list.announced) joined.get(me.id)?.vanished();
        await files.fetchAll(() => list.missing(), clock, stop);
        const work = list.take();
        if (stop.aborted) return;
        if (work !== undefined) yield work;
        else log.error('a unit file is missing from the registry', { files: list.missing() });
      }
    },

    engineVersion: () =>
      reached('reading the engine version', async () => {
        const version = Number((await read(layout.engineVersion))[0]?.[0]?.value ?? '0');
        return Number.isInteger(version) ? version : 0;
      }),

    raiseEngineVersion: (from, to) =>
      reached('raising the engine version', async () => {
        const key = layout.engineVersion;
        const when = from === 0 ? { key, exists: false } : { key, value: String(from) };
        const value = String(to);
        const { held, results } = await etcd.transact({
          when: [when],
          ops: [{ put: key, value }],
          otherwise: [{ get: key }],
        });
        // The first answer may have been lost, and the transaction carried out twice.
        return held || results[0]?.found[0]?.value === value;
      }),

    lead: (me, ttl, version = engineVersion) =>
      reached('taking the lead', () => lead({ etcd, layout, clock, held, followers, spread }, me, ttl, version)),

    async leaderless(stop) {
      for await (const event of etcd.watch([layout.leader], stop)) {
        if (event.kind === 'all' && event.keys.length === 0) return;
        if (event.kind === 'changes' && event.changes.get(layout.leader) === undefined) return;
      }
    },

    cluster: (stop) => mirror.cluster(stop),

    [Symbol.asyncDispose]: () => etcd[Symbol.asyncDispose](),
  };
}

const unchanged = (key: string, seen: KeyValue | undefined): Condition =>
  seen === undefined ? { key, exists: false } : { key, modified: seen.modified };
