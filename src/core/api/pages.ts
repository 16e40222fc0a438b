/** Lists in pages: which part of a list a token asks for, and the token of the part after it. @see fleet.md 6.3 */
import { PageTokenRefused } from '../errors/api.ts';
import { compact, listField, requireObject, textField } from './json.ts';

/** The query parameter that carries a token, and the field that brings the next one. */
export const pageTokenParameter = 'nextPageToken';

/** The list's field in each page. */
export type PageField = 'machines' | 'states' | 'units';

export interface Page<T> {
  readonly items: readonly T[];
  /** Undefined on the last page. */
  readonly next: string | undefined;
}

interface PageToken {
  readonly limit: number;
  /** 1-based. */
  readonly page: number;
}

const wordMax = 0xffff;

/**
 * Little-endian numbers as URL-safe base64 with its padding: the limit and the page in 16 bits each, as fleet has them;
 * a page beyond those in 32, where fleet's own numbers start again at 0.
 */
export function printPageToken({ limit, page }: PageToken): string {
  const bytes = [...bytesOf(limit, 2), ...bytesOf(page, page > wordMax ? 4 : 2)];
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_');
}

const bytesOf = (number: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, at) => Math.floor(number / 256 ** at) % 256);

/** @throws {PageTokenRefused} in the words of fleet's decoder */
export function parsePageToken(text: string, limit: number): PageToken {
  const refuse = (why: string) => new PageTokenRefused({ why });
  const corruptAt = corruption(text);
  if (corruptAt !== undefined) throw refuse(`illegal base64 data at input byte ${corruptAt}`);
  const bytes = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  if (bytes.length < 4) throw refuse(bytes.length === 0 ? 'EOF' : 'unexpected EOF');
  const number = (from: number, to: number): number =>
    [...bytes.slice(from, to)].reduceRight((rest, byte) => rest * 256 + byte.charCodeAt(0), 0);
  const token = { limit: number(0, 2), page: number(2, bytes.length === 6 ? 6 : 4) };
  if (token.limit !== limit) throw refuse(`token limit must be ${limit}`);
  if (token.page === 0) throw refuse('token page must be greater than zero');
  return token;
}

/**
 * Where a text stops being base64 of the URL-safe kind: at a character that does not belong there, or at the group of
 * four that is not complete.
 */
function corruption(text: string): number | undefined {
  const [sound = ''] = /^[0-9A-Za-z_-]*/.exec(text) ?? [];
  const [padding = ''] = /^={0,2}/.exec(text.slice(sound.length)) ?? [];
  const inGroup = sound.length % 4;
  const wanted = inGroup < 2 ? 0 : 4 - inGroup;
  const end = sound.length + Math.min(padding.length, wanted);
  if (end < text.length) return end;
  return end % 4 === 0 ? undefined : padding.length > 0 ? end : end - inGroup;
}

/**
 * The page of `items` that the query asks for. Without a token it is the first; beyond the end it is empty.
 *
 * @param tokens every value of the query parameter
 * @throws {PageTokenRefused}
 */
export function pageOf<T>(items: readonly T[], tokens: readonly string[], limit: number): Page<T> {
  if (tokens.length > 1) throw new PageTokenRefused({ why: 'too many values for page token' });
  const { page } = tokens[0] === undefined ? { page: 1 } : parsePageToken(tokens[0], limit);
  const end = page * limit;
  return {
    items: items.slice(end - limit, end),
    next: items.length > end ? printPageToken({ limit, page: page + 1 }) : undefined,
  };
}

export const encodePage = (name: PageField, { items, next }: Page<object>): object =>
  compact({ [name]: items, nextPageToken: next ?? '' });

/** @throws {TypeError} the body is not a page */
export function decodePage<T>(name: PageField, json: unknown, decode: (item: unknown) => T): Page<T> {
  const page = requireObject(json, 'a page');
  return {
    items: listField(page, name).map(decode),
    next: textField(page, 'nextPageToken') || undefined,
  };
}
