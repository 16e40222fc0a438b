/** What changed in a cluster between two looks at the API's lists. Facts bear the names that fleetctl's columns have. */
import { printMetadata } from '../machine/metadata.ts';
import type { MachineId } from '../machine/types.ts';
import { hashOf, isGlobal, type UnitName } from '../unit/index.ts';
import type { ApiMachine, ApiUnit, ApiUnitState } from './entities.ts';

/** The cluster as a client sees it at one moment, in the order of the API's lists. */
export interface Look {
  readonly machines: readonly ApiMachine[];
  readonly units: readonly ApiUnit[];
  readonly states: readonly ApiUnitState[];
}

/** A machine, a unit, or what one machine's systemd says about one unit. */
export type Subject =
  | { readonly kind: 'machine'; readonly machine: MachineId }
  | { readonly kind: 'unit'; readonly unit: UnitName }
  | { readonly kind: 'systemd'; readonly unit: UnitName; readonly machine: MachineId };

/**
 * `ip`, `metadata` of a machine; `hash`, `dstate`, `target`, `state` of a unit; `load`, `active`, `hash` of systemd's view.
 * What is missing is the empty text.
 */
export type Facts = Readonly<Record<string, string>>;

/** One subject that came or went, or one fact of it that is another now. */
export type Difference =
  | { readonly what: 'new' | 'gone'; readonly subject: Subject; readonly facts: Facts }
  | {
      readonly what: 'changed';
      readonly subject: Subject;
      readonly field: string;
      readonly from: string;
      readonly to: string;
    };

const nothing: Look = { machines: [], units: [], states: [] };

/**
 * Machines first, then units, then what systemd says; of each kind what is gone before what came and what changed.
 *
 * @param before undefined: everything is new
 */
export const differences = (before: Look | undefined, now: Look): readonly Difference[] =>
  descriptions.flatMap((describe) => between(describe(before ?? nothing), describe(now)));

interface Described {
  readonly subject: Subject;
  readonly facts: Facts;
}

type Describe = (look: Look) => ReadonlyMap<string, Described>;

const descriptions: readonly Describe[] = [
  ({ machines }) => new Map(machines.map((one) => [one.id, machineFacts(one)])),
  ({ units }) => new Map(units.map((one) => [one.name, unitFacts(one)])),
  ({ states }) => new Map(states.map((one) => [`${one.unit} ${one.machine}`, systemdFacts(one)])),
];

const machineFacts = ({ id, publicIp, metadata }: ApiMachine): Described => ({
  subject: { kind: 'machine', machine: id },
  facts: { ip: publicIp, metadata: printMetadata(metadata) },
});

/** A global unit has no state of its own, and its target is everywhere. */
function unitFacts({ name, options, desired, current, machine }: ApiUnit): Described {
  const global = isGlobal(options, name);
  const target = global ? 'global' : (machine ?? '');
  const facts = { hash: hashOf(options), dstate: desired, target, state: global ? '' : (current ?? '') };
  return { subject: { kind: 'unit', unit: name }, facts };
}

const systemdFacts = ({ unit, machine, hash, load, active, sub }: ApiUnitState): Described => ({
  subject: { kind: 'systemd', unit, machine },
  facts: { load, active: `${active}/${sub}`, hash },
});

function between(before: ReadonlyMap<string, Described>, now: ReadonlyMap<string, Described>): readonly Difference[] {
  const gone = [...before]
    .filter(([key]) => !now.has(key))
    .map(([, described]): Difference => ({ what: 'gone', ...described }));
  const others = [...now].flatMap(([key, described]): readonly Difference[] => {
    const old = before.get(key);
    return old === undefined ? [{ what: 'new', ...described }] : changedFacts(old, described);
  });
  return [...gone, ...others];
}

const changedFacts = ({ facts: old }: Described, { subject, facts }: Described): readonly Difference[] =>
  Object.entries(facts)
    .filter(([field, value]) => old[field] !== value)
    .map(([field, to]) => ({ what: 'changed', subject, field, from: old[field] ?? '', to }));
