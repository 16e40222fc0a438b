/** The text of a unit file, as its ordered options. @see fleet.md 1.2 */
import { UnitFileMalformed } from '../errors/unit.ts';
import type { UnitFile, UnitOption } from './types.ts';

const lineBytesMax = 2_048;

/** Unicode's White_Space, which is not quite what String.trim removes. */
const space = '\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const isSpace = new RegExp(`^[${space}]$`);
const spaces = new RegExp(`[${space}]+`);

/** Removes surrounding whitespace, Unicode's included. */
function trimSpace(text: string): string {
  // Walked, not matched: a pattern for trailing whitespace takes quadratic time where much whitespace is not trailing.
  let start = 0;
  let end = text.length;
  while (start < end && isSpace.test(text[start] as string)) start++;
  while (end > start && isSpace.test(text[end - 1] as string)) end--;
  return text.slice(start, end);
}

/** The words of a text, as whitespace separates them. */
export const words = (text: string): readonly string[] => text.split(spaces).filter((word) => word !== '');

/**
 * Reads a unit file. Order and duplicates are kept; comments and blank lines are not part of the result.
 *
 * @throws {UnitFileMalformed} with fleet's words
 */
export function parseUnitFile(text: string): UnitFile {
  refuseLongLines(text);
  return new Reader(text).read();
}

function refuseLongLines(text: string): void {
  // No line can be too long for a text that short, whatever its characters; almost all unit files are.
  if (text.length * 3 < lineBytesMax) return;
  const encoder = new TextEncoder();
  for (const [index, line] of text.split(/\r\n|[\r\n]/).entries()) {
    if (line.length * 3 >= lineBytesMax && encoder.encode(line).byteLength >= lineBytesMax)
      throw new UnitFileMalformed({ why: `line too long (max ${lineBytesMax} bytes)`, line: index + 1 });
  }
}

/** A place in the text that moves forward; private to one parse. */
class Reader {
  readonly #text: string;
  readonly #options: UnitOption[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): UnitFile {
    let section = this.#firstSection();
    while (section !== undefined) section = this.#body(section);
    return this.#options;
  }

  /** Skips all that comes before the first section. @returns its name, or undefined when there is none */
  #firstSection(): string | undefined {
    while (this.#at < this.#text.length) {
      const character = this.#text[this.#at++];
      if (character === '[') return this.#header();
      if (character === '#' || character === ';') this.#skipComment();
    }
    return undefined;
  }

  /** Reads the options of one section. @returns the name of the next section, or undefined at the end */
  #body(section: string): string | undefined {
    while (this.#at < this.#text.length) {
      const character = this.#text[this.#at] as string;
      if (isSpace.test(character)) {
        this.#at++;
      } else if (character === '[') {
        this.#at++;
        return this.#header();
      } else if (character === '#' || character === ';') {
        this.#at++;
        this.#skipComment();
      } else {
        this.#options.push({ section, name: this.#name(), value: this.#value() });
      }
    }
    return undefined;
  }

  /** Reads a section's name from behind its `[`; the name is kept as it stands, spaces included. */
  #header(): string {
    const end = this.#text.indexOf(']', this.#at);
    if (end < 0) throw this.#malformed('unable to find end of section');
    const name = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    const garbage = trimSpace(this.#line().text);
    if (garbage === '') return name;
    this.#at = end;
    // fleet prints the bytes of the garbage and, by mistake, the name of no section.
    const bytes = [...new TextEncoder().encode(garbage)].join(' ');
    throw this.#malformed(`found garbage after section name : [${bytes}]`);
  }

  #name(): string {
    const start = this.#at;
    for (; this.#at < this.#text.length; this.#at++) {
      const character = this.#text[this.#at];
      if (character === '\n' || character === '\r')
        throw this.#malformed('unexpected newline encountered while parsing option name');
      if (character === '=') return trimSpace(this.#text.slice(start, this.#at++));
    }
    throw this.#malformed('EOF');
  }

  #value(): string {
    let value = '';
    for (;;) {
      const line = this.#line();
      if (trimSpace(line.text) === '') break;
      value += line.text;
      if (!line.text.endsWith('\\')) break;
      // The backslash and the line break stay in the value: systemd reads them again from what we write.
      if (!line.last) value += '\n';
    }
    return value.endsWith('\n') ? `${trimSpace(value)}\n` : trimSpace(value);
  }

  /** Skips a comment's line, and the next one as long as the one before ends in a backslash. */
  #skipComment(): void {
    let line = this.#line();
    while (/\\ ?$/.test(line.text) && !line.last) line = this.#line();
  }

  /** Reads on to the end of the line; `last` when the text ended before a line break. */
  #line(): { readonly text: string; readonly last: boolean } {
    const end = this.#text.indexOf('\n', this.#at);
    const text = this.#text.slice(this.#at, end < 0 ? undefined : end);
    this.#at = end < 0 ? this.#text.length : end + 1;
    return { text, last: end < 0 };
  }

  #malformed(why: string) {
    return new UnitFileMalformed({ why, line: this.#text.slice(0, this.#at).split('\n').length });
  }
}
