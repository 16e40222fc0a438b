/** Text inside messages, quoted as fleet quotes it: with Go's %q. */

/** What Go shows as it is: letters, marks, numbers, punctuation, symbols, and of all spaces only the plain one. */
const isPrintable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

const escapes: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};

/** `"a\tb"` */
export const quoteText = (text: string): string =>
  `"${Array.from(text, (character) => (character === '"' ? '\\"' : shown(character))).join('')}"`;

/** `'%'` */
export const quoteCharacter = (character: string): string => `'${character === "'" ? "\\'" : shown(character)}'`;

function shown(character: string): string {
  const known = escapes[character];
  if (known !== undefined) return known;
  if (isPrintable.test(character)) return character;
  const point = character.codePointAt(0) ?? 0;
  const digits = (length: number) => point.toString(16).padStart(length, '0');
  if (point < 0x80) return `\\x${digits(2)}`;
  // Half of a pair is no character; Go reads it as the replacement character.
  if (point >= 0xd800 && point <= 0xdfff) return '\ufffd';
  return point < 0x1_0000 ? `\\u${digits(4)}` : `\\U${digits(8)}`;
}
