/** A and AAAA: addresses of a name, through aliases where hosts are names. @see skydns.md 4.1 */
import { lowerName } from '../records/name.ts';
import type { ServiceRecord } from '../records/record.ts';
import type { Inquiry } from './inquiry.ts';
import { type Found, inOneGroup } from './lookup.ts';
import type { AddressRecord, DnsRecord } from './message.ts';

export type Family = AddressRecord['type'];

const mostAliases = 8;

/** What the records say about `owner`: its addresses of that family, and chains of aliases that lead to some. */
export function addressesOf(inquiry: Inquiry, owner: string, family: Family, services: readonly ServiceRecord[]) {
  return resolve(inquiry, owner, family, services, []);
}

/** Addresses of a name in the tree. @returns undefined when it has none of that name */
export function addressesInTree(inquiry: Inquiry, name: string, family: Family): readonly DnsRecord[] | undefined {
  const services = inquiry.find(name);
  return services === undefined ? undefined : resolve(inquiry, name, family, services, []);
}

function resolve(
  inquiry: Inquiry,
  owner: string,
  family: Family,
  services: NonNullable<Found>,
  chain: readonly string[],
): readonly DnsRecord[] {
  const found: DnsRecord[] = [];
  for (const service of inOneGroup(services)) {
    const { host } = service;
    if (host.kind === 'address' && host.family === (family === 'A' ? 4 : 6)) {
      found.push({ name: owner, type: family, ttl: inquiry.ttlOf(service), data: host.address });
    } else if (host.kind === 'name') {
      found.push(...follow(inquiry, owner, family, service, host.name, chain));
    }
  }
  return aliasesFirst(inquiry, found);
}

function follow(
  inquiry: Inquiry,
  owner: string,
  family: Family,
  service: ServiceRecord,
  target: string,
  chain: readonly string[],
): readonly DnsRecord[] {
  const wanted = lowerName(target);
  if (wanted === lowerName(owner) || chain.length >= mostAliases || chain.includes(wanted)) return [];
  const alias: DnsRecord = { name: owner, type: 'CNAME', ttl: inquiry.ttlOf(service), data: target };
  const services = inquiry.find(wanted);
  if (services !== undefined) {
    const records = resolve(inquiry, target, family, services, [...chain, wanted]);
    return records.length > 0 ? [alias, ...records] : [];
  }
  if (inquiry.isInZone(wanted)) return [];
  const upstream = inquiry.fromUpstream({ name: wanted, type: family });
  return upstream === 'failed' ? [] : [alias, ...upstream];
}

/** Several aliases mean several chains: there an order of its own would only tear them apart. */
function aliasesFirst(inquiry: Inquiry, records: readonly DnsRecord[]): readonly DnsRecord[] {
  const aliases = records.filter(({ type }) => type === 'CNAME');
  const addresses = records.filter(({ type }) => type !== 'CNAME');
  return [...aliases, ...(aliases.length > 1 ? addresses : inquiry.shuffle(addresses))];
}
