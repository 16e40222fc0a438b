/** IP literals: what counts as one, and its one canonical spelling. Core may not ask `node:net`, which is I/O. */

export interface Address {
  readonly family: 4 | 6;
  /** Dotted quad, or lower-case IPv6 as RFC 5952 spells it. */
  readonly text: string;
}

const octet = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const ipv4 = new RegExp(`^${octet}(?:\\.${octet}){3}$`);

/** @returns undefined when `text` is no IP literal; an IPv4-mapped IPv6 address comes back as IPv4 */
export function parseAddress(text: string): Address | undefined {
  if (ipv4.test(text)) return { family: 4, text };
  const groups = text.includes(':') ? parseGroups(text) : undefined;
  if (groups === undefined) return undefined;
  const [high = 0, low = 0] = groups.slice(6);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return { family: 4, text: [high >> 8, high & 255, low >> 8, low & 255].join('.') };
  }
  return { family: 6, text: printGroups(groups) };
}

const hostName = /^(?=.{1,253}$)(?:[\w-]{1,63}\.)*[\w-]{1,63}$/;

/** Whether text that a person wrote is an IP literal or a host name; a name whose last label is a number is a typing error. */
export const isHost = (text: string): boolean =>
  parseAddress(text) !== undefined || (hostName.test(text) && !/(?:^|\.)\d+$/.test(text));

/** `<ip>:<port>`, with IPv6 in brackets. @returns undefined when it is anything else */
export function parseEndpoint(text: string): { readonly address: Address; readonly port: number } | undefined {
  const parts = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const address = parts === null ? undefined : parseAddress(parts[1] ?? parts[2] ?? '');
  const port = Number(parts?.[3]);
  return address === undefined || port > 65_535 ? undefined : { address, port };
}

export const printEndpoint = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

function parseGroups(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = [groupsOf(halves[0] ?? '', halves.length === 1), groupsOf(halves[1] ?? '', true)];
  if (head === undefined || tail === undefined) return undefined;
  if (halves.length === 1) return head.length === 8 ? head : undefined;
  const gap = 8 - head.length - tail.length;
  return gap < 1 ? undefined : [...head, ...new Array<number>(gap).fill(0), ...tail];
}

/** @param last whether the address ends here: only there may a dotted quad stand for two groups */
function groupsOf(text: string, last: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else if (last && index === parts.length - 1 && ipv4.test(part)) {
      const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number);
      groups.push(a * 256 + b, c * 256 + d);
    } else return undefined;
  }
  return groups;
}

function printGroups(groups: readonly number[]): string {
  let gap = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > gap.length) gap = { start, length };
  }
  const hex = groups.map((group) => group.toString(16));
  if (gap.start < 0) return hex.join(':');
  return `${hex.slice(0, gap.start).join(':')}::${hex.slice(gap.start + gap.length).join(':')}`;
}
