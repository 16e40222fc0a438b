/** How the API writes JSON (sorted keys, nothing empty) and reads it (names in any case). @see fleet.md 6.1 */

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json | undefined };

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  (Array.isArray(value) && value.length === 0) ||
  (isObject(value) && Object.keys(value).length === 0);

/** An object without its empty fields, its keys in alphabetical order. */
export const compact = <T extends object>(fields: T): T =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => !isEmpty(value))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  ) as T;

/**
 * The text of a value, keys in alphabetical order at every depth. `JSON.stringify` alone would put keys that look like
 * numbers first, which metadata may have.
 */
export function printJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(printJson).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? 'null';
  const fields = Object.keys(value)
    .sort()
    .filter((key) => value[key] !== undefined)
    .map((key) => `${JSON.stringify(key)}:${printJson(value[key])}`);
  return `{${fields.join(',')}}`;
}

/** @throws {SyntaxError} in the words of fleet's decoder for a body without anything in it */
export function parseJson(text: string): unknown {
  if (text.trim() === '') throw new SyntaxError('EOF');
  return JSON.parse(text);
}

/** The field of that name; one that is spelled exactly so comes before one that differs in case. */
export function field(value: unknown, name: string): unknown {
  if (!isObject(value)) return undefined;
  if (Object.hasOwn(value, name)) return value[name];
  const key = Object.keys(value).find((candidate) => candidate.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : value[key];
}

/** A text field; an absent one and null are the empty text, as everywhere in this API. @throws {TypeError} */
export function textField(value: unknown, name: string): string {
  const found = field(value, name) ?? '';
  if (typeof found !== 'string') throw new TypeError(`field "${name}" must be a string`);
  return found;
}

/** A list field; an absent one and null are the empty list. @throws {TypeError} */
export function listField(value: unknown, name: string): readonly unknown[] {
  const found = field(value, name) ?? [];
  if (!Array.isArray(found)) throw new TypeError(`field "${name}" must be an array`);
  return found;
}

/** A field that maps text to text. @throws {TypeError} */
export function textMapField(value: unknown, name: string): Readonly<Record<string, string>> {
  const found = field(value, name) ?? {};
  if (!isObject(found)) throw new TypeError(`field "${name}" must be an object`);
  return Object.fromEntries(Object.keys(found).map((key) => [key, textField(found, key)]));
}

/** @throws {TypeError} */
export function requireObject(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (!isObject(value)) throw new TypeError(`${what} must be a JSON object`);
  return value;
}

export type { Json };
