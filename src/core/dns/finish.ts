/** What is done to every authoritative answer before it leaves. @see skydns.md 5 */
import { lowerName } from '../records/name.ts';
import type { DnsRecord } from './message.ts';

/**
 * Each record once, and one alias per name: the last that was found, since a name can't stand for two others. What only
 * a dropped alias led to goes with it.
 */
export function withoutRepetition(records: readonly DnsRecord[]): readonly DnsRecord[] {
  if (records.length < 2) return records;
  const byContent = new Map<string, DnsRecord>();
  const aliases = new Map<string, DnsRecord>();
  for (const record of records) {
    const owner = lowerName(record.name);
    if (record.type === 'CNAME') aliases.set(owner, record);
    const content = `${owner} ${record.type} ${JSON.stringify(record.data)}`;
    if (!byContent.has(content)) byContent.set(content, record);
  }
  return [...byContent.values()].filter((record) => {
    const alias = record.type === 'CNAME' ? aliases.get(lowerName(record.name)) : undefined;
    return alias === undefined || alias.data === record.data;
  });
}

/** Only what the question leads to, alias by alias. */
export function reachableFrom(name: string, records: readonly DnsRecord[]): readonly DnsRecord[] {
  const aliases = records.filter(({ type }) => type === 'CNAME');
  if (aliases.length === 0) return records;
  const reached = new Set([lowerName(name)]);
  for (let before = 0; before !== reached.size; ) {
    before = reached.size;
    for (const alias of aliases) {
      if (alias.type === 'CNAME' && reached.has(lowerName(alias.name))) reached.add(lowerName(alias.data));
    }
  }
  return records.filter((record) => reached.has(lowerName(record.name)));
}

/** Two or more answers expire together, and not later than the configured TTL; one keeps its own. */
export function levelTtls(records: readonly DnsRecord[], configured: number): readonly DnsRecord[] {
  if (records.length < 2) return records;
  const ttl = records.reduce((least, record) => Math.min(least, record.ttl), configured);
  return records.map((record) => (record.ttl === ttl ? record : { ...record, ttl }));
}
