/** The shapes that answers come in. */
import { encodePage, type PageField, pageOf, pageTokenParameter } from '../../../core/api/pages.ts';

export const json = (status: number, body: object): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });

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
