/** Which addresses a cluster gets: a /24 that clashes with nothing the host or the engine already uses. */
import { createHash } from 'node:crypto';
import type { Parsed } from './parsed.ts';
import type { ClusterName } from './types.ts';

/** An IPv4 range: its first address as a number, and how many of the 32 bits are fixed. */
interface Range {
  readonly first: number;
  readonly bits: number;
}

/** Where the tutorials' clusters live. */
export const usualSubnet = '172.17.8.0/24';

/** The bridge of the engine inside every machine: a cluster's own network must not hide it. */
const insideMachines = '10.1.0.0/16';

/** Where other subnets are looked for: 10.128.0.0 to 10.223.255.0, away from what engines and home routers hand out. */
const firstSecondByte = 128;
const secondBytes = 96;
const candidates = secondBytes * 256;

const addressNumber = (text: string): number | undefined => {
  const bytes = text.split('.');
  if (bytes.length !== 4 || !bytes.every((byte) => /^\d{1,3}$/.test(byte) && Number(byte) <= 255)) return undefined;
  return bytes.reduce((number, byte) => number * 256 + Number(byte), 0);
};

const addressText = (number: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');

/** @returns undefined for anything but IPv4 in CIDR notation */
function parseRange(text: string): Range | undefined {
  const [address = '', length = '', ...rest] = text.split('/');
  const number = addressNumber(address);
  const bits = Number(length);
  if (number === undefined || rest.length > 0 || !/^\d{1,2}$/.test(length) || bits > 32) return undefined;
  const size = 2 ** (32 - bits);
  return { first: Math.floor(number / size) * size, bits };
}

const overlap = (a: Range, b: Range): boolean => {
  const size = 2 ** (32 - Math.min(a.bits, b.bits));
  return Math.floor(a.first / size) === Math.floor(b.first / size);
};

/** Whether two ranges share an address; false when either is not IPv4 in CIDR notation. */
export function overlaps(a: string, b: string): boolean {
  const [left, right] = [parseRange(a), parseRange(b)];
  return left !== undefined && right !== undefined && overlap(left, right);
}

export function parseSubnet(text: string): Parsed<string> {
  const range = parseRange(text);
  if (range === undefined) return { wrong: 'is not an IPv4 network such as 172.17.8.0/24' };
  if (range.bits !== 24) return { wrong: 'must be a /24 such as 172.17.8.0/24' };
  const subnet = `${addressText(range.first)}/24`;
  if (subnet !== text) return { wrong: `must begin at its first address: ${subnet}` };
  if (overlaps(subnet, insideMachines)) return { wrong: `lies in ${insideMachines}, which the machines use inside` };
  return { value: subnet };
}

/** The machine's address: .101 for the first. */
export const machineAddress = (subnet: string, index: number): string =>
  addressText((parseRange(subnet)?.first ?? 0) + 100 + index);

/** The host's own address in the cluster's network. */
export const gatewayAddress = (subnet: string): string => addressText((parseRange(subnet)?.first ?? 0) + 1);

/**
 * Where the engine finds addresses for containers that ask for none: below every machine's, so that no stray container
 * can take the address of a machine that is stopped.
 */
export const strayRange = (subnet: string): string => `${addressText((parseRange(subnet)?.first ?? 0) + 32)}/27`;

/** A range in use, and by whom, for the message. */
export interface UsedRange {
  readonly range: string;
  readonly by: string;
}

/** Who else uses addresses of this subnet; a default route uses none. */
export const usersOf = (subnet: string, used: readonly UsedRange[]): readonly UsedRange[] =>
  used.filter(({ range }) => !range.endsWith('/0') && overlaps(subnet, range));

/**
 * The subnet for a new cluster: the tutorials' if it is free, else one that follows from the cluster's name, so that a
 * cluster that is made again gets the same one, and else the next free one after that.
 *
 * @param refused subnets that the engine refused although they looked free
 * @returns undefined when everything is taken
 */
export function chooseSubnet(
  name: ClusterName,
  used: readonly UsedRange[],
  refused: readonly string[] = [],
): string | undefined {
  const free = (subnet: string): boolean => !refused.includes(subnet) && usersOf(subnet, used).length === 0;
  if (free(usualSubnet)) return usualSubnet;
  const start = createHash('sha256').update(name).digest().readUInt32BE(0) % candidates;
  for (let step = 0; step < candidates; step += 1) {
    const candidate = (start + step) % candidates;
    const subnet = `10.${firstSecondByte + Math.floor(candidate / 256)}.${candidate % 256}.0/24`;
    if (free(subnet)) return subnet;
  }
  return undefined;
}
