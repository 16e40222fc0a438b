/** SRV and MX: answers that name a target, and the target's addresses beside them. @see skydns.md 4.2, 4.7 */
import { labelsOf, lowerName, nameOfPath } from '../records/name.ts';
import type { ServiceRecord } from '../records/record.ts';
import { addressesInTree } from './addresses.ts';
import type { Inquiry } from './inquiry.ts';
import { inOneGroup } from './lookup.ts';
import type { DnsRecord } from './message.ts';

export interface Targets {
  readonly answers: readonly DnsRecord[];
  readonly additionals: readonly DnsRecord[];
}

export function servicesOf(inquiry: Inquiry, owner: string, services: readonly ServiceRecord[]): Targets {
  const usable = inOneGroup(services).filter(({ host }) => host.kind !== 'none');
  const shares = sharesOf(usable);
  return withAddresses(inquiry, usable, (service, target) => ({
    name: owner,
    type: 'SRV',
    ttl: inquiry.ttlOf(service),
    data: {
      priority: priorityOf(inquiry, service),
      weight: shares.get(service) ?? 1,
      port: service.port,
      target,
    },
  }));
}

export function exchangesOf(inquiry: Inquiry, owner: string, services: readonly ServiceRecord[]): Targets {
  const usable = services.filter(({ host, mail }) => mail && host.kind !== 'none');
  return withAddresses(inquiry, usable, (service, target) => ({
    name: owner,
    type: 'MX',
    ttl: inquiry.ttlOf(service),
    data: { preference: priorityOf(inquiry, service), exchange: target },
  }));
}

/** The name that a leaf's own key stands for, with as many labels cut as it asks for. */
export function keyName(inquiry: Inquiry, { key, targetStrip }: ServiceRecord): string {
  return stripped(nameOfPath(inquiry.tree.pathOf(key)), targetStrip);
}

function withAddresses(
  inquiry: Inquiry,
  services: readonly ServiceRecord[],
  answer: (service: ServiceRecord, target: string) => DnsRecord,
): Targets {
  const answers: DnsRecord[] = [];
  const additionals: DnsRecord[] = [];
  const resolved = new Set<string>();
  for (const service of services) {
    const { host } = service;
    if (host.kind === 'address') {
      const target = keyName(inquiry, service);
      const type = host.family === 4 ? 'A' : 'AAAA';
      answers.push(answer(service, target));
      additionals.push({ name: target, type, ttl: inquiry.ttlOf(service), data: host.address });
    } else if (host.kind === 'name') {
      const target = stripped(host.name, service.targetStrip);
      answers.push(answer(service, target));
      if (resolved.has(lowerName(target))) continue;
      resolved.add(lowerName(target));
      additionals.push(...addressesBeside(inquiry, target));
    }
  }
  return { answers, additionals };
}

function addressesBeside(inquiry: Inquiry, target: string): readonly DnsRecord[] {
  if (inquiry.isInZone(target)) {
    return (['A', 'AAAA'] as const).flatMap((family) => addressesInTree(inquiry, target, family) ?? []);
  }
  const [ipv4, ipv6] = [
    inquiry.fromUpstream({ name: target, type: 'A' }),
    inquiry.fromUpstream({ name: target, type: 'AAAA' }),
  ];
  // Both answers tell the same chain of aliases; once is enough.
  return [
    ...(ipv4 === 'failed' ? [] : ipv4),
    ...(ipv6 === 'failed' ? [] : ipv6.filter(({ type }) => type !== 'CNAME')),
  ];
}

/** Each service's part of a hundred within its priority, rounded down in exactly this order, but never nothing. */
function sharesOf(services: readonly ServiceRecord[]): ReadonlyMap<ServiceRecord, number> {
  const sums = new Map<number, number>();
  for (const service of services) sums.set(service.priority, (sums.get(service.priority) ?? 0) + weightOf(service));
  return new Map(
    services.map((service) => {
      const share = Math.floor((100 / (sums.get(service.priority) ?? 1)) * weightOf(service));
      return [service, Math.max(1, share)];
    }),
  );
}

const weightOf = ({ weight }: ServiceRecord): number => (weight === 0 ? 100 : weight);

const priorityOf = (inquiry: Inquiry, { priority }: ServiceRecord): number =>
  priority === 0 ? inquiry.world.config.priority : priority;

function stripped(name: string, labels: number): string {
  const all = labelsOf(name);
  return labels > 0 && labels < all.length ? all.slice(labels).join('.') : name;
}
