/** What decisions cost: a whole cluster from nothing, a machine lost, a unit added; at two sizes, so that growth shows. */

import { invariant } from '../src/core/base/invariant.ts';
import { by, compareText } from '../src/core/base/order.ts';
import type { Cluster } from '../src/core/cluster/types.ts';
import { machineId } from '../src/core/machine/id.ts';
import type { Machine } from '../src/core/machine/types.ts';
import { applied } from '../src/core/scheduler/applied.ts';
import { Scheduler } from '../src/core/scheduler/scheduler.ts';
import type { Decision } from '../src/core/scheduler/types.ts';
import { parseUnitFile, unitFrom } from '../src/core/unit/file.ts';
import { unitName } from '../src/core/unit/name.ts';
import type { Unit } from '../src/core/unit/types.ts';
import { median, type Row } from './table.ts';

export interface Size {
  /** More than twenty, which is how many instances of one template keep apart. */
  readonly machines: number;
  /** A multiple of a hundred. */
  readonly units: number;
}

const small: Size = { machines: 100, units: 1_000 };
const large: Size = { machines: 1_000, units: 10_000 };

/** Milliseconds of each measurement, one per run. */
interface Figures {
  readonly nothing: number[];
  readonly lost: number[];
  readonly added: number[];
}

export async function scheduling(runs = 9): Promise<Row[]> {
  const [few, many] = [small, large].map((size) => figures(size, runs)) as [Figures, Figures];
  const row = (what: string, name: keyof Figures, bar: string): Row => ({
    what,
    measured: print(many[name]),
    against: `${count(small.units)} units, ${small.machines} machines: ${print(few[name])}; ten times the size costs ${(median(many[name]) / median(few[name])).toFixed(1)} x`,
    bar,
  });
  return [
    row(`${count(large.units)} units scheduled on ${count(large.machines)} machines from nothing`, 'nothing', '1 s'),
    row('then one machine lost: its units moved, and the move seen', 'lost', '50 ms'),
    row('then one unit added: placed, and the placement seen', 'added', '2 ms'),
  ];
}

const count = (items: number): string => items.toLocaleString('en-US');
const print = (values: readonly number[]): string => {
  const inDigits = (value: number) => `${value.toFixed(value < 10 ? 2 : 0)} ms`;
  const [least, most] = [Math.min(...values), Math.max(...values)].map(inDigits);
  return `${inDigits(median(values))} (${least} to ${most}, ${values.length} runs)`;
};

/** The first run warms the machine code up and is not counted. */
function figures(size: Size, runs: number): Figures {
  const all: Figures = { nothing: [], lost: [], added: [] };
  for (let run = 0; run <= runs; run++) {
    const one = oneRun(size);
    if (run === 0) continue;
    for (const name of ['nothing', 'lost', 'added'] as const) all[name].push(one[name]);
  }
  return all;
}

/** Schedules a cluster, takes a machine away and adds a unit; throws when that is not what was timed. */
export function oneRun(size: Size): { readonly [Name in keyof Figures]: number } {
  const empty = world(size);
  const scheduler = new Scheduler();

  const first = timed(() => scheduler.decide(empty));
  const globals = empty.units.filter(({ name }) => name.startsWith('global-')).length;
  must(only('schedule', first.result) === size.units - globals, 'placed every unit', first.result);
  const full = taken(empty, first.result);
  must(scheduler.decide(full).length === 0, 'left nothing to decide', scheduler.decide(full));

  const [victim] = empty.machines;
  invariant(victim !== undefined, 'a world has machines');
  const orphans = full.placements.filter(({ machine }) => machine === victim.id).length;
  const without = { ...full, machines: full.machines.filter((machine) => machine !== victim) };
  const lost = settled(scheduler, without);
  must(only('unschedule', lost.decisions) === orphans, `moved all ${orphans} units away`, lost.decisions);
  must(only('schedule', lost.decisions) === orphans, `placed all ${orphans} units again`, lost.decisions);

  const newcomer = aUnit('newcomer.service', 'MachineMetadata=disk=ssd', 'Conflicts=web0@*.service');
  const more = { ...lost.after, units: [...lost.after.units, newcomer].sort(by(({ name }) => name)) };
  const added = settled(scheduler, more);
  must(added.decisions.length === 1 && only('schedule', added.decisions) === 1, 'placed one unit', added.decisions);

  return { nothing: first.took, lost: lost.took, added: added.took };
}

/** The engine's work for one change: it decides, and then looks at what the registry made of its decisions. */
function settled(scheduler: Scheduler, cluster: Cluster) {
  const decided = timed(() => scheduler.decide(cluster));
  const after = taken(cluster, decided.result);
  const seen = timed(() => scheduler.decide(after));
  must(seen.result.length === 0, 'left nothing to decide', seen.result);
  return { decisions: decided.result, after, took: decided.took + seen.took };
}

function timed<T>(act: () => T): { readonly result: T; readonly took: number } {
  const begun = performance.now();
  const result = act();
  return { result, took: performance.now() - begun };
}

const only = (kind: Decision['kind'], decisions: readonly Decision[]): number =>
  decisions.filter((decision) => decision.kind === kind).length;

function must(holds: boolean, what: string, decisions: readonly Decision[]): void {
  const kinds = (['schedule', 'unschedule', 'instruct', 'hold'] as const).map(
    (kind) => `${kind} ${only(kind, decisions)}`,
  );
  invariant(holds, `timed a run that has not ${what}: ${kinds.join(', ')}`);
}

/** As the registry lists things: by name, what did not change being the same objects. */
const taken = (cluster: Cluster, decisions: readonly Decision[]): Cluster => {
  const { placements, ...rest } = applied(cluster, decisions);
  return {
    ...rest,
    placements: placements.toSorted((a, b) => compareText(a.unit, b.unit) || compareText(a.machine, b.machine)),
  };
};

/** Units of every kind, none of which has to wait. Files are no two units' common object, so that each must be read. */
function world({ machines, units }: Size): Cluster {
  return {
    machines: Array.from({ length: machines }, (_, index) => aMachine(index)),
    units: Array.from({ length: units / 100 }, (_, hundred) => aHundred(hundred, machines))
      .flat()
      .sort(by(({ name }) => name)),
    placements: [],
  };
}

/** Global units grow with the kinds of work in a cluster, not with its size. */
const globalsMax = 5;
const zones = ['a', 'b', 'c', 'd', 'e'];

const aMachine = (index: number): Machine => ({
  id: machineId(String(index).padStart(32, '0')),
  publicIp: '',
  metadata: { zone: zones[index % zones.length] ?? '', disk: index % 2 === 0 ? 'hdd' : 'ssd', rack: `r${index % 50}` },
  capabilities: {},
  version: '1.0.0',
});

/** Plain units, instances that keep apart, followers, units bound to zones, disks and a machine, a replacement, a global. */
function aHundred(hundred: number, machines: number): readonly Unit[] {
  const several = (times: number, make: (index: number) => Unit) =>
    Array.from({ length: times }, (_, index) => make(index));
  // Not the first machine, which is going to be lost.
  const bound = String(1 + (hundred % (machines - 1))).padStart(32, '0');
  return [
    ...several(50, (index) => aUnit(`plain-${hundred}-${index}.service`)),
    ...several(20, (index) => aUnit(`web${hundred}@${index}.service`, 'Conflicts=%p@*.service')),
    ...several(10, (index) => aUnit(`side-${hundred}-${index}.service`, `MachineOf=plain-${hundred}-${index}.service`)),
    ...several(8, (index) => aUnit(`disk-${hundred}-${index}.service`, 'MachineMetadata=disk=ssd')),
    ...several(8, (index) => aUnit(`zone-${hundred}-${index}.service`, `MachineMetadata=zone=${zones[index % 5]}`)),
    aUnit(`bound-${hundred}.service`, `MachineID=${bound}`),
    aUnit(`next-${hundred}.service`, `Replaces=zone-${hundred}-*.service`),
    ...several(hundred < globalsMax ? 1 : 0, () => aUnit(`global-${hundred}.service`, 'Global=true')),
    ...several(hundred < globalsMax ? 1 : 2, (index) => aUnit(`last-${hundred}-${index}.service`)),
  ];
}

const aUnit = (name: string, ...fleet: readonly string[]): Unit =>
  unitFrom(
    unitName(name),
    parseUnitFile(`[Service]\nExecStart=/bin/${name}\n\n[X-Fleet]\n${fleet.join('\n')}\n`),
    'launched',
  );
