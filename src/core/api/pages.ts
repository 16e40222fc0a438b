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

/** Two little-endian 16-bit numbers, as URL-safe base64 with its padding. */
export function printPageToken({ limit, page }: PageToken): string {
  const bytes = [limit & 0xff, limit >> 8, page & 0xff, page >> 8];
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_');
}

/** @throws {PageTokenRefused} */
export function parsePageToken(text: string, limit: number): PageToken {
  const refuse = (why: string) => new PageTokenRefused({ why });
  const wrongAt = text.search(/[^0-9A-Za-z_=-]/);
  if (wrongAt >= 0) throw refuse(`illegal base64 data at input byte ${wrongAt}`);
  if (text.length % 4 !== 0 || /=[^=]|={3}/.test(text))
    throw refuse(`illegal base64 data at input byte ${text.length}`);
  const bytes = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  if (bytes.length < 4) throw refuse('unexpected EOF');
  const word = (at: number) => bytes.charCodeAt(at) + 256 * bytes.charCodeAt(at + 1);
  const token = { limit: word(0), page: word(2) };
  if (token.limit !== limit) throw refuse(`token limit must be ${limit}`);
  if (token.page === 0) throw refuse('token page must be greater than zero');
  return token;
}

/**
 * The page of `items` that the query asks for. Without a token it is the first; beyond the end it is empty.
 *
 * @param tokens every value of the query parameter
 * @throws {PageTokenRefused}
 */
export function pageOf<T>(items: readonly T[], tokens: readonly string[], limit: number): Page<T> {
  if (tokens.length > 1) throw new PageTokenRefused({ why: 'too many values for page token' });
  const { page } = tokens[0] ? parsePageToken(tokens[0], limit) : { page: 1 };
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
