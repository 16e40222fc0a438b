/** What `--endpoint`, `--driver` and `--tunnel` mean. @see fleet.md 7.1, tutorials.md 0.3 */
import { ClientUnusable } from '../../core/errors/fleetctl.ts';
import type { SshAddress } from '../../ports/ssh/index.ts';
import type { GlobalReading } from './settings.ts';

export type Endpoint =
  | { readonly kind: 'unix'; readonly path: string }
  | {
      readonly kind: 'tcp';
      readonly host: string;
      readonly port: number;
      readonly tls: boolean;
      /** In front of the API's own paths; no slash at its end. */
      readonly basePath: string;
    };

/** What the endpoint speaks, and where it is; etcd's are all used, of an API only the first. */
export type Target =
  | { readonly speaks: 'API'; readonly endpoint: Endpoint; readonly ignored: number; readonly written: string }
  | { readonly speaks: 'etcd'; readonly endpoints: readonly string[] };

const etcdPorts = new Set([2379, 4001]);
const etcdDefaults = 'http://127.0.0.1:2379,http://127.0.0.1:4001';
const apiDefault = 'unix:///var/run/fleet.sock';

/** @throws {ClientUnusable} */
export function targetOf({ values, driverGiven }: Pick<GlobalReading, 'values' | 'driverGiven'>): Target {
  const { driver, endpoint, experimentalApi } = values;
  if (driver !== 'API' && driver !== 'etcd') {
    throw unusable(`unrecognized driver "${driver}"`, 'Use --driver=API or --driver=etcd.');
  }
  const etcdWanted = driver === 'etcd';
  const written = (etcdWanted || !experimentalApi) && endpoint === apiDefault ? etcdDefaults : endpoint;
  const all = written.split(',').map((one) => one.trim());
  const [first = ''] = all;
  const parsed = parseEndpoint(first);
  // Older clients spoke to etcd itself, and their users' scripts still name its ports without naming a driver.
  const meansEtcd = !driverGiven && parsed.kind === 'tcp' && etcdPorts.has(parsed.port);
  if (etcdWanted || meansEtcd || (!experimentalApi && written === etcdDefaults))
    return { speaks: 'etcd', endpoints: all };
  return { speaks: 'API', endpoint: parsed, ignored: all.length - 1, written: first };
}

/** @throws {ClientUnusable} */
export function parseEndpoint(text: string): Endpoint {
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

/** @throws {ClientUnusable} */
export function parseTunnel(text: string): SshAddress {
  const colon = text.lastIndexOf(':');
  const [host, port] = colon < 0 ? [text, '22'] : [text.slice(0, colon), text.slice(colon + 1)];
  if (host === '' || !/^\d{1,5}$/.test(port)) {
    throw unusable(`tunnel "${text}" unreadable`, 'Write a tunnel as host or host:port.');
  }
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

export const unusable = (why: string, advice: string) => new ClientUnusable({ why, advice });
