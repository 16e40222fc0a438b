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
  type UnitFile,
  type UnitName,
  unitName,
  withSuffix,
} from '../../core/unit/index.ts';
import { messageOf } from './failing.ts';
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
  const waits: Promise<boolean>[] = [];
  const waitForCreation = (name: UnitName): void => {
    const wait = waitForState(world, watch, [name], 'inactive', attempts).then(
      () => true,
      (cause: unknown) => {
        if (!(cause instanceof OperatingError)) throw cause;
        world.io.err(`Error waiting on unit creation: ${cause.message}`);
        return false;
      },
    );
    waits.push(wait);
  };
  let failure: unknown;
  try {
    for (const arg of args) {
      const path = withSuffix(arg);
      const name = mangle(arg) as UnitName;
      const existing = await retrieve(world, name);
      const made =
        existing === undefined
          ? await createFrom(world, path, name)
          : await replaceOrCompare(world, path, existing, replaceIn);
      if (made) waitForCreation(name);
    }
  } catch (cause) {
    failure = cause;
  }
  const arrived = await Promise.all(waits);
  if (failure !== undefined) throw failure;
  if (arrived.includes(false)) throw new UnitsNotCreated({});
}

async function retrieve({ fleet }: World, name: UnitName): Promise<ApiUnit | undefined> {
  try {
    return await fleet.unit(name);
  } catch (cause) {
    throw new UnitUnreadable({ unit: name, why: messageOf(cause) }, { cause });
  }
}

async function createFrom(world: World, path: string, name: UnitName): Promise<true> {
  const { file, fromRegistry } = await findUnitFile(path, world);
  if (fromRegistry) await warnOfDifference(world, path, name, file);
  await create(world, name, file);
  return true;
}

/** @returns whether the unit has new content and so starts over */
async function replaceOrCompare(
  world: World,
  path: string,
  existing: ApiUnit,
  replaceIn: readonly TargetState[],
): Promise<boolean> {
  const { name, options, desired } = existing;
  if (replaceIn.length === 0) {
    await warnOfDifference(world, path, name, options);
    return false;
  }
  const local = await replacementFor(world, path);
  if (hashOf(local) === hashOf(options)) {
    world.io.out(`Found same Unit(${name}) in Registry, nothing to do`);
    return false;
  }
  if (!replaceIn.includes(desired)) {
    world.io.err(`Warning: can not replace Unit(${name}) in state '${desired}', use the appropriate command`);
    return false;
  }
  await create(world, name, local);
  return true;
}

async function replacementFor(world: World, path: string): Promise<UnitFile> {
  const own = await readUnitFile(path, world);
  const local = own ?? (await localVersion(path, world))?.file;
  if (local === undefined) throw new ReplacementMissing({ path });
  return local;
}

async function create({ fleet, log }: World, name: UnitName, file: UnitFile): Promise<void> {
  unitName(name);
  const options = checkOptions(file);
  for (const warning of requirementWarnings(name, options)) log.warn(warning);
  try {
    await fleet.putUnit(name, options);
  } catch (cause) {
    throw new UnitNotCreated({ unit: name, why: messageOf(cause) }, { cause });
  }
}

/** Says that the registry's version is used although the file here is another. */
async function warnOfDifference(world: World, path: string, name: UnitName, registered: UnitFile): Promise<void> {
  const local = await localVersion(path, world);
  if (local === undefined || hashOf(local.file) === hashOf(registered)) return;
  const what = local.template ? 'template unit file' : 'unit file';
  world.io.err(`WARNING: Unit ${name} in registry differs from local ${what} ${path}. Add --replace to override.`);
}
