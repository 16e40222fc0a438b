/**
 * wanted × present → steps, and what is left out for want of consent. Nothing here does anything.
 *
 * Only what is missing is made. What would lose something needs consent: removing surplus machines, making changed ones
 * again, starting over. A container that was created and never ran has nothing to lose and is replaced unasked.
 */
import type { PresentCluster, PresentMachine } from './present.ts';
import { changedParts, fixedParts } from './spec.ts';
import type { ClusterSpec } from './types.ts';

export type Step =
  /** Removes all that is left of a cluster: one that never came to be, or that somebody took apart. */
  | { readonly kind: 'clear'; readonly because: string }
  | { readonly kind: 'create-network' }
  /** With its volumes; if it ever ran, the other machines forget it first. */
  | { readonly kind: 'remove-machine'; readonly index: number; readonly ran: boolean; readonly because: string }
  /** The container only: the machine keeps its volumes, and is the same machine afterwards. */
  | { readonly kind: 'recreate-machine'; readonly index: number; readonly because: string }
  | { readonly kind: 'start-machine'; readonly index: number }
  | { readonly kind: 'resume-machine'; readonly index: number }
  /** It founds the etcd cluster together with the others, or joins one that runs. */
  | { readonly kind: 'create-machine'; readonly index: number; readonly etcd: 'found' | 'join' };

/** Something that loses something, and so waits until somebody agrees. */
export type Consent =
  | { readonly kind: 'remove'; readonly machines: readonly string[] }
  | { readonly kind: 'recreate'; readonly machines: readonly { readonly name: string; readonly because: string }[] }
  | { readonly kind: 'start-over'; readonly because: string };

export interface Plan {
  readonly steps: readonly Step[];
  readonly needs: readonly Consent[];
  /** Machines made from another node image than today's: they work, and are told about. */
  readonly outdated: readonly string[];
}

export interface Given {
  readonly wanted: ClusterSpec;
  readonly present: PresentCluster | undefined;
  /** The id of the node image as it is today. */
  readonly imageId: string;
  /** Whether etcd on the machines that run answers with a quorum; matters only when `dependsOnQuorum` says so. */
  readonly quorum: boolean;
  readonly consent: { readonly remove: boolean; readonly recreate: boolean };
}

export function plan({ wanted, present, imageId, quorum, consent }: Given): Plan {
  const kept = keptMachines(present);
  if (present === undefined || present.origin === undefined || kept.length === 0) {
    const left = present === undefined ? [] : [clear('no machine of it ever ran')];
    return { steps: [...left, ...fromScratch(wanted)], needs: [], outdated: [] };
  }
  const because = reasonToStartOver(wanted, present, quorum);
  if (because !== undefined) {
    return consent.recreate
      ? { steps: [clear(because), ...fromScratch(wanted)], needs: [], outdated: [] }
      : { steps: [], needs: [{ kind: 'start-over', because }], outdated: [] };
  }
  const isWanted = ({ index }: PresentMachine): boolean => wanted.machines.some((machine) => machine.index === index);
  const surplus = kept.filter((machine) => !isWanted(machine));
  const changed = kept.filter(isWanted).flatMap((machine) => {
    const because = reasonToRecreate(wanted, present, machine);
    return because === undefined ? [] : [{ machine, because }];
  });
  const changing = consent.recreate ? changed.map(({ machine }) => machine) : [];
  const founded = isFounded(present, quorum);
  const { founders } = present.origin;
  const steps: Step[] = [
    ...present.machines
      .filter((machine) => !kept.includes(machine))
      .map(
        ({ index, state }): Step => ({
          kind: 'remove-machine',
          index,
          ran: false,
          because: `its container is only ${state}`,
        }),
      ),
    ...(present.network === undefined ? [{ kind: 'create-network' } as const] : []),
    ...changed
      .filter(({ machine }) => changing.includes(machine))
      .map(({ machine, because }): Step => ({ kind: 'recreate-machine', index: machine.index, because })),
    ...kept.filter((machine) => isWanted(machine) && !changing.includes(machine)).flatMap(wake),
    ...wanted.machines
      .filter(({ index }) => !kept.some((machine) => machine.index === index))
      .map(
        ({ index }): Step => ({
          kind: 'create-machine',
          index,
          etcd: !founded && index <= founders ? 'found' : 'join',
        }),
      ),
    ...(consent.remove ? surplus : []).map(
      ({ index }): Step => ({
        kind: 'remove-machine',
        index,
        ran: true,
        because: 'it is not wanted any more',
      }),
    ),
  ];
  const needs: Consent[] = [];
  if (surplus.length > 0 && !consent.remove) needs.push({ kind: 'remove', machines: surplus.map(({ name }) => name) });
  if (changed.length > 0 && !consent.recreate) {
    needs.push({
      kind: 'recreate',
      machines: changed.map(({ machine, because }) => ({ name: machine.name, because })),
    });
  }
  const older = kept.filter(
    (machine) => machine.imageId !== imageId && !changing.includes(machine) && isWanted(machine),
  );
  return { steps, needs, outdated: older.map(({ name }) => name) };
}

/** Whether `plan` needs to know about etcd's quorum, which costs a look into a machine. */
export function dependsOnQuorum(present: PresentCluster | undefined): boolean {
  if (present?.origin === undefined || keptMachines(present).length === 0) return false;
  return isFounded(present, true) !== isFounded(present, false);
}

function reasonToStartOver(wanted: ClusterSpec, present: PresentCluster, quorum: boolean): string | undefined {
  const subnet = present.origin?.subnet;
  if (wanted.subnet !== undefined && wanted.subnet !== subnet) {
    return `it lives in ${subnet}, and every machine would have to move to ${wanted.subnet}`;
  }
  if (!cannotForm(wanted, present, quorum)) return undefined;
  const { there, founders } = founding(present);
  return `only ${there} of the ${founders} machines that it began with are there, and etcd needs most of them`;
}

const clear = (because: string): Step => ({ kind: 'clear', because });

const fromScratch = (wanted: ClusterSpec): readonly Step[] => [
  { kind: 'create-network' },
  ...wanted.machines.map(({ index }): Step => ({ kind: 'create-machine', index, etcd: 'found' })),
];

/** A created container holds nothing that ever ran, and a dead one cannot be started again. */
const isKept = ({ state }: PresentMachine): boolean => !['created', 'dead', 'removing'].includes(state);
const keptMachines = (present: PresentCluster | undefined): readonly PresentMachine[] =>
  (present?.machines ?? []).filter(isKept);

const founding = (present: PresentCluster): { readonly there: number; readonly founders: number } => {
  const founders = present.origin?.founders ?? 0;
  return { founders, there: keptMachines(present).filter(({ index }) => index <= founders).length };
};

/**
 * Whether the etcd cluster came to be: it answers, or so many of its founders are there that it will. If not, missing
 * founders still have to found it; in a founded one a new machine must be announced to those that run.
 */
function isFounded(present: PresentCluster, quorum: boolean): boolean {
  const { there, founders } = founding(present);
  return quorum || there > founders / 2;
}

/** Whether no quorum can come of the machines that are there and those that are wanted. */
function cannotForm(wanted: ClusterSpec, present: PresentCluster, quorum: boolean): boolean {
  const { founders } = founding(present);
  const wantedFounders = wanted.machines.filter(({ index }) => index <= founders).length;
  return !isFounded(present, quorum) && wantedFounders <= founders / 2;
}

/** What it takes that a machine runs. */
function wake({ index, state }: PresentMachine): readonly Step[] {
  if (state === 'exited') return [{ kind: 'start-machine', index }];
  if (state === 'paused') return [{ kind: 'resume-machine', index }];
  return [];
}

function reasonToRecreate(wanted: ClusterSpec, present: PresentCluster, machine: PresentMachine): string | undefined {
  if (present.network === undefined) return 'its network is gone';
  const now = wanted.machines.find(({ index }) => index === machine.index);
  const before = machine.spec?.machines.find(({ index }) => index === machine.index);
  if (now === undefined || before === undefined || machine.spec === undefined) return undefined;
  const changes = changedParts(fixedParts(machine.spec, before), fixedParts(wanted, now));
  return changes.length === 0 ? undefined : `changed: ${changes.join(', ')}`;
}
