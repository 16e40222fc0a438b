/** Registration → key and value, in the layout of each backend. @see registrator.md 5 */
import { printEndpoint } from './address.ts';
import { keyOfName, lowerName } from './name.ts';
import { printRecord } from './record.ts';
import type { Registration } from './registrations.ts';

/** Where registrations are written: SkyDNS's tree under a domain, or plain keys under a prefix. */
export type Backend =
  | { readonly kind: 'skydns2'; readonly endpoint: string; readonly domain: string }
  | { readonly kind: 'etcd'; readonly endpoint: string; readonly prefix: string };

export interface Entry {
  readonly key: string;
  readonly value: string;
}

/**
 * @returns undefined when the scheme is unknown or the path that must follow is missing; the endpoint is empty when the
 *   URI names no host
 * @example parseBackend('skydns2://10.1.42.1:4001/webapp.dev')
 */
export function parseBackend(uri: string): Backend | undefined {
  const [, scheme, host = '', path = ''] = /^([a-z0-9]+):\/\/([^/]*)(?:\/(.*))?$/i.exec(uri) ?? [];
  const endpoint = host === '' ? '' : `http://${host}`;
  if (scheme === 'skydns2') return path === '' ? undefined : { kind: 'skydns2', endpoint, domain: path };
  if (scheme === 'etcd') return { kind: 'etcd', endpoint, prefix: path === '' ? '' : `/${path}` };
  return undefined;
}

/** The key that nothing but this backend's own registrations stands below. */
export const rootOf = (backend: Backend): string =>
  backend.kind === 'skydns2' ? keyOfName('skydns', lowerName(backend.domain)) : backend.prefix;

/** Segments of SkyDNS's tree are lower-cased, since a question is too: a key in capitals could never be found. */
export function entryOf(backend: Backend, { name, id, address, port }: Registration): Entry {
  switch (backend.kind) {
    case 'skydns2':
      return { key: `${rootOf(backend)}/${lowerName(name)}/${lowerName(id)}`, value: printRecord(address, port) };
    case 'etcd':
      return { key: `${rootOf(backend)}/${name}/${id}`, value: printEndpoint(address, port) };
    default:
      return backend satisfies never;
  }
}

/** Whether an id can be asked for by name; one such as `172.17.8.101:redis:6379` can't, and its owner should hear of it. */
export const isLabel = (id: string): boolean => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(id);
