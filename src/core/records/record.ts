/** Service JSON ⇄ service record: what one leaf of the tree says. @see skydns.md 1.2 */
import type { Millis } from '../base/time.ts';
import { parseAddress } from './address.ts';
import { parseName } from './name.ts';

/** Where a record points. Without a host it has only a text to offer. */
export type Host =
  | { readonly kind: 'none' }
  | { readonly kind: 'address'; readonly family: 4 | 6; readonly address: string }
  | { readonly kind: 'name'; readonly name: string };

export interface ServiceRecord {
  readonly key: string;
  readonly host: Host;
  /** 0 when unset. */
  readonly port: number;
  /** 0 when unset: the server's configured priority counts. */
  readonly priority: number;
  /** 0 when unset: counts as 100 in SRV arithmetic. */
  readonly weight: number;
  readonly text: string;
  /** Whether it answers MX questions too. */
  readonly mail: boolean;
  /** Seconds; 0 when unset. */
  readonly ttl: number;
  /** Labels to cut from the left of a target made from the key. */
  readonly targetStrip: number;
  /** Empty when it belongs to none. */
  readonly group: string;
  /** When the key expires by a ttl of its own, on the clock of whoever read it. */
  readonly expiresAt?: Millis;
}

/** @see printRecord for the other direction */
export type ParsedRecord = { readonly record: ServiceRecord } | { readonly mistake: string };

/**
 * Reads a leaf. Members are matched without regard to case and unknown ones ignored; a member of the wrong type is a
 * mistake, never coerced.
 */
export function parseRecord(key: string, json: string, expiresAt?: Millis): ParsedRecord {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return { mistake: 'the value is not JSON' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { mistake: 'the value is not a JSON object' };
  }
  const members = new Map(Object.entries(value).map(([name, member]) => [name.toLowerCase(), member]));
  const mistakes: string[] = [];
  const take = <T>(name: string, kind: Kind<T>, preset: T): T => {
    const member = members.get(name) ?? preset;
    if (kind.holds(member)) return member;
    mistakes.push(`${name} must be ${kind.expected}`);
    return preset;
  };
  const host = parseHost(take('host', text, ''));
  if (host === undefined) mistakes.push('host must be an address or a domain name');
  const record = {
    key,
    host: host ?? { kind: 'none' },
    port: take('port', upTo(65_535), 0),
    priority: take('priority', upTo(65_535), 0),
    weight: take('weight', upTo(Number.MAX_SAFE_INTEGER), 0),
    text: take('text', text, ''),
    mail: take('mail', flag, false),
    ttl: take('ttl', upTo(0xffff_ffff), 0),
    targetStrip: take('targetstrip', upTo(127), 0),
    group: take('group', text, ''),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  } satisfies ServiceRecord;
  return mistakes.length > 0 ? { mistake: mistakes.join('; ') } : { record };
}

/** A leaf that exists and can answer nothing: it stands where the real one could not be read. */
export const blankRecord = (key: string): ServiceRecord => ({
  key,
  host: { kind: 'none' },
  port: 0,
  priority: 0,
  weight: 0,
  text: '',
  mail: false,
  ttl: 0,
  targetStrip: 0,
  group: '',
});

/** Exactly the bytes that registrator has always written. @see registrator.md 5.1 */
export const printRecord = (host: string, port: number): string => JSON.stringify({ host, port });

/** @returns undefined when the text is neither an address nor a name that a packet could carry */
function parseHost(written: string): Host | undefined {
  if (written === '') return { kind: 'none' };
  const address = parseAddress(written);
  if (address !== undefined) return { kind: 'address', family: address.family, address: address.text };
  const name = parseName(written);
  // The root as a host would make every name in the store an alias of everything.
  return name === undefined ? undefined : name === '' ? { kind: 'none' } : { kind: 'name', name };
}

interface Kind<T> {
  readonly expected: string;
  holds(member: unknown): member is T;
}

const text: Kind<string> = { expected: 'text', holds: (member) => typeof member === 'string' };
const flag: Kind<boolean> = { expected: 'true or false', holds: (member) => typeof member === 'boolean' };
const upTo = (most: number): Kind<number> => ({
  expected: `a whole number from 0 to ${most}`,
  holds: (member): member is number => Number.isInteger(member) && Number(member) >= 0 && Number(member) <= most,
});
