/** Question × records → answer: the order in which a question is judged, and the one place where "no such name" and
 * "no such type" part ways. @see skydns.md 3, 4, 6 */
import { isWithin, labelsOf, lowerName } from '../records/name.ts';
import type { ServiceRecord } from '../records/record.ts';
import { addressesOf, type Family } from './addresses.ts';
import { type DnsConfig, hostmasterOf } from './config.ts';
import { levelTtls, reachableFrom, withoutRepetition } from './finish.ts';
import { type DnsWorld, Inquiry, type UpstreamQuestion } from './inquiry.ts';
import { findLeaf, inOneGroup } from './lookup.ts';
import { bareReply, type DnsRecord, type Question, type Reply } from './message.ts';
import { stubServersFor } from './stubs.ts';
import { exchangesOf, keyName, servicesOf, type Targets } from './targets.ts';
import type { RecordTree } from './tree.ts';

/** How long the same question gets the same reply while neither records nor configuration change. */
export type Steadiness = 'always' | 'this hour' | 'this second' | 'never';

export type Outcome =
  | {
      readonly kind: 'reply';
      readonly reply: Reply;
      readonly steady: Steadiness;
      /** Whether another order of the answers would do as well: round robin. */
      readonly shuffled: boolean;
      /** Whether it is a reverse entry of ours, which metrics count by themselves. */
      readonly reverse?: true;
    }
  /** The client's message goes to another server as it is, and the answer back. */
  | { readonly kind: 'forward' }
  /** It goes, marked so that it cannot come round, to the servers of a stub zone. */
  | { readonly kind: 'stub'; readonly servers: readonly string[] }
  /** The answer is complete only with what other servers say to these; ask them, and then again with their answers. */
  | { readonly kind: 'ask'; readonly questions: readonly UpstreamQuestion[] };

/** Whole zones are not handed over, here or by forwarding: RFC 5936 has a server refuse that it does not do it. */
const transfers: ReadonlySet<string> = new Set(['AXFR', 'IXFR']);

export function answer(question: Question, world: DnsWorld): Outcome {
  const { config, tree } = world;
  const asked = lowerName(question.name);
  const servers = stubServersFor(world.stubs, asked);
  const isElsewhere = servers !== undefined || !isWithin(asked, config.domain);
  // What others would say to "everything" is not passed on: nobody is flooded with it through us.
  if (transfers.has(question.type) || (question.type === 'ANY' && isElsewhere)) return steady(refused);
  if (servers !== undefined) return { kind: 'stub', servers };
  const isLocal = config.local !== '' && asked === under('local.dns', config.domain);
  const name = isLocal ? lowerName(config.local) : asked;
  if (question.type === 'PTR' && (isWithin(name, 'in-addr.arpa') || isWithin(name, 'ip6.arpa'))) {
    return reverse(question, name, world);
  }
  if (question.class === 'CH') return steady(chaos(question, world));
  if (!isLocal && isElsewhere) return forward(name, config);
  if (question.class !== 'IN' && question.class !== 'ANY') return steady(bareReply('REFUSED'));
  if (question.type === 'SOA' && name === config.domain) {
    return steady(authoritative({ answers: [startOfAuthority(world, config.ttl)] }), 'this hour');
  }
  // Nothing was ever read: to deny the name would be a lie that resolvers keep for a minute.
  if (tree === undefined) return steady(bareReply('SERVFAIL'));
  return fromRecords(question, name, world, tree);
}

const refused = bareReply('REFUSED', { copiesRecursionDesired: false });

const steady = (reply: Reply, steadiness: Steadiness = 'always'): Outcome => ({
  kind: 'reply',
  reply,
  steady: steadiness,
  shuffled: false,
});

const authoritative = (sections: Partial<Reply>, rcode: Reply['rcode'] = 'NOERROR'): Reply =>
  bareReply(rcode, { authoritative: true, recursionAvailable: true, ...sections });

const under = (labels: string, domain: string): string => (domain === '' ? labels : `${labels}.${domain}`);

function forward(name: string, config: DnsConfig): Outcome {
  if (config.noForwarding) return steady(bareReply('SERVFAIL'));
  const canForward = config.nameservers.length > 0 && labelsOf(name).length >= config.minLabels;
  return canForward ? { kind: 'forward' } : steady(bareReply('SERVFAIL', { recursionAvailable: true }));
}

/** Reverse entries are answered without authority; whatever we lack may be known elsewhere. @see skydns.md 4.5 */
function reverse(question: Question, name: string, world: DnsWorld): Outcome {
  const leaf = world.tree === undefined ? undefined : findLeaf(world.tree, name, world.now);
  if (world.tree === undefined || leaf === undefined || leaf === null || leaf.host.kind !== 'name') {
    return forward(name, world.config);
  }
  const inquiry = new Inquiry(world, world.tree);
  const pointer: DnsRecord = { name: question.name, type: 'PTR', ttl: inquiry.ttlOf(leaf), data: leaf.host.name };
  const reply = bareReply('NOERROR', { recursionAvailable: true, answers: [pointer] });
  const steadiness = inquiry.countsDown ? 'this second' : 'always';
  return { kind: 'reply', reply, steady: steadiness, shuffled: false, reverse: true };
}

function chaos(question: Question, { config, version }: DnsWorld): Reply {
  const texts: Readonly<Record<string, string>> = {
    'version.bind': version,
    'version.server': version,
    'hostname.bind': 'localhost',
    'id.server': 'localhost',
    'authors.bind': 'devcluster',
    [config.domain]: 'devcluster',
  };
  const text = question.type === 'TXT' ? texts[lowerName(question.name)] : undefined;
  if (text === undefined) return bareReply('SERVFAIL');
  const answers: DnsRecord[] = [
    { name: question.name, type: 'TXT', class: 'CH', ttl: 0, data: [Buffer.from(text, 'utf8')] },
  ];
  return authoritative({ answers });
}

function fromRecords(question: Question, name: string, world: DnsWorld, tree: RecordTree): Outcome {
  const { config } = world;
  const inquiry = new Inquiry(world, tree);
  const { services, exists } = servicesFor(inquiry, question, name);
  const found = answersOf(inquiry, question, name, services, exists);
  if (inquiry.open.size > 0) return { kind: 'ask', questions: [...inquiry.open.values()] };
  const once = reachableFrom(question.name, withoutRepetition(found.answers));
  const answers = levelTtls(once, config.ttl);
  const additionals = withoutRepetition(found.additionals);
  const denied = answers.length === 0;
  const reply = denied
    ? authoritative(
        { authorities: [startOfAuthority(world, config.negativeTtl)] },
        // The parting of the ways: a name that exists lacks a type, one that does not exist lacks everything.
        exists ? 'NOERROR' : 'NXDOMAIN',
      )
    : authoritative({ answers, additionals });
  return { kind: 'reply', reply, steady: steadinessOf(inquiry, denied), shuffled: inquiry.shuffled };
}

function steadinessOf(inquiry: Inquiry, denied: boolean): Steadiness {
  if (inquiry.asksOthers) return 'never';
  // A denial of an expiring record must end when it does, too; its SOA counts hours.
  if (inquiry.countsDown) return 'this second';
  return denied ? 'this hour' : 'always';
}

/** The records that a question is about; the zone's own name always exists. */
function servicesFor(inquiry: Inquiry, { type }: Question, name: string) {
  const { domain } = inquiry.world.config;
  const atApex = name === domain;
  // CoreDNS's way of giving the zone itself an address, instead of every address within it.
  const apex = atApex && (type === 'A' || type === 'AAAA') ? inquiry.find(under('apex.dns', domain)) : undefined;
  const nameServers = atApex && type === 'NS' ? (inquiry.find(under('ns.dns', domain)) ?? []) : undefined;
  const services = apex ?? nameServers ?? inquiry.find(name);
  return { services: services ?? [], exists: atApex || services !== undefined };
}

function answersOf(
  inquiry: Inquiry,
  question: Question,
  name: string,
  services: readonly ServiceRecord[],
  exists: boolean,
): Targets {
  const owner = question.name;
  switch (question.type) {
    case 'A':
    case 'AAAA':
      return { answers: addressesOf(inquiry, owner, question.type as Family, services), additionals: [] };
    case 'SRV':
      return servicesOf(inquiry, owner, services);
    case 'MX':
      return exchangesOf(inquiry, owner, services);
    case 'TXT':
      return { answers: inOneGroup(services).flatMap((service) => textOf(inquiry, owner, service)), additionals: [] };
    case 'CNAME':
      return { answers: aliasOf(inquiry, owner, name), additionals: [] };
    case 'NS':
      return name === inquiry.world.config.domain ? nameServersOf(inquiry, owner, services) : nothing;
    case 'ANY':
      return { answers: exists ? insteadOfEverything(inquiry, owner, name) : [], additionals: [] };
    default:
      return nothing;
  }
}

/** One small record in the place of all of them, save that an alias must be told. @see RFC 8482 section 4.2 */
function insteadOfEverything(inquiry: Inquiry, owner: string, name: string): readonly DnsRecord[] {
  const alias = aliasOf(inquiry, owner, name);
  const { ttl } = inquiry.world.config;
  return alias.length > 0 ? alias : [{ name: owner, type: 'HINFO', ttl, data: { cpu: 'RFC8482', os: '' } }];
}

const nothing: Targets = { answers: [], additionals: [] };

const textPiece = 255;

function textOf(inquiry: Inquiry, owner: string, service: ServiceRecord): DnsRecord[] {
  const bytes = Buffer.from(service.text, 'utf8');
  if (bytes.length === 0) return [];
  const data: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += textPiece) data.push(bytes.subarray(at, at + textPiece));
  return [{ name: owner, type: 'TXT', ttl: inquiry.ttlOf(service), data }];
}

function aliasOf(inquiry: Inquiry, owner: string, name: string): DnsRecord[] {
  const leaf = findLeaf(inquiry.tree, name, inquiry.world.now);
  if (leaf === undefined || leaf === null || leaf.host.kind !== 'name') return [];
  return [{ name: owner, type: 'CNAME', ttl: inquiry.ttlOf(leaf), data: leaf.host.name }];
}

/** Name servers must be addresses: one that is not makes the whole answer useless. @see skydns.md 4.6 */
function nameServersOf(inquiry: Inquiry, owner: string, services: readonly ServiceRecord[]): Targets {
  const usable = inOneGroup(services).filter(({ host }) => host.kind !== 'none');
  if (usable.some(({ host }) => host.kind === 'name')) return nothing;
  const answers: DnsRecord[] = [];
  const additionals: DnsRecord[] = [];
  for (const service of usable) {
    if (service.host.kind !== 'address') continue;
    const data = keyName(inquiry, service);
    const ttl = inquiry.ttlOf(service);
    answers.push({ name: owner, type: 'NS', ttl, data });
    additionals.push({ name: data, type: service.host.family === 4 ? 'A' : 'AAAA', ttl, data: service.host.address });
  }
  return { answers, additionals };
}

function startOfAuthority({ config, unixTime }: DnsWorld, ttl: number): DnsRecord {
  return {
    name: config.domain,
    type: 'SOA',
    ttl,
    data: {
      mname: under('ns.dns', config.domain),
      rname: hostmasterOf(config),
      serial: unixTime - (unixTime % 3_600),
      refresh: 28_800,
      retry: 7_200,
      expire: 604_800,
      minimum: config.negativeTtl,
    },
  };
}
