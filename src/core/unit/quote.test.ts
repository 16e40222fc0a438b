import { expect, it } from 'vitest';
import { quoteCharacter, quoteText } from './quote.ts';

it.each([
  ['bar', '"bar"'],
  ['', '""'],
  [`a"b'c\\`, `"a\\"b'c\\\\"`],
  ['\x07\b\f\n\r\t\v', '"\\a\\b\\f\\n\\r\\t\\v"'],
  ['\0\x1b\x7f', '"\\x00\\x1b\\x7f"'],
  ['é ☃ 😀', '"é ☃ 😀"'],
  ['\u0080\u00a0\u2028\ue000\ufeff', '"\\u0080\\u00a0\\u2028\\ue000\\ufeff"'],
  ['\u{e0001}', '"\\U000e0001"'],
  ['\ud800', '"\ufffd"'],
])('%j is quoted as Go quotes it', (text, quoted) => {
  expect(quoteText(text)).toBe(quoted);
});

it.each([
  ['%', "'%'"],
  ["'", "'\\''"],
  ['"', `'"'`],
  ['\n', "'\\n'"],
  ['\0', "'\\x00'"],
  ['é', "'é'"],
  ['😀', "'😀'"],
])('the character %j is quoted as Go quotes it', (character, quoted) => {
  expect(quoteCharacter(character)).toBe(quoted);
});
