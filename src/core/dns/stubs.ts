/** Stub zones: names whose questions go to servers that the tree itself names. @see skydns.md 7.3 */
import { printEndpoint } from '../records/address.ts';
import { lowerName, nameOfPath, pathOfName } from '../records/name.ts';
import { leaves, type RecordTree } from './tree.ts';

/** `<ip>:<port>` of each zone's servers, by the zone's name in lower case. */
export type Stubs = ReadonlyMap<string, readonly string[]>;

export const noStubs: Stubs = new Map();

export interface StubsFound {
  readonly stubs: Stubs;
  /** Entries that are left out, and why. */
  readonly mistakes: readonly { readonly key: string; readonly because: string }[];
}

const usualPort = 53;

/** The name below which a domain's stub zones are listed. */
export const stubRootOf = (domain: string): string => (domain === '' ? 'stub.dns' : `stub.dns.${domain}`);

/**
 * The key of an entry is a placeholder's name, then the zone's, then `stub.dns.<domain>`.
 *
 * @example `ns1.example.com.stub.dns.skydns.local` with host 192.0.2.1 sends `www.example.com` to 192.0.2.1:53
 */
export function findStubs(tree: RecordTree, domain: string): StubsFound {
  const root = pathOfName(stubRootOf(domain));
  const branch = tree.at(root);
  const stubs = new Map<string, string[]>();
  const mistakes: { key: string; because: string }[] = [];
  for (const { key, host, port } of branch === undefined ? [] : leaves(branch)) {
    const zone = lowerName(nameOfPath(tree.pathOf(key).slice(root.length, -1)));
    if (zone === '') mistakes.push({ key, because: 'the key names no zone' });
    else if (zone === `local.dns.${domain}`) mistakes.push({ key, because: 'local.dns is always answered here' });
    else if (host.kind !== 'address') mistakes.push({ key, because: 'the host is no address' });
    else stubs.set(zone, [...(stubs.get(zone) ?? []), printEndpoint(host.address, port === 0 ? usualPort : port)]);
  }
  return { stubs, mistakes };
}

/** The servers of the smallest zone that the name is in. @param name in lower case */
export function stubServersFor(stubs: Stubs, name: string): readonly string[] | undefined {
  if (stubs.size === 0) return undefined;
  const path = pathOfName(name);
  for (let labels = path.length; labels > 0; labels--) {
    const servers = stubs.get(nameOfPath(path.slice(0, labels)));
    if (servers !== undefined) return servers;
  }
  return undefined;
}
