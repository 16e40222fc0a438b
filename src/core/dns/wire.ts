/**
 * Bytes ⇄ messages. The one file that imports dns-packet.
 *
 * dns-packet reads packets and writes the data of records. The frame around it is written here, because dns-packet
 * compresses no names (a reply that dig should see as 50 bytes would have 66) and knows names only as text, so that it
 * could not echo every question as it was asked.
 */
import { type Answer, decode, encode } from 'dns-packet';
import { escapeBytes, labelsOf, lowerName, unescapeLabel } from '../records/name.ts';
import { bareReply, type DnsRecord, type Question, type Rcode, type Reply } from './message.ts';

export interface Query {
  readonly id: number;
  readonly question: Question;
  /** The question section's bytes, echoed as they came. */
  readonly questionBytes: Buffer;
  readonly recursionDesired: boolean;
  /** What the asker can take over UDP, at least 512; undefined when it said nothing (no EDNS). */
  readonly payloadSize: number | undefined;
  readonly dnssecOk: boolean;
  /** EDNS options as they came. */
  readonly options: readonly EdnsOption[];
}

export interface EdnsOption {
  readonly code: number;
  readonly data: Buffer;
}

/** Whether a server like us has passed the query on to a stub zone. */
export const wasForStub = ({ options }: Query): boolean =>
  options.some(({ code, data }) => code === stubOption.code && data.equals(stubOption.data));

export type ParsedQuery =
  | { readonly kind: 'query'; readonly query: Query }
  /** Speaks a later EDNS than we do: it is told which one we speak. */
  | { readonly kind: 'later edns'; readonly query: Query }
  /** Deserves an answer that is no larger than the packet itself. */
  | { readonly kind: 'refuse'; readonly rcode: Rcode }
  /** Too short, or a reply: answering it could start two servers talking to each other for ever. */
  | { readonly kind: 'drop' };

const headerSize = 12;
const isReply = 0x8000;
const opcodeBits = 0x7800;
const authoritativeBit = 0x0400;
const truncatedBit = 0x0200;
const recursionDesiredBit = 0x0100;
const recursionAvailableBit = 0x0080;
const optType = 41;
const dnssecOkBit = 0x8000;
/** Of the range that RFC 6891 leaves to local use; SkyDNS's mark of a question that is on its way to a stub zone. */
const stubOption = { code: 65_011, data: Buffer.from([1]) };

const rcodes: Readonly<Record<Rcode, number>> = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
};

const typeCodes = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, HINFO: 13, MX: 15, TXT: 16, AAAA: 28, SRV: 33 } as const;

/** Reads what a client sent; never throws, whatever it is. */
export function parseQuery(packet: Buffer): ParsedQuery {
  if (packet.length < headerSize) return { kind: 'drop' };
  const flags = packet.readUInt16BE(2);
  if ((flags & isReply) !== 0) return { kind: 'drop' };
  if ((flags & opcodeBits) !== 0) return { kind: 'refuse', rcode: 'NOTIMP' };
  const asked = packet.readUInt16BE(4) === 1 ? questionName(packet) : undefined;
  const rest = asked === undefined ? undefined : (plainly(packet, asked.end) ?? decoded(packet));
  const [question] = rest?.questions ?? [];
  const options = (rest?.additionals ?? []).filter((record) => record.type === 'OPT');
  if (asked === undefined || question === undefined || options.length > 1) return { kind: 'refuse', rcode: 'FORMERR' };
  const [option] = options;
  return {
    kind: (option?.ednsVersion ?? 0) > 0 ? 'later edns' : 'query',
    query: {
      id: packet.readUInt16BE(0),
      question: { name: asked.name, type: question.type, class: question.class ?? 'IN' },
      questionBytes: packet.subarray(headerSize, asked.end + 4),
      recursionDesired: (flags & recursionDesiredBit) !== 0,
      payloadSize: option === undefined ? undefined : Math.max(512, option.udpPayloadSize),
      dnssecOk: option?.flag_do ?? false,
      options: (option?.options ?? []).map(({ code, data }) => ({ code, data: data ?? Buffer.alloc(0) })),
    },
  };
}

/**
 * Writes a reply that is strictly smaller than `room`: without its additional records when it does not fit otherwise,
 * and then with as many answers as do, marked as truncated. @see skydns.md 8
 *
 * @returns undefined when `cut` forbids truncation (over TCP) and the reply does not fit
 */
export function printReply(query: Query, reply: Reply, room: number, cut: 'truncate' | 'never' = 'truncate') {
  const { answers, authorities, additionals } = reply;
  for (const extra of additionals.length > 0 ? [additionals, []] : [additionals]) {
    const frame = new Frame(query, reply);
    if (!frame.addAll(answers, 0) || !frame.addAll(authorities, 1) || !frame.addAll(extra, 2)) continue;
    if (frame.size < room) return frame.bytes();
  }
  if (cut === 'never') return undefined;
  const frame = new Frame(query, reply);
  frame.truncate();
  for (const record of answers) {
    const before = frame.size;
    if (!frame.add(record, 0)) break;
    if (frame.size < room) continue;
    frame.takeBack(before);
    break;
  }
  return frame.bytes();
}

/** What is sent over UDP when a whole reply is larger than the asker can take: only that it should ask over TCP. */
export function printTruncated(query: Query): Buffer {
  const frame = new Frame(query, bareReply('NOERROR', { recursionAvailable: true }));
  frame.truncate();
  return frame.bytes();
}

/** BADVERS, which has its upper bits in an OPT record. @see RFC 6891 section 6.1.3 */
export const printLaterEdns = (query: Query): Buffer =>
  new Frame(query, bareReply('NOERROR')).withOption({ payloadSize: ourPayloadSize, extendedRcode: 1 });

/** Answers a packet that holds no question we can echo: its id, its opcode and the verdict. */
export function printRefusal(packet: Buffer, rcode: Rcode): Buffer {
  const bytes = Buffer.alloc(headerSize);
  packet.copy(bytes, 0, 0, 2);
  const flags = packet.readUInt16BE(2);
  bytes.writeUInt16BE(isReply | (flags & (opcodeBits | recursionDesiredBit)) | rcodes[rcode], 2);
  return bytes;
}

export interface UpstreamReply {
  readonly rcode: string;
  readonly truncated: boolean;
  /** Addresses and aliases of the answer section; a server asked for addresses has nothing else to tell us. */
  readonly answers: readonly DnsRecord[];
}

/** @returns undefined when it is not an answer to that question: somebody else's, forged or broken */
export function parseUpstreamReply(packet: Buffer, query: Pick<Query, 'id' | 'questionBytes'>) {
  if (!answersTo(packet, query)) return undefined;
  const message = decoded(packet);
  if (message === undefined) return undefined;
  const answers = (message.answers ?? []).flatMap(addressOrAlias);
  return { rcode: rcodeOf(packet), truncated: isTruncated(packet), answers } satisfies UpstreamReply;
}

/** Whether `packet` replies to the query with that id and question, compared without regard to case. */
export function answersTo(packet: Buffer, { id, questionBytes }: Pick<Query, 'id' | 'questionBytes'>): boolean {
  if (packet.length < headerSize || packet.readUInt16BE(0) !== id) return false;
  if ((packet.readUInt16BE(2) & isReply) === 0) return false;
  // Servers that cannot read a question may reply without one.
  if (packet.readUInt16BE(4) === 0) return rcodeOf(packet) !== 'NOERROR';
  const echoed = packet.subarray(headerSize, headerSize + questionBytes.length).toString('latin1');
  return lowerName(echoed) === lowerName(questionBytes.toString('latin1'));
}

/** A reply without its OPT record, for who asked without one; left as it is when the record is not the last. */
export function withoutOption(packet: Buffer): Buffer {
  const records = packet.readUInt16BE(6) + packet.readUInt16BE(8) + packet.readUInt16BE(10);
  let at = headerSize;
  for (let left = packet.readUInt16BE(4); left > 0; left--) at = afterName(packet, at) + 4;
  for (let left = records; left > 0; left--) {
    const start = at;
    const fixed = afterName(packet, at);
    if (fixed + 10 > packet.length) return packet;
    at = fixed + 10 + packet.readUInt16BE(fixed + 8);
    if (left > 1 || packet.readUInt16BE(fixed) !== optType || at !== packet.length) continue;
    const bare = Buffer.from(packet.subarray(0, start));
    bare.writeUInt16BE(packet.readUInt16BE(10) - 1, 10);
    return bare;
  }
  return packet;
}

/** Where a name in a packet ends: behind its empty label, or behind the pointer to the rest of it. */
function afterName(packet: Buffer, start: number): number {
  for (let at = start; ; at += 1 + (packet[at] ?? 0)) {
    const size = packet[at] ?? 0;
    if (size === 0 || at >= packet.length) return at + 1;
    if (size > 63) return at + 2;
  }
}

export const isTruncated = (packet: Buffer): boolean => (packet.readUInt16BE(2) & truncatedBit) !== 0;

export function rcodeOf(packet: Buffer): string {
  const code = packet.readUInt16BE(2) & 15;
  return Object.keys(rcodes).find((name) => rcodes[name as Rcode] === code) ?? `RCODE${code}`;
}

/** A question of our own to another server, with EDNS so that large answers fit. */
export function printQuery(id: number, name: string, type: 'A' | 'AAAA', payloadSize: number): Buffer {
  const frame = new Frame({ id, recursionDesired: true, questionBytes: questionOf(name, type) });
  return frame.withOption({ payloadSize });
}

/** The query as it was asked, with the mark that tells a server like us that it has been passed on. */
export function printForStub(query: Query): Buffer {
  const { payloadSize = 512, dnssecOk, options } = query;
  return new Frame(query).withOption({ payloadSize, dnssecOk, options: [...options, stubOption] });
}

function questionOf(name: string, type: 'A' | 'AAAA'): Buffer {
  const labels = labelsOf(name).map(unescapeLabel);
  const bytes = labels.flatMap((label) => [Buffer.from([label.length]), label]);
  return Buffer.concat([...bytes, Buffer.from([0, 0, typeCodes[type], 0, 1])]);
}

/** The types that nearly all questions are about, by their numbers. */
const askedTypes: ReadonlyMap<number, string> = new Map<number, string>([
  ...Object.entries(typeCodes).map(([type, code]) => [code, type] as const),
  [255, 'ANY'],
]);

/** A packet that holds one question of the usual kind and nothing else needs no decoder. */
function plainly(packet: Buffer, end: number) {
  const type = askedTypes.get(packet.readUInt16BE(end));
  const isAlone = packet.readUInt32BE(6) === 0 && packet.readUInt16BE(10) === 0;
  if (type === undefined || !isAlone || packet.readUInt16BE(end + 2) !== 1) return undefined;
  return { questions: [{ type, class: 'IN' }], additionals: [] as Answer[] };
}

function decoded(packet: Buffer) {
  // Counts in a header promise records; without this check twelve bytes could make us reserve megabytes.
  const records = packet.readUInt16BE(6) + packet.readUInt16BE(8) + packet.readUInt16BE(10);
  if (headerSize + packet.readUInt16BE(4) * 5 + records * 11 > packet.length) return undefined;
  try {
    return decode(packet);
  } catch {
    return undefined;
  }
}

/** Printable, without dots and backslashes: it stands in a name as it is. */
const isPlainLabel = /^[\x21-\x2d\x2f-\x5b\x5d-\x7e]*$/;

/** The name of the first question, which cannot be compressed since nothing stands before it. */
function questionName(packet: Buffer): { readonly name: string; readonly end: number } | undefined {
  const labels: string[] = [];
  for (let at = headerSize; at < packet.length; ) {
    const size = packet[at] ?? 0;
    if (size > 63 || at + size >= packet.length || at - headerSize > 254) return undefined;
    at += 1;
    if (size === 0) return at + 4 <= packet.length ? { name: labels.join('.'), end: at } : undefined;
    const text = packet.toString('latin1', at, at + size);
    labels.push(isPlainLabel.test(text) ? text : escapeBytes(packet.subarray(at, at + size), 'escape dots'));
    at += size;
  }
  return undefined;
}

function addressOrAlias(record: Answer): DnsRecord[] {
  if (record.type !== 'A' && record.type !== 'AAAA' && record.type !== 'CNAME') return [];
  const name = record.name === '.' ? '' : record.name;
  const data = record.data === '.' ? '' : record.data;
  return [{ name, type: record.type, ttl: record.ttl ?? 0, data } as DnsRecord];
}

/** What a pointer in a compressed name can reach. @see RFC 1035 section 4.1.4 */
const pointerReach = 0x4000;
/** What we tell others that we can take over UDP. */
const ourPayloadSize = 4_096;

type Asked = Pick<Query, 'id' | 'recursionDesired' | 'questionBytes'> & Partial<Pick<Query, 'question'>>;

interface OptRecord {
  readonly payloadSize: number;
  readonly extendedRcode?: number;
  readonly dnssecOk?: boolean;
  readonly options?: readonly EdnsOption[];
}

/** Larger than any message, so that a record is first written and then judged. */
const scratch = Buffer.alloc(65_536 + 2_048);

/** A message under construction; one at a time, since all of them are written into the same scratch memory. */
class Frame {
  size = headerSize;
  readonly #counts = [0, 0, 0];
  /** Suffixes already written, as spelled, so that a name is never echoed in somebody else's capitals. */
  readonly #suffixes = new Map<string, number>();

  constructor(query: Asked, reply?: Reply) {
    const recursionDesired = query.recursionDesired && (reply?.copiesRecursionDesired ?? true);
    scratch.writeUInt16BE(query.id, 0);
    scratch.writeUInt16BE(
      (reply === undefined ? 0 : isReply | rcodes[reply.rcode]) |
        (reply?.authoritative ? authoritativeBit : 0) |
        (reply?.recursionAvailable ? recursionAvailableBit : 0) |
        (recursionDesired ? recursionDesiredBit : 0),
      2,
    );
    scratch.writeUInt16BE(1, 4);
    this.size += query.questionBytes.copy(scratch, headerSize);
    this.#rememberQuestion(query.question?.name ?? '');
  }

  /** @returns false when there was no room even in the scratch memory */
  addAll(records: readonly DnsRecord[], section: number): boolean {
    return records.every((record) => this.add(record, section));
  }

  add(record: DnsRecord, section: number): boolean {
    if (this.size + sizeAtMost(record) > scratch.length) return false;
    this.#name(record.name);
    this.#uint16(typeCodes[record.type]);
    this.#uint16(record.class === 'CH' ? 3 : 1);
    this.#uint32(record.ttl);
    const lengthAt = this.size;
    this.size += 2;
    this.#data(record);
    scratch.writeUInt16BE(this.size - lengthAt - 2, lengthAt);
    this.#counts[section] = (this.#counts[section] ?? 0) + 1;
    return true;
  }

  truncate(): void {
    scratch.writeUInt16BE(scratch.readUInt16BE(2) | truncatedBit, 2);
  }

  /** Takes the last answer back; nothing may be written after that, for names it introduced are still remembered. */
  takeBack(size: number): void {
    this.size = size;
    this.#counts[0] = (this.#counts[0] ?? 1) - 1;
  }

  bytes(): Buffer {
    for (const [section, count] of this.#counts.entries()) scratch.writeUInt16BE(count, 6 + section * 2);
    return Buffer.from(scratch.subarray(0, this.size));
  }

  withOption({ payloadSize, extendedRcode = 0, dnssecOk = false, options = [] }: OptRecord): Buffer {
    scratch.writeUInt8(0, this.size++);
    this.#uint16(optType);
    this.#uint16(payloadSize);
    this.#uint32(extendedRcode * 2 ** 24 + (dnssecOk ? dnssecOkBit : 0));
    this.#uint16(options.reduce((sum, { data }) => sum + 4 + data.length, 0));
    for (const { code, data } of options) {
      this.#uint16(code);
      this.#uint16(data.length);
      this.size += data.copy(scratch, this.size);
    }
    this.#counts[2] = 1;
    return this.bytes();
  }

  #data(record: DnsRecord): void {
    switch (record.type) {
      case 'CNAME':
      case 'NS':
      case 'PTR':
        this.#name(record.data);
        break;
      case 'MX':
        this.#uint16(record.data.preference);
        this.#name(record.data.exchange);
        break;
      case 'SRV':
        this.#uint16(record.data.priority);
        this.#uint16(record.data.weight);
        this.#uint16(record.data.port);
        // RFC 2782: "name compression is not to be used for this field".
        this.#name(record.data.target, 'in full');
        break;
      case 'SOA':
        this.#name(record.data.mname);
        this.#name(record.data.rname);
        for (const field of ['serial', 'refresh', 'retry', 'expire', 'minimum'] as const) {
          this.#uint32(record.data[field]);
        }
        break;
      case 'HINFO':
        for (const text of [record.data.cpu, record.data.os]) {
          scratch.writeUInt8(Buffer.byteLength(text, 'latin1'), this.size);
          this.size += 1 + scratch.write(text, this.size + 1, 'latin1');
        }
        break;
      case 'TXT':
        for (const piece of record.data) {
          scratch.writeUInt8(piece.length, this.size);
          scratch.set(piece, this.size + 1);
          this.size += 1 + piece.length;
        }
        break;
      case 'A':
        for (const octet of record.data.split('.')) scratch.writeUInt8(Number(octet), this.size++);
        break;
      case 'AAAA':
        this.size += ipv6Bytes(record.data).copy(scratch, this.size);
        break;
      default:
        record satisfies never;
    }
  }

  #name(name: string, form: 'compressed' | 'in full' = 'compressed'): void {
    let rest = name;
    for (const label of labelsOf(name)) {
      const known = form === 'compressed' ? this.#suffixes.get(rest) : undefined;
      if (known !== undefined) {
        this.#uint16(0xc000 | known);
        return;
      }
      if (this.size < pointerReach && !this.#suffixes.has(rest)) this.#suffixes.set(rest, this.size);
      const size = label.includes('\\')
        ? unescapeLabel(label).copy(scratch, this.size + 1)
        : scratch.write(label, this.size + 1, 'latin1');
      scratch.writeUInt8(size, this.size);
      this.size += 1 + size;
      rest = rest.slice(label.length + 1);
    }
    scratch.writeUInt8(0, this.size++);
  }

  #rememberQuestion(name: string): void {
    let at = headerSize;
    let rest = name;
    for (const label of labelsOf(name)) {
      this.#suffixes.set(rest, at);
      at += 1 + (scratch[at] ?? 0);
      rest = rest.slice(label.length + 1);
    }
  }

  #uint16(value: number): void {
    this.size = scratch.writeUInt16BE(value, this.size);
  }

  #uint32(value: number): void {
    this.size = scratch.writeUInt32BE(value >>> 0, this.size);
  }
}

/** Two names and a fixed part, or a text: never less than what the record will take. */
function sizeAtMost(record: DnsRecord): number {
  const text = record.type === 'TXT' ? record.data.reduce((sum, chunk) => sum + chunk.length + 1, 0) : 0;
  return 3 * 256 + 32 + text;
}

/** dns-packet's bytes of an address: behind header, root name, type, class, ttl and length. */
const ipv6Bytes = (address: string): Buffer =>
  encode({ type: 'response', answers: [{ type: 'AAAA', name: '.', data: address }] }).subarray(headerSize + 11);
