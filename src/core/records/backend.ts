/** Registration → key and value, in the layout of each backend. @see registrator.md 5 */
import { printEndpoint } from './address.ts';
import { isCarriable, keyOfName, lowerName } from './name.ts';
import { printRecord } from './record.ts';
import type { Registration } from './registrations.ts';

/** Where registrations are written: SkyDNS's tree under a domain, or plain keys under a prefix. */
export type Backend =
  | { readonly kind: 'skydns2'; readonly endpoints: readonly string[]; readonly domain: string }
  | { readonly kind: 'etcd'; readonly endpoints: readonly string[]; readonly prefix: string };

export interface Entry {
  readonly key: string;
  readonly value: string;
}

/**
 * Reads a registry URI. Several members of one etcd may be named, with commas between them.
 *
 * @returns what is wrong with it in registrator's words; no endpoints when the URI names no host
 * @example parseBackend('skydns2://10.1.42.1:4001/webapp.dev')
 */
export function parseBackend(uri: string): Backend | { readonly mistake: string } {
  const [, scheme, hosts = '', path = ''] = /^([a-z0-9]+):\/\/([^/]*)(?:\/(.*))?$/.exec(uri) ?? [];
  if (scheme !== 'skydns2' && scheme !== 'etcd') {
    return { mistake: `unrecognized adapter: ${uri}, expected skydns2://<host>:<port>/<domain>` };
  }
  const named = hosts.split(',');
  if (hosts !== '' && !named.every((host) => hostAndPort.test(host))) {
    return { mistake: `${uri} names no host: "${hosts}", expected <host>:<port>, or several with commas between them` };
  }
  const endpoints = hosts === '' ? [] : named.map((host) => `http://${host}`);
  const parts = path.replace(/\/+$/, '');
  if (scheme === 'etcd') return { kind: 'etcd', endpoints, prefix: parts === '' ? '' : `/${parts}` };
  const domain = parts.replace(/\.$/, '');
  if (domain === '') return { mistake: `${uri} names no domain, expected skydns2://<host>:<port>/<domain>` };
  if (domain.includes('/') || !isCarriable(domain)) {
    return { mistake: `"${domain}" in ${uri} is not a domain name such as webapp.dev` };
  }
  return { kind: 'skydns2', endpoints, domain };
}

const hostAndPort = /^(?:\[[0-9a-fA-F:.]+\]|[\w.-]+)(?::\d{1,5})?$/;

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
