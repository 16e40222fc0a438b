/** A unit file's canonical text and its hash; two files are the same when their hashes are. @see fleet.md 1.3, 1.4 */
import { createHash } from 'node:crypto';
import { parseUnitFile } from './parse.ts';
import type { TargetState, Unit, UnitFile, UnitHash, UnitName } from './types.ts';

export { parseUnitFile } from './parse.ts';

/**
 * The canonical text: sections in order of first appearance, each once, options in order. This is what is stored,
 * written to disk and shown.
 */
export function printUnitFile(file: UnitFile): string {
  const sections = new Map<string, string>();
  for (const { section, name, value } of file) {
    sections.set(section, `${sections.get(section) ?? `[${section}]\n`}${name}=${value}\n`);
  }
  return [...sections.values()].join('\n');
}

/** SHA-1 of the canonical text. */
export const hashOf = (file: UnitFile): UnitHash =>
  createHash('sha1').update(printUnitFile(file)).digest('hex') as UnitHash;

/** The first seven digits, as people see hashes. */
export const shortHash = (hash: string): string => hash.slice(0, 7);

/**
 * The file as it will be once it was stored and read again. Options that come from outside may hold values that no text
 * could have given (a leading space, a line break); all that compares or hashes should see the stored form.
 *
 * Mostly one round of printing and reading; a value that ends in a backslash swallows the option after it at each
 * reading, so such files take another round until nothing changes.
 *
 * @throws {UnitFileMalformed} the printed options cannot be read again
 */
export function normalise(file: UnitFile): UnitFile {
  // Half of a surrogate pair cannot be stored as UTF-8.
  let text = printUnitFile(file).replace(/\p{Surrogate}/gu, '\ufffd');
  for (;;) {
    const read = parseUnitFile(text);
    const printed = printUnitFile(read);
    if (printed === text) return read;
    text = printed;
  }
}

/** A unit with its hash filled in. */
export const unitFrom = (name: UnitName, file: UnitFile, target: TargetState): Unit => ({
  name,
  file,
  hash: hashOf(file),
  target,
});

/** The values of one option, in order of appearance. */
export const valuesOf = (file: UnitFile, section: string, name: string): readonly string[] =>
  file.filter((option) => option.section === section && option.name === name).map((option) => option.value);

/** The first `[Unit] Description`. */
export const descriptionOf = (file: UnitFile): string | undefined => valuesOf(file, 'Unit', 'Description')[0];
