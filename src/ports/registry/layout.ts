/** Where everything of the registry lies in etcd, and how it is written there. @see fleet.md 2.3, 2.4 */
import type { Placement, UnitState } from '../../core/cluster/types.ts';
import type { Machine, MachineId } from '../../core/machine/types.ts';
import { type TargetState, targetStates, type UnitHash, type UnitName } from '../../core/unit/types.ts';

/** What a key is about. */
export type Place =
  | { readonly kind: 'unit' | 'global'; readonly unit: UnitName }
  | { readonly kind: 'file'; readonly hash: UnitHash }
  | { readonly kind: 'placement' | 'state'; readonly unit: UnitName; readonly machine: MachineId }
  | { readonly kind: 'machine'; readonly machine: MachineId }
  | { readonly kind: 'metadata'; readonly machine: MachineId; readonly name: string };

/** What is stored of a unit besides its file. */
export interface UnitEntry {
  readonly hash: UnitHash;
  readonly target: TargetState;
  readonly global: boolean;
}

/** What a machine stored about itself, and the token by which its next process knows it again. */
export interface Announcement {
  readonly machine: Machine;
  readonly token: string;
}

/** @param prefix with or without a slash at its end */
export function layout(prefix: string) {
  const root = prefix.endsWith('/') ? prefix : `${prefix}/`;
  return {
    /** Everything of the registry. */
    root,
    units: `${root}unit/`,
    unit: (unit: UnitName) => `${root}unit/${unit}`,
    /** The global ones among the units, once more, so that an agent need not watch the others. */
    globals: `${root}global/`,
    global: (unit: UnitName) => `${root}global/${unit}`,
    files: `${root}file/`,
    file: (hash: UnitHash) => `${root}file/${hash}`,
    placements: `${root}schedule/`,
    placementsOn: (machine: MachineId) => `${root}schedule/${segment(machine)}/`,
    placement: (unit: UnitName, machine: MachineId) => `${root}schedule/${segment(machine)}/${unit}`,
    /** Names the machine that a unit is placed on: what makes a second placement impossible. */
    placed: (unit: UnitName) => `${root}placed/${unit}`,
    machines: `${root}machines/`,
    machine: (machine: MachineId) => `${root}machines/${segment(machine)}/object`,
    metadataOf: (machine: MachineId) => `${root}machines/${segment(machine)}/metadata/`,
    metadata: (machine: MachineId, name: string) => `${root}machines/${segment(machine)}/metadata/${segment(name)}`,
    /** Changes with everything that a machine writes about itself, so that its writes keep their order. */
    published: (machine: MachineId) => `${root}published/${segment(machine)}`,
    states: `${root}states/`,
    statesOf: (unit: UnitName) => `${root}states/${unit}/`,
    state: (unit: UnitName, machine: MachineId) => `${root}states/${unit}/${segment(machine)}`,
    leader: `${root}engine/leader`,
    engineVersion: `${root}engine/version`,
    /** @returns undefined for keys that are none of the above */
    locate: (key: string): Place | undefined =>
      key.startsWith(root) ? locate(key.slice(root.length).split('/')) : undefined,
  };
}

export type Layout = ReturnType<typeof layout>;

function locate([room, first = '', second, third]: readonly string[]): Place | undefined {
  if (first === '') return undefined;
  if (room === 'unit' || room === 'global') return { kind: room, unit: first as UnitName };
  if (room === 'file') return { kind: 'file', hash: first as UnitHash };
  if (second === undefined) return undefined;
  if (room === 'schedule') return { kind: 'placement', machine: text(first) as MachineId, unit: second as UnitName };
  if (room === 'states') return { kind: 'state', unit: first as UnitName, machine: text(second) as MachineId };
  if (room !== 'machines') return undefined;
  if (second === 'object') return { kind: 'machine', machine: text(first) as MachineId };
  if (second !== 'metadata' || third === undefined) return undefined;
  return { kind: 'metadata', machine: text(first) as MachineId, name: text(third) };
}

/** Machine ids and metadata names may be any text, slashes included; unit names have none. */
const segment = (any: string): string => any.replaceAll(/[%/]/g, encodeURIComponent);
const text = (written: string): string => written.replaceAll('%2F', '/').replaceAll('%25', '%');

// Writing. The same value always becomes the same text, since transactions compare texts.

export const printUnit = ({ hash, target, global }: UnitEntry): string => JSON.stringify({ hash, target, global });

/** A placement, or the entry of a global unit. */
export const printInstruction = ({ hash, target }: Pick<UnitEntry, 'hash' | 'target'>): string =>
  JSON.stringify({ hash, target });

export const printState = ({ hash, load, active, sub, launched }: UnitState): string =>
  JSON.stringify({ hash, load, active, sub, launched });

export const printAnnouncement = ({ machine, token }: Announcement): string => JSON.stringify({ ...machine, token });

export const printLeader = (machineId: MachineId, version: number): string => JSON.stringify({ machineId, version });

// Reading. Anything unreadable is undefined, and the reader's to skip: one bad entry must not stop a cluster.

export function parseUnit(value: string): UnitEntry | undefined {
  const { hash, target = 'inactive', global = false } = fields(value);
  return isText(hash) && isTarget(target) ? { hash: hash as UnitHash, target, global: global === true } : undefined;
}

export function parsePlacement(value: string, unit: UnitName, machine: MachineId): Placement | undefined {
  const { hash, target } = fields(value);
  return isText(hash) && isTarget(target) ? { unit, machine, hash: hash as UnitHash, target } : undefined;
}

export function parseState(value: string, unit: UnitName, machine: MachineId): UnitState | undefined {
  const { hash, load, active, sub, launched } = fields(value);
  if (!isText(hash) || !isText(load) || !isText(active) || !isText(sub)) return undefined;
  return { unit, machine, hash: hash as UnitHash, load, active, sub, launched: launched === true };
}

export function parseAnnouncement(value: string): Announcement | undefined {
  const { id, publicIp, metadata, capabilities, version, token } = fields(value);
  if (!isText(id) || id === '' || !isText(publicIp) || !isText(version) || !isText(token)) return undefined;
  if (!isRecordOf(metadata, isText) || !isRecordOf(capabilities, isFlag)) return undefined;
  return { machine: { id: id as MachineId, publicIp, metadata, capabilities, version }, token };
}

/** A value that is not ours is taken for the bare id of a machine, with an engine older than any. @see fleet.md 2.3 */
export const parseLeader = (value: string): { readonly machine: MachineId; readonly version: number } => {
  const { machineId, version } = fields(value);
  if (!isText(machineId)) return { machine: value as MachineId, version: 0 };
  return { machine: machineId as MachineId, version: typeof version === 'number' ? version : 0 };
};

function fields(value: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';
const isTarget = (value: unknown): value is TargetState => targetStates.some((target) => target === value);
const isRecordOf = <T>(value: unknown, isOne: (one: unknown) => one is T): value is Record<string, T> =>
  typeof value === 'object' && value !== null && Object.values(value).every(isOne);
