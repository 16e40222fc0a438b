/** What `--endpoint`, `--driver` and `--tunnel` mean. @see fleet.md 7.1, tutorials.md 0.3 */
import { ClientUnusable } from '../../core/errors/fleetctl.ts';
import type { SshAddress } from '../../ports/ssh/index.ts';
import type { GlobalReading } from './settings.ts';

export type Endpoint = { readonly kind: 'unix'; readonly path: string } | WebEndpoint;

export interface WebEndpoint {
  readonly kind: 'tcp';
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** In front of the API's own paths; no slash at its end. */
  readonly basePath: string;
}

/** What the endpoint speaks, and where it is; etcd's are all used, of an API only the first. */
export type Target =
  | { readonly speaks: 'API'; readonly endpoint: Endpoint; readonly ignored: number; readonly written: string }
  | { readonly speaks: 'etcd'; readonly endpoints: readonly WebEndpoint[] };

const etcdPorts = new Set([2379, 4001]);
const etcdDefaults = 'http://127.0.0.1:2379,http://127.0.0.1:4001';
const apiDefault = 'unix:///var/run/fleet.sock';

/** @throws {ClientUnusable} */
export function targetOf({ values, driverGiven }: Pick<GlobalReading, 'values' | 'driverGiven'>): Target {
  const { driver, endpoint, experimentalApi } = values;
  if (driver !== 'API' && driver !== 'etcd') {
    throw unusable(`unrecognized driver "${driver}"`, 'Use --driver=API or --driver=etcd.');
  }
  const etcdWanted = driver === 'etcd' || (!driverGiven && !experimentalApi);
  const all = (etcdWanted && endpoint === apiDefault ? etcdDefaults : endpoint).split(',').map((one) => one.trim());
  const [first = ''] = all;
  const parsed = parseEndpoint(first);
  // Older clients spoke to etcd itself, and their users' scripts still name its ports without naming a driver.
  const meansEtcd = !driverGiven && parsed.kind === 'tcp' && etcdPorts.has(parsed.port);
  if (etcdWanted || meansEtcd) return { speaks: 'etcd', endpoints: all.map(parseEtcdEndpoint) };
  return { speaks: 'API', endpoint: parsed, ignored: all.length - 1, written: first };
}

function parseEtcdEndpoint(text: string): WebEndpoint {
  const endpoint = parseEndpoint(text);
  if (endpoint.kind === 'tcp') return endpoint;
  throw unusable(`unable to connect to etcd at "${text}"`, 'Write an endpoint of etcd as http://host:2379.');
}

/** As HTTP's `Host` header has it. */
export const hostOf = ({ host, port }: WebEndpoint): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** Without a path, which etcd has none of. */
export const urlOf = (endpoint: WebEndpoint): string => `${endpoint.tls ? 'https' : 'http'}://${hostOf(endpoint)}`;

/** @throws {ClientUnusable} */
function parseEndpoint(text: string): Endpoint {
  const [, scheme, authority = '', path = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/]*)(\/.*)?$/i.exec(text) ?? [];
  const advice = `Write an endpoint as ${apiDefault} or http://host:port; it is "${text}".`;
  if (scheme === undefined) throw unusable('URL scheme undefined', advice);
  switch (scheme.toLowerCase()) {
    case 'unix':
    case 'file':
      if (authority !== '') throw unusable(`unable to connect to host "${authority}" with scheme "${scheme}"`, advice);
      return { kind: 'unix', path };
    case 'http':
    case 'https':
      return parseWeb(text, advice);
    default:
      throw unusable(`URL scheme "${scheme}" unsupported`, advice);
  }
}

function parseWeb(text: string, advice: string): Endpoint {
  if (!URL.canParse(text)) throw unusable(`URL "${text}" unreadable`, advice);
  const { protocol, hostname, port, pathname } = new URL(text);
  const tls = protocol === 'https:';
  return {
    kind: 'tcp',
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (tls ? 443 : 80) : Number(port),
    tls,
    basePath: pathname.replace(/\/+$/, ''),
  };
}

/** `[address]:port`, `name:port`, or an address of IPv6 by itself. */
const tunnelForm = /^(?:\[([^[\]]+)\]|([^:[\]]+)|([^[\]]*:[^[\]]*:[^[\]]*))(?::(\d{1,5}))?$/;

/** @throws {ClientUnusable} */
export function parseTunnel(text: string): SshAddress {
  const [, bracketed, name, address, port = '22'] = tunnelForm.exec(text) ?? [];
  const host = bracketed ?? name ?? address;
  if (host === undefined || Number(port) > 65_535) {
    throw unusable(`tunnel "${text}" unreadable`, 'Write a tunnel as host, host:port or [address]:port.');
  }
  return { host, port: Number(port) };
}

export const unusable = (why: string, advice: string) => new ClientUnusable({ why, advice });
