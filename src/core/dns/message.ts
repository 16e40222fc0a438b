/** The words of DNS that we speak: questions, resource records and replies, as values. Names as in core/records/name.ts. */

export interface Question {
  /** As spelled by who asked; replies repeat that spelling. */
  readonly name: string;
  /** `A`, `SRV` …; a type without a name of its own is `UNKNOWN_<number>`. */
  readonly type: string;
  /** `IN`, `CH` …; likewise. */
  readonly class: string;
}

interface Common<Type extends string> {
  readonly name: string;
  readonly type: Type;
  /** `IN` unless said otherwise. */
  readonly class?: 'CH';
  /** Seconds. */
  readonly ttl: number;
}

export type DnsRecord =
  | AddressRecord
  | (Common<'CNAME' | 'NS' | 'PTR'> & { readonly data: string })
  | (Common<'SRV'> & { readonly data: Service })
  | (Common<'MX'> & { readonly data: { readonly preference: number; readonly exchange: string } })
  | (Common<'TXT'> & { readonly data: readonly Uint8Array[] })
  | (Common<'HINFO'> & { readonly data: { readonly cpu: string; readonly os: string } })
  | (Common<'SOA'> & { readonly data: StartOfAuthority });

export type AddressRecord = Common<'A' | 'AAAA'> & { readonly data: string };

export interface Service {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

export interface StartOfAuthority {
  readonly mname: string;
  readonly rname: string;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
}

export type Rcode = 'NOERROR' | 'FORMERR' | 'SERVFAIL' | 'NXDOMAIN' | 'NOTIMP' | 'REFUSED';

export interface Reply {
  readonly rcode: Rcode;
  readonly authoritative: boolean;
  readonly recursionAvailable: boolean;
  /** Whether the asker's RD bit is copied; the refusal of a question for everything clears it. */
  readonly copiesRecursionDesired: boolean;
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
  readonly additionals: readonly DnsRecord[];
}

/** A reply that holds nothing but its verdict. */
export const bareReply = (rcode: Rcode, flags: Partial<Reply> = {}): Reply => ({
  rcode,
  authoritative: false,
  recursionAvailable: false,
  copiesRecursionDesired: true,
  answers: [],
  authorities: [],
  additionals: [],
  ...flags,
});
