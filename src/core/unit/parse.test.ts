import { describe, expect, it } from 'vitest';
import { type Choices, everyChoice, seeded, seeds } from '../base/choices.ts';
import { OperatingError } from '../errors/define.ts';
import { UnitFileMalformed } from '../errors/unit.ts';
import { hashOf, normalise, printUnitFile } from './file.ts';
import { parseUnitFile } from './parse.ts';
import type { UnitFile } from './types.ts';

const option = (section: string, name: string, value: string) => ({ section, name, value });
const firstValue = (line: string) => parseUnitFile(`[S]\n${line}`)[0]?.value;

describe('reading a unit file', () => {
  it('keeps the order and the duplicates of options', () => {
    expect(parseUnitFile('[Unit]\nA=1\nB=2\nA=3\n[Service]\nX=4\n[Unit]\nA=5\n')).toEqual([
      option('Unit', 'A', '1'),
      option('Unit', 'B', '2'),
      option('Unit', 'A', '3'),
      option('Service', 'X', '4'),
      option('Unit', 'A', '5'),
    ]);
  });

  it('forgets comments and blank lines, indented ones too', () => {
    expect(parseUnitFile('# a\n; b\n[S]\n\n  # X=0\n\t; Y=0\n  X=1 # not a comment\n')).toEqual([
      option('S', 'X', '1 # not a comment'),
    ]);
  });

  it('ignores everything before the first section, and a comment there even in the middle of a line', () => {
    expect(parseUnitFile('X=1 ; [A]\njunk[S]\nY=2\n')).toEqual([option('S', 'Y', '2')]);
  });

  it('keeps a section name as it stands, spaces and line breaks included', () => {
    expect(parseUnitFile('[ A\nB ]\nX=1\n')).toEqual([option(' A\nB ', 'X', '1')]);
  });

  it('trims the name of an option, which may be empty', () => {
    expect(parseUnitFile('[S]\n a b \t= 1\n=2')).toEqual([option('S', 'a b', '1'), option('S', '', '2')]);
  });

  it.each([
    ['X=', ''],
    ['X=  two  ', 'two'],
    ['X="quoted"', '"quoted"'],
    ['X=a=b', 'a=b'],
    ['X=a\r\nY=b\r\n', 'a'],
    ['X=\u00a0a\u0085\u3000', 'a'],
    ['X=\ufeffa', '\ufeffa'],
    ['X=a \\\n  b\nY=1', 'a \\\n  b'],
    ['X=a \\\n# b \\\n c', 'a \\\n# b \\\n c'],
    ['X=a \\\n\nY=1', 'a \\\n'],
    ['X=a \\\n', 'a \\\n'],
    ['X=a \\', 'a \\'],
    ['X=a \\ \nY=1', 'a \\'],
    ['X=a \\\t\nY=1', 'a \\'],
    ['X=a \\\r\nY=1', 'a \\'],
  ])('reads the value of %j', (line, value) => {
    expect(firstValue(line)).toBe(value);
  });

  it.each([
    ['# c \\\nX=1\nY=2', 'Y'],
    ['# c \\ \nX=1\nY=2', 'Y'],
    ['# c \\\nX=1 \\\nY=2\nZ=3', 'Z'],
    ['# c \\  \nX=1\nY=2', 'X'],
  ])('lets a comment continue over %j', (text, first) => {
    expect(parseUnitFile(`[S]\n${text}`)[0]?.name).toBe(first);
  });

  it.each([
    ['[Service] ; c', 'found garbage after section name : [59 32 99]', 1],
    ['[Service', 'unable to find end of section', 1],
    ['[A]\n\n[Service', 'unable to find end of section', 3],
    ['[Service]\nX', 'EOF', 2],
    ['[Service]\nX\n', 'unexpected newline encountered while parsing option name', 2],
    ['[Service]\nX\r=1\n', 'unexpected newline encountered while parsing option name', 2],
    ['[Service] é', 'found garbage after section name : [195 169]', 1],
    [`[S]\nA=1\nX=${'a'.repeat(2046)}\n`, 'line too long (max 2048 bytes)', 3],
    [`[S]\nX=${'é'.repeat(1023)}`, 'line too long (max 2048 bytes)', 2],
    [`# ${'a'.repeat(2046)}\n[S]\n`, 'line too long (max 2048 bytes)', 1],
  ])('refuses %j with the reason and the line', (text, message, line) => {
    expect(() => parseUnitFile(text)).toThrow(
      expect.objectContaining({ message, facts: expect.objectContaining({ line }) }) as Error,
    );
    expect(() => parseUnitFile(text)).toThrow(UnitFileMalformed);
  });

  it.each([`X=${'a'.repeat(2045)}\n`, `X=${'é'.repeat(1022)}a\n`, `X=${'a'.repeat(2045)}\r\n`])(
    'accepts a line of 2047 bytes',
    (line) => {
      expect(firstValue(line)).toHaveLength(line.trim().length - 2);
    },
  );
});

describe('whatever the text', () => {
  const alphabet = ['[', ']', '=', '\\', '\n', ' ', '#', 'a', '\r', ';', '\t', 'B'];
  const anyText = (choices: Choices, lengthMax: number, letters = alphabet) =>
    Array.from({ length: choices.below(lengthMax + 1) }, () => choices.oneOf(letters)).join('');

  /** The options, or undefined for texts that are refused in fleet's words; anything else is a bug. */
  const attempt = (read: () => UnitFile): UnitFile | undefined => {
    try {
      return read();
    } catch (error) {
      if (error instanceof OperatingError) return undefined;
      throw error;
    }
  };

  const roundTrip = (file: UnitFile | undefined) => {
    const stored = file && attempt(() => normalise(file));
    if (stored === undefined) return;
    expect(normalise(stored)).toEqual(stored);
    expect(printUnitFile(parseUnitFile(printUnitFile(stored)))).toBe(printUnitFile(stored));
    expect(hashOf(normalise(stored))).toBe(hashOf(stored));
  };

  it('what was stored once is read and stored again unchanged, for every short text', () => {
    const texts = everyChoice((choices) => {
      const text = `[S]${anyText(choices, 4, ['[', ']', '=', '\\', '\n', ' ', '#'])}`;
      roundTrip(attempt(() => parseUnitFile(text)));
    });
    expect(texts).toBe(1 + 7 + 7 ** 2 + 7 ** 3 + 7 ** 4);
  });

  it.each(seeds(500))('what was stored once is read and stored again unchanged (seed %i)', (seed) => {
    const choices = seeded(seed);
    roundTrip(attempt(() => parseUnitFile(`[S]\n${anyText(choices, 60)}`)));
  });

  it.each(seeds(500))('options from outside are stable once they were stored (seed %i)', (seed) => {
    const choices = seeded(seed);
    const word = () => anyText(choices, 5);
    const options = Array.from({ length: choices.below(6) }, () =>
      option(choices.oneOf(['A', 'B', word()]), choices.oneOf(['x', 'y', word()]), word()),
    );
    roundTrip(options);
  });
});
