/**
 * What the API talks about, in both directions: the shape inside (`ApiUnit`) and the JSON outside (`UnitJson`).
 *
 * Decoding trusts the server about names and states and checks only the shape; a server checks what it is sent in
 * `put-unit.ts`.
 *
 * @see fleet.md 6.2
 */
import { by } from '../base/order.ts';
import type { UnitState } from '../cluster/types.ts';
import type { Machine, MachineId } from '../machine/types.ts';
import type { TargetState, UnitFile, UnitHash, UnitName } from '../unit/types.ts';
import { compact, listField, requireObject, textField, textMapField } from './json.ts';

/** A machine as clients see it. */
export type ApiMachine = Pick<Machine, 'id' | 'publicIp' | 'metadata'>;

/** A unit as clients see it. */
export interface ApiUnit {
  readonly name: UnitName;
  readonly options: UnitFile;
  readonly desired: TargetState;
  /** Undefined for a global unit asked for by name; `inactive` for one in a list. @see fleet.md 2.2 */
  readonly current: TargetState | undefined;
  /** Undefined while it is not placed, and for global units. */
  readonly machine: MachineId | undefined;
}

/** One machine's state of one unit as clients see it. */
export type ApiUnitState = Omit<UnitState, 'launched'>;

export interface MachineJson {
  readonly id?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly primaryIP?: string;
}

export interface UnitOptionJson {
  readonly name?: string;
  readonly section?: string;
  readonly value?: string;
}

export interface UnitJson {
  readonly currentState?: string;
  readonly desiredState?: string;
  readonly machineID?: string;
  readonly name?: string;
  readonly options?: readonly UnitOptionJson[];
}

export interface UnitStateJson {
  readonly hash?: string;
  readonly machineID?: string;
  readonly name?: string;
  readonly systemdActiveState?: string;
  readonly systemdLoadState?: string;
  readonly systemdSubState?: string;
}

export const encodeMachine = ({ id, publicIp, metadata }: ApiMachine): MachineJson =>
  compact({ id, metadata: compact(metadata), primaryIP: publicIp });

export function decodeMachine(json: unknown): ApiMachine {
  const machine = requireObject(json, 'a machine');
  return {
    id: textField(machine, 'id') as MachineId,
    publicIp: textField(machine, 'primaryIP'),
    metadata: textMapField(machine, 'metadata'),
  };
}

export const encodeOptions = (options: UnitFile): readonly UnitOptionJson[] =>
  options.map(({ name, section, value }) => compact({ name, section, value }));

export const decodeOptions = (json: readonly unknown[]): UnitFile =>
  json.map((entry) => {
    const option = requireObject(entry, 'a unit option');
    return {
      section: textField(option, 'section'),
      name: textField(option, 'name'),
      value: textField(option, 'value'),
    };
  });

export const encodeUnit = (unit: ApiUnit): UnitJson =>
  compact({
    ...(unit.current === undefined ? {} : { currentState: unit.current }),
    desiredState: unit.desired,
    ...(unit.machine === undefined ? {} : { machineID: unit.machine }),
    name: unit.name,
    options: encodeOptions(unit.options),
  });

export function decodeUnit(json: unknown): ApiUnit {
  const unit = requireObject(json, 'a unit');
  const current = textField(unit, 'currentState');
  const machine = textField(unit, 'machineID');
  return {
    name: textField(unit, 'name') as UnitName,
    options: decodeOptions(listField(unit, 'options')),
    desired: (textField(unit, 'desiredState') || 'inactive') as TargetState,
    current: current === '' ? undefined : (current as TargetState),
    machine: machine === '' ? undefined : (machine as MachineId),
  };
}

export const encodeUnitState = (state: ApiUnitState): UnitStateJson =>
  compact({
    hash: state.hash,
    machineID: state.machine,
    name: state.unit,
    systemdActiveState: state.active,
    systemdLoadState: state.load,
    systemdSubState: state.sub,
  });

export function decodeUnitState(json: unknown): ApiUnitState {
  const state = requireObject(json, 'a unit state');
  return {
    unit: textField(state, 'name') as UnitName,
    machine: textField(state, 'machineID') as MachineId,
    hash: textField(state, 'hash') as UnitHash,
    load: textField(state, 'systemdLoadState'),
    active: textField(state, 'systemdActiveState'),
    sub: textField(state, 'systemdSubState'),
  };
}

/** The order in which every list answers. @see fleet.md 6.2 */
export const listOrder = {
  machines: by<ApiMachine>(({ id }) => id),
  units: by<{ readonly name: UnitName }>(({ name }) => name),
  /** A unit name holds no space and every character of one sorts after it, so the joined text orders as the pair. */
  states: by<ApiUnitState>(({ unit, machine }) => `${unit} ${machine}`),
} as const;
