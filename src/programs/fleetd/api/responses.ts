/** The shapes that answers come in. */
import { printJson } from '../../../core/api/json.ts';
import { encodePage, type PageField, pageOf, pageTokenParameter } from '../../../core/api/pages.ts';

export const json = (status: number, body: object): Response => text(status, 'application/json', printJson(body));

/** With its length, so that it is sent in one piece and also to clients of HTTP/1.0 on a connection that stays. */
export function text(status: number, type: string, body: string): Response {
  const bytes = new TextEncoder().encode(body);
  return new Response(bytes, { status, headers: { 'content-type': type, 'content-length': String(bytes.length) } });
}

export const empty = (status: number, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(null, { status, headers });

/** The page that the query asks for. @throws {PageTokenRefused} */
export function page<T>(
  field: PageField,
  items: readonly T[],
  encode: (item: T) => object,
  query: URLSearchParams,
  limit: number,
): Response {
  const asked = pageOf(items, query.getAll(pageTokenParameter), limit);
  return json(200, encodePage(field, { items: asked.items.map(encode), next: asked.next }));
}

export const queryOf = (request: Request): URLSearchParams => new URL(request.url).searchParams;
