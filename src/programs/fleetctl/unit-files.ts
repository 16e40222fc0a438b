/** Where the content of a unit comes from: the file that was named, or the template of an instance. @see fleet.md 7.2 */
import { TemplateNowhere, TemplateUnusable, UnitFileUnusable, UnitNowhere } from '../../core/errors/fleetctl.ts';
import { mangle, parseUnitFile, templateOf, type UnitFile, type UnitName } from '../../core/unit/index.ts';
import { messageOf } from './failing.ts';
import type { World } from './world.ts';

export interface Found {
  readonly file: UnitFile;
  /** Not from this machine, so a file of the same name here may differ from it. */
  readonly fromRegistry: boolean;
}

/**
 * Finds the content of a unit that the registry does not have.
 *
 * @param path the argument, completed with its type
 * @param find looks a template up in the registry
 * @throws {UnitFileUnusable} {UnitNowhere} {TemplateUnusable}
 */
export async function findUnitFile(
  path: string,
  world: Pick<World, 'files'>,
  find: World['fleet']['unit'],
): Promise<Found> {
  const local = await readUnitFile(path, world);
  if (local !== undefined) return { file: local, fromRegistry: false };
  const name = mangle(path);
  const template = templateOf(name);
  if (template === undefined) throw new UnitNowhere({ unit: name });
  try {
    const submitted = await find(template);
    if (submitted !== undefined) return { file: submitted.options, fromRegistry: true };
    const beside = await readUnitFile(inDirectoryOf(path, template), world);
    if (beside !== undefined) return { file: beside, fromRegistry: false };
    throw new TemplateNowhere({ template });
  } catch (cause) {
    throw new TemplateUnusable({ path, why: messageOf(cause) }, { cause });
  }
}

/** @returns undefined when there is no such file @throws {UnitFileUnusable} */
export async function readUnitFile(path: string, { files }: Pick<World, 'files'>): Promise<UnitFile | undefined> {
  try {
    const content = await files.read(path);
    return content === undefined ? undefined : parseUnitFile(content);
  } catch (cause) {
    throw new UnitFileUnusable({ path, why: messageOf(cause) }, { cause });
  }
}

/** What the file on this machine says about a unit: its own file, or its template's beside where it would be. */
export async function localVersion(
  path: string,
  world: Pick<World, 'files'>,
): Promise<{ readonly file: UnitFile; readonly template: boolean } | undefined> {
  const own = await readUnitFile(path, world).catch(() => undefined);
  if (own !== undefined) return { file: own, template: false };
  const template = templateOf(mangle(path));
  if (template === undefined) return undefined;
  const file = await readUnitFile(inDirectoryOf(path, template), world).catch(() => undefined);
  return file === undefined ? undefined : { file, template: true };
}

const inDirectoryOf = (path: string, name: UnitName): string => path.slice(0, path.lastIndexOf('/') + 1) + name;
