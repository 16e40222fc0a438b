/** Any records, any question: the answer has all that it must and nothing more, by a second account of what that is. */
import { expect, it } from 'vitest';
import { seeded, seeds } from '../base/choices.ts';
import { lowerName } from '../records/name.ts';
import { parseRecord, type ServiceRecord } from '../records/record.ts';
import { anyLeaves, anyQuestion, aQuestion, type Leaves, settled } from './fixtures.ts';
import type { DnsWorld } from './inquiry.ts';
import type { DnsRecord } from './message.ts';

/**
 * What the answer holds, said once more and as simply as can be: lists that are searched from their start, no tree, no
 * order, no packet. Lines are `owner type data`, in lower case.
 */
class Model {
  steps = 0;
  readonly #world: DnsWorld;
  readonly #records: readonly (ServiceRecord & { readonly path: readonly string[] })[];

  constructor(world: DnsWorld, leaves: Leaves) {
    this.#world = world;
    const all = Object.entries(leaves).map(([name, leaf]) => {
      const path = ['local', 'skydns', ...name.split('.').reverse()];
      const parsed = parseRecord(`/skydns/${path.join('/')}`, JSON.stringify(leaf));
      if ('mistake' in parsed) throw new Error(parsed.mistake);
      return { ...parsed.record, path };
    });
    // What has names below it is no leaf.
    const leafs = all.filter(
      ({ path }) => !all.some((other) => other.path.length > path.length && begins(other.path, path)),
    );
    this.#records = leafs.sort((a, b) => (inOrder(a.path, b.path) ? -1 : 1));
  }

  /** @returns undefined when the name does not exist */
  sections(type: string, name: string): { answers: Set<string>; additionals: Set<string> } | undefined {
    const { domain } = this.#world.config;
    const atApex = name === domain;
    const services =
      (atApex && type.startsWith('A') && type !== 'ANY' ? this.#services('apex.dns.skydns.local') : undefined) ??
      (atApex && type === 'NS' ? (this.#services('ns.dns.skydns.local') ?? []) : undefined) ??
      this.#services(name);
    if (services === undefined && !atApex) return undefined;
    const [answers, additionals] = this.#found(type, name, services ?? []);
    return { answers: new Set(answers), additionals: new Set(additionals) };
  }

  #found(type: string, name: string, services: readonly ServiceRecord[]): [string[], string[]] {
    const grouped = groupOf(services);
    const withHost = (list: readonly ServiceRecord[]) => list.filter(({ host }) => host.kind !== 'none');
    const exact = this.#records.find(({ path }) => path.join('.') === name.split('.').reverse().join('.'));
    const alias = exact?.host.kind === 'name' ? [`${name} CNAME ${exact.host.name}`] : [];
    switch (type) {
      case 'A':
      case 'AAAA':
        return [chosen(name, this.#addresses(name, type, grouped, [])), []];
      case 'TXT':
        return [grouped.filter(({ text }) => text !== '').map(({ text }) => `${name} TXT ${text}`), []];
      case 'CNAME':
        return [alias, []];
      case 'ANY':
        return [alias.length > 0 ? alias : [`${name} HINFO RFC8482`], []];
      case 'NS':
        return name !== this.#world.config.domain || withHost(grouped).some(({ host }) => host.kind === 'name')
          ? [[], []]
          : this.#targets(withHost(grouped), (_, target) => `${name} NS ${target}`);
      case 'MX':
        return this.#targets(
          withHost(services).filter(({ mail }) => mail),
          ({ priority }, target) => `${name} MX ${priority || 10} ${target}`,
        );
      case 'SRV':
        return this.#targets(
          withHost(grouped),
          ({ priority, port }, target) => `${name} SRV ${priority || 10} ${port} ${target}`,
        );
      default:
        return [[], []];
    }
  }

  #targets(
    services: readonly ServiceRecord[],
    print: (service: ServiceRecord, target: string) => string,
  ): [string[], string[]] {
    const targets = services.map((service) => {
      const own = service.key.split('/').slice(2).reverse();
      const all = service.host.kind === 'name' ? service.host.name.split('.') : own;
      const cut = service.targetStrip < all.length ? service.targetStrip : 0;
      return { service, target: all.slice(cut).join('.').toLowerCase() };
    });
    const beside = targets.flatMap(({ service: { host }, target }) => {
      if (host.kind === 'address') return [`${target} ${host.family === 4 ? 'A' : 'AAAA'} ${host.address}`];
      if (target.endsWith('skydns.local'))
        return chosen(
          undefined,
          ['A', 'AAAA'].flatMap((type) => this.#addresses(target, type, groupOf(this.#services(target) ?? []), [])),
        );
      return ['A', 'AAAA'].flatMap((type) => this.#elsewhere(target, type) ?? []);
    });
    return [targets.map(({ service, target }) => print(service, target)), chosen(undefined, beside)];
  }

  #addresses(owner: string, type: string, services: readonly ServiceRecord[], chain: readonly string[]): string[] {
    this.steps++;
    return services.flatMap(({ host }) => {
      if (host.kind === 'address')
        return (host.family === 4) === (type === 'A') ? [`${owner} ${type} ${host.address}`] : [];
      if (host.kind === 'none' || host.name === owner || chain.length >= 8 || chain.includes(host.name)) return [];
      const alias = `${owner} CNAME ${host.name}`;
      const there = this.#services(host.name);
      if (there !== undefined) {
        const found = this.#addresses(host.name, type, groupOf(there), [...chain, host.name]);
        return found.length > 0 ? [alias, ...found] : [];
      }
      const elsewhere = host.name.endsWith('skydns.local') ? undefined : this.#elsewhere(host.name, type);
      return elsewhere === undefined ? [] : [alias, ...elsewhere];
    });
  }

  #elsewhere(name: string, type: string): string[] | undefined {
    const said = this.#world.upstream.get(`${type} ${name}`);
    const isUsable = this.#world.config.nameservers.length > 0 && said !== undefined && said !== 'failed';
    return isUsable ? said.map(({ data }) => `${name} ${type} ${String(data)}`) : undefined;
  }

  #services(name: string): readonly ServiceRecord[] | undefined {
    const path = name.split('.').reverse();
    const any = path.findIndex((label) => label === '*' || label === 'any');
    const base = any < 0 ? path : path.slice(0, any);
    const below = this.#records.filter((record) => begins(record.path, base));
    if (below.length === 0) return undefined;
    const isLeaf = below.length === 1 && below[0]?.path.length === base.length;
    const seen: string[] = [];
    return below.filter(({ path: own, host, port, priority, weight, text }) => {
      const fits = (label: string, at: number) => label === '*' || label === 'any' || label === own[at];
      if (!isLeaf && !(own.length >= path.length && path.every(fits))) return false;
      const content = JSON.stringify([host, port, priority, weight, text]);
      return seen.includes(content) ? false : seen.push(content) > 0;
    });
  }
}

const begins = (path: readonly string[], base: readonly string[]) => base.every((label, at) => path[at] === label);
const inOrder = (a: readonly string[], b: readonly string[]): boolean => {
  const at = a.findIndex((label, index) => label !== b[index]);
  return at < 0 || (a[at] ?? '') < (b[at] ?? '');
};

function groupOf(services: readonly ServiceRecord[]): readonly ServiceRecord[] {
  const depth = ({ key }: ServiceRecord) => key.split('/').length;
  let [head] = services;
  for (const service of services) {
    if (head === undefined || depth(service) >= depth(head)) continue;
    if (service.group === '') break;
    head = service;
  }
  const { group = '' } = head ?? {};
  if (head === undefined || group === '') return services;
  const others = services.filter((one) => one.group !== '' && one.group !== group);
  return others.some((one) => depth(one) === depth(head)) ? services : services.filter((one) => !others.includes(one));
}

/** One alias per owner, the last; of the rest what `from` leads to. */
function chosen(from: string | undefined, lines: readonly string[]): string[] {
  const aliases = new Map(
    lines.filter((line) => line.includes(' CNAME ')).map((line) => [line.split(' ')[0] ?? '', line]),
  );
  const kept = lines.filter((line) => !line.includes(' CNAME ') || [...aliases.values()].includes(line));
  if (from === undefined) return kept;
  const reached = [from];
  for (const owner of reached) {
    const next = aliases.get(owner)?.split(' ')[2];
    if (next !== undefined && !reached.includes(next)) reached.push(next);
  }
  return kept.filter((line) => reached.includes(line.split(' ')[0] ?? ''));
}

/** As the model writes them: weights are left to other tests, texts to their first piece. */
function line({ name, type, data }: DnsRecord): string {
  const said = () => {
    switch (type) {
      case 'SRV':
        return `${data.priority} ${data.port} ${data.target}`;
      case 'MX':
        return `${data.preference} ${data.exchange}`;
      case 'TXT':
        return Buffer.concat(data).toString();
      case 'HINFO':
        return data.cpu;
      case 'SOA':
        return data.mname;
      default:
        return data;
    }
  };
  const text = said();
  return `${lowerName(name)} ${type} ${type === 'TXT' || type === 'HINFO' ? text : lowerName(text)}`;
}

it.each(seeds(1_000))('the answer is complete and minimal (seed %i)', (seed) => {
  const choices = seeded(seed);
  const leaves = anyLeaves(choices);
  const text = anyQuestion(choices);
  const found = settled(choices, leaves, text);
  if (found === undefined || found.reply.rcode === 'REFUSED') return;
  const { type, name } = aQuestion(text);
  if (type === 'SOA') return;
  const model = new Model(found.world, leaves);
  const expected = model.sections(type, lowerName(name));
  // A bounded search may find less where aliases fan out, which is a law of its own.
  if (model.steps > 400) return;
  expect(found.reply.rcode).toBe(expected === undefined ? 'NXDOMAIN' : 'NOERROR');
  const sorted = (lines: Iterable<string>) => [...lines].sort();
  expect(sorted(found.reply.answers.map(line))).toEqual(sorted(expected?.answers ?? []));
  expect(sorted(found.reply.additionals.map(line))).toEqual(sorted(expected?.additionals ?? []));
});
