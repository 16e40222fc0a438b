/** Makes sure that the registry has the units that a command is about. @see fleet.md 7.2, 7.4 */
import type { ApiUnit } from '../../core/api/entities.ts';
import { OperatingError } from '../../core/errors/define.ts';
import { ReplacementMissing, UnitNotCreated, UnitsNotCreated, UnitUnreadable } from '../../core/errors/fleetctl.ts';
import {
  checkOptions,
  hashOf,
  mangle,
  requirementWarnings,
  type TargetState,
  templateOf,
  type UnitFile,
  type UnitName,
  unitName,
  withSuffix,
} from '../../core/unit/index.ts';
import { messageOf } from './failing.ts';
import { lookUp } from './look-up.ts';
import { findUnitFile, localVersion, readUnitFile } from './unit-files.ts';
import { waitForState } from './wait.ts';
import type { Watch } from './watch.ts';
import type { World } from './world.ts';

export interface Creating {
  /** The desired states in which an existing unit may get new content; none without `--replace`. */
  readonly replaceIn: readonly TargetState[];
  /** @see waitForState */
  readonly attempts: number;
}

/** Looks a unit up, in what this command has created, too. */
type Find = World['fleet']['unit'];

/**
 * Creates the units that do not exist, and with `--replace` those that differ. Stops at the first error; units created
 * before it stay.
 *
 * @throws an operating error whose message goes behind `Error creating units: `
 */
export async function ensureCreated(
  world: World,
  watch: Watch,
  args: readonly string[],
  { replaceIn, attempts }: Creating,
): Promise<void> {
  const planned = new Map<UnitName, UnitFile>();
  const created = new Set<UnitName>();
  const waits: Promise<boolean>[] = [];
  const carryOut = async (): Promise<void> => {
    const batch = [...planned];
    planned.clear();
    const { done, failure } = await world.fleet.putUnits(batch.map(([name, options]) => ({ name, options })));
    for (const [name] of batch.slice(0, done)) {
      created.add(name);
      waits.push(waitForCreation(world, watch, name, attempts));
    }
    const failed = batch[done];
    if (failed !== undefined)
      throw new UnitNotCreated({ unit: failed[0], why: messageOf(failure) }, { cause: failure });
  };
  const asBefore = lookUp(world, args.length);
  const find: Find = (name) => (created.has(name) ? world.fleet.unit(name) : asBefore(name));
  let failure: unknown;
  try {
    for (const arg of args) {
      const path = withSuffix(arg);
      const name = mangle(arg) as UnitName;
      // What this command is about to create may be this very unit, or its template.
      if (planned.has(name) || planned.has(templateOf(name) ?? name)) await carryOut();
      const existing = await retrieve(name, find);
      const content =
        existing === undefined
          ? await newContent(world, path, name, find)
          : await replacement(world, path, existing, replaceIn);
      if (content !== undefined) planned.set(name, check(world, name, content));
    }
  } catch (cause) {
    failure = cause;
  }
  // Units before the one that failed are created all the same, and a failure among them came first.
  await carryOut().catch((cause: unknown) => {
    failure = cause;
  });
  const arrived = await Promise.all(waits);
  if (failure !== undefined) throw failure;
  if (arrived.includes(false)) throw new UnitsNotCreated({});
}

/** @returns whether it came */
async function waitForCreation(world: World, watch: Watch, name: UnitName, attempts: number): Promise<boolean> {
  try {
    await waitForState(world, watch, [name], 'inactive', attempts);
    return true;
  } catch (cause) {
    if (!(cause instanceof OperatingError)) throw cause;
    world.io.err(`Error waiting on unit creation: ${cause.message}`);
    return false;
  }
}

async function retrieve(name: UnitName, find: Find): Promise<ApiUnit | undefined> {
  try {
    return await find(name);
  } catch (cause) {
    throw new UnitUnreadable({ unit: name, why: messageOf(cause) }, { cause });
  }
}

async function newContent(world: World, path: string, name: UnitName, find: Find): Promise<UnitFile> {
  const { file, fromRegistry } = await findUnitFile(path, world, find);
  if (fromRegistry) await warnOfDifference(world, path, name, file);
  return file;
}

/** @returns undefined when the unit stays as it is */
async function replacement(
  world: World,
  path: string,
  existing: ApiUnit,
  replaceIn: readonly TargetState[],
): Promise<UnitFile | undefined> {
  const { name, options, desired } = existing;
  if (replaceIn.length === 0) {
    await warnOfDifference(world, path, name, options);
    return undefined;
  }
  const local = (await readUnitFile(path, world)) ?? (await localVersion(path, world))?.file;
  if (local === undefined) throw new ReplacementMissing({ path });
  if (hashOf(local) === hashOf(options)) {
    world.io.out(`Found same Unit(${name}) in Registry, nothing to do`);
    return undefined;
  }
  if (!replaceIn.includes(desired)) {
    world.io.err(`Warning: can not replace Unit(${name}) in state '${desired}', use the appropriate command`);
    return undefined;
  }
  return local;
}

/** @returns the options as they will be stored @throws what the server would refuse */
function check({ log }: World, name: UnitName, file: UnitFile): UnitFile {
  unitName(name);
  const options = checkOptions(file);
  for (const warning of requirementWarnings(name, options)) log.warn(warning);
  return options;
}

/** Says that the registry's version is used although the file here is another. */
async function warnOfDifference(world: World, path: string, name: UnitName, registered: UnitFile): Promise<void> {
  const local = await localVersion(path, world);
  if (local === undefined || hashOf(local.file) === hashOf(registered)) return;
  const what = local.template ? 'template unit file' : 'unit file';
  world.io.err(`WARNING: Unit ${name} in registry differs from local ${what} ${path}. Add --replace to override.`);
}
