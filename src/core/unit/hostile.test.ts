/** Texts that nobody means well with: they end soon, and in nothing but a result or an error of the catalogue. */
import { describe, expect, it } from 'vitest';
import { type Choices, seeded } from '../base/choices.ts';
import { UnitFileMalformed, UnitNameInvalid, UnitOptionsInvalid } from '../errors/unit.ts';
import { hashOf, normalise, printUnitFile } from './file.ts';
import { decompose, mangle, unitName } from './name.ts';
import { parseUnitFile } from './parse.ts';
import { requirementsOf, requirementWarnings, splitMultiValue } from './requirements.ts';
import type { UnitFile, UnitOption } from './types.ts';
import { checkOptions } from './validate.ts';

/** The value, or undefined when the text is refused in one of the expected ways; anything else fails the test. */
function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof UnitFileMalformed || error instanceof UnitNameInvalid || error instanceof UnitOptionsInvalid) {
      if (error.message === '' || error.remedy === undefined)
        expect.fail(`${error.code} says what is wrong and what to do`);
      return undefined;
    }
    throw error;
  }
}

/** Whatever can be read can be stored, and then stays as it is. */
function survives(file: UnitFile): void {
  const stored = attempt(() => normalise(file));
  if (stored === undefined) return;
  const text = printUnitFile(stored);
  const again = parseUnitFile(text);
  if (JSON.stringify(again) !== JSON.stringify(stored)) expect(again).toEqual(stored);
  if (printUnitFile(again) !== text || hashOf(again) !== hashOf(stored)) expect(printUnitFile(again)).toBe(text);
  if (JSON.stringify(normalise(stored)) !== JSON.stringify(stored)) expect(normalise(stored)).toEqual(stored);
  attempt(() => checkOptions(stored));
  requirementsOf(stored, 'web@1.service');
  requirementWarnings('web@1.service', stored);
}

/** Pieces that mean something to the parser, and bytes that should not. */
const pieces = [
  '[',
  ']',
  '=',
  '\\',
  '\n',
  '\r',
  '\r\n',
  ' ',
  '\t',
  '#',
  ';',
  '"',
  '%i',
  '%',
  '\0',
  '\u00a0',
  '\u2028',
  'é',
  '😀',
  '\ufffd',
  '[Service]',
  '[X-Fleet]\n',
  'X=',
  'a',
  'Conflicts=',
  'MachineOf=',
  'Global=true\n',
  '\\\n',
  ' \\ \n',
  '\n\n',
];
const pieced = (choices: Choices, most: number) =>
  Array.from({ length: choices.below(most + 1) }, () => choices.oneOf(pieces)).join('');

/** Any bytes, as whoever reads a file decodes them. */
const bytes = (choices: Choices, most: number) =>
  new TextDecoder().decode(Uint8Array.from({ length: choices.below(most + 1) }, () => choices.below(256)));

/** About a million characters of the worst of each kind. */
const mega = 1 << 20;
const line = 'a'.repeat(2_000);
const huge: Readonly<Record<string, string>> = {
  'one long line': `[S]\nX=${'a'.repeat(mega)}`,
  'brackets that open': '['.repeat(mega),
  'brackets that close': ']'.repeat(mega),
  'sections, one on a line': '[S]\n'.repeat(mega / 4),
  'sections on one line': '[S]'.repeat(mega / 3),
  'a section name that never ends': `[${'\n'.repeat(mega)}`,
  'a section name over many lines': `[${`${line}\n`.repeat(500)}]\nX=1\n`,
  'a continuation over many lines': `[S]\nX=${`${line}\\\n`.repeat(500)}`,
  'a continuation of short lines': `[S]\nX=${'\\\n'.repeat(mega / 2)}`,
  'a continuation of much whitespace': `[S]\nX=${`${' '.repeat(2_000)}\\\n`.repeat(500)}`,
  'a comment over many lines': `# \\\n`.repeat(mega / 4),
  backslashes: `[S]\nX=${'\\'.repeat(mega)}`,
  'blank lines': `[S]\n${'\n'.repeat(mega)}X=1`,
  'whitespace before the end of a line': `[S]\n${`X=1${' '.repeat(2_000)}\n`.repeat(500)}`,
  'options without names': `[S]\n${'=\n'.repeat(mega / 2)}`,
  'options of one name': `[S]\n${'Name=value\n'.repeat(mega / 11)}`,
  conflicts: `[X-Fleet]\n${'Conflicts=*a*b*c*d*e*[a-z]?\n'.repeat(20_000)}`,
  'conflicts in one value': `[X-Fleet]\n${`Conflicts=${'a* '.repeat(600)}\\\n`.repeat(50)}`,
  'too many peers and conflicts': `[X-Fleet]\n${Array.from({ length: 40_000 }, (_, index) => `MachineOf=a${index}\nConflicts=*b${index}\n`).join('')}`,
  quotes: `[X-Fleet]\nMachineOf=${`${'" '.repeat(1_000)}\\\n`.repeat(500)}"`,
  'nothing before any section': 'x=1\n'.repeat(mega / 4),
  nulls: '\0'.repeat(mega),
};

describe('a hostile unit file', () => {
  it('is read or refused, 6,000 times, of the pieces that unit files are made of', () => {
    const choices = seeded(1);
    let read = 0;
    for (let index = 0; index < 6_000; index++) {
      const file = attempt(() => parseUnitFile(`${choices.chance(2, 3) ? '[X-Fleet]\n' : ''}${pieced(choices, 40)}`));
      if (file === undefined) continue;
      read++;
      survives(file);
    }
    expect(read).toBeGreaterThan(1_000);
  });

  it('is read or refused, 4,000 times, of any bytes', () => {
    const choices = seeded(2);
    for (let index = 0; index < 4_000; index++) {
      const file = attempt(() => parseUnitFile(`${choices.chance(1, 2) ? '[S]\nX=' : ''}${bytes(choices, 200)}`));
      if (file !== undefined) survives(file);
    }
  });

  it('is stored or refused, 4,000 times, when its options come from outside', () => {
    const choices = seeded(3);
    const option = (): UnitOption => ({
      section: choices.chance(1, 2) ? 'X-Fleet' : pieced(choices, 4),
      name: choices.chance(1, 2) ? choices.oneOf(['Conflicts', 'MachineOf', 'Replaces', 'X']) : pieced(choices, 4),
      value: pieced(choices, 8),
    });
    for (let index = 0; index < 4_000; index++) survives(Array.from({ length: choices.below(8) }, option));
  });

  it.each(Object.entries(huge))('is read or refused soon, with %s', { timeout: 20_000 }, (_kind, text) => {
    const file = attempt(() => parseUnitFile(text));
    if (file !== undefined) survives(file);
  });

  it('keeps its meaning when all that does not matter is changed', () => {
    const choices = seeded(4);
    const word = () => Array.from({ length: 1 + choices.below(3) }, () => choices.oneOf(['a', 'B', '1', '-'])).join('');
    for (let index = 0; index < 2_000; index++) {
      const sections = [...new Set(Array.from({ length: 1 + choices.below(3) }, word))];
      const file = sections.flatMap((section) =>
        Array.from({ length: 1 + choices.below(3) }, () => ({
          section,
          name: word(),
          value: choices.oneOf(['', word()]),
        })),
      );
      const space = () => choices.oneOf(['', ' ', '\t', ' \u00a0']);
      const noise = () => choices.oneOf(['', '\n', ' \n', '# comment\n', '  ; comment \\\nswallowed=1\n', '\r\n']);
      const dressed = file.map(
        ({ section, name, value }) =>
          `[${section}]${space()}\n${noise()}${space()}${name}${space()}=${space()}${value}${space()}\n`,
      );
      const read = parseUnitFile(`${choices.oneOf(['', 'junk'])}${dressed.join('')}${noise()}`);
      if (JSON.stringify(read) !== JSON.stringify(file)) expect(read).toEqual(file);
      if (hashOf(read) !== hashOf(file)) expect(hashOf(read)).toBe(hashOf(file));
    }
  });
});

describe('a hostile name', () => {
  it('is taken or refused, 10,000 times, and what was taken is what fleet’s rule says', () => {
    const choices = seeded(5);
    const rule =
      /^(?!@)(?:[0-9A-Za-z:_.\\@-]*\.(?:path|service|socket|target|timer)|[0-9A-Za-z:_.\\-]*\.(?:automount|busname|device|mount|scope|slice|snapshot|swap))$/;
    const parts = [
      'a',
      '@',
      '.',
      '-',
      ':',
      '\\',
      '/',
      '%',
      ' ',
      '\n',
      'é',
      '😀',
      '\ud800',
      '.service',
      '.mount',
      '.target',
      '1',
      '.swap',
    ];
    let taken = 0;
    for (let index = 0; index < 10_000; index++) {
      const name = Array.from({ length: choices.below(choices.chance(1, 50) ? 300 : 6) }, () =>
        choices.oneOf(parts),
      ).join('');
      const valid = attempt(() => unitName(name)) !== undefined;
      if (valid !== (rule.test(name) && name.length <= 256)) expect({ name, valid }).toEqual({ name, valid: !valid });
      if (valid) taken++;
      decompose(name);
      mangle(name);
      splitMultiValue(name);
    }
    expect(taken).toBeGreaterThan(500);
  });
});
