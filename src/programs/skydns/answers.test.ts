import { type Answer, decode, encode } from 'dns-packet';
import { type Asked, answersContract, type Told } from './contract.ts';
import { edns, overTcp, overUdp } from './fixtures.ts';

answersContract('with packets of our own', async ({ port, name, type, transport, ...asked }: Asked): Promise<Told> => {
  const packet = encode({
    ...{ type: 'query', id: 4_711, flags: asked.recursionDesired ? 0x0100 : 0 },
    questions: [{ type: type as 'A', name: name.slice(0, -1), class: asked.class as 'IN' }],
    additionals: asked.size === undefined ? [] : [edns(asked.size)],
  });
  const bytes = transport === 'udp' ? await overUdp(port, packet) : (await overTcp(port, [packet]))[0];
  const reply = decode(bytes ?? Buffer.alloc(0));
  const flags = { qr: reply.flag_qr, aa: reply.flag_aa, tc: reply.flag_tc, rd: reply.flag_rd, ra: reply.flag_ra };
  const shown = (records: readonly Answer[] | undefined) => (records ?? []).map(print);
  return {
    status: (reply as { rcode?: string }).rcode ?? '',
    flags: Object.entries(flags)
      .filter(([, isSet]) => isSet)
      .map(([flag]) => flag)
      .join(' '),
    answer: shown(reply.answers),
    authority: shown(reply.authorities),
    additional: shown(reply.additionals),
  };
});

const dotted = (name: string) => (name === '.' ? name : `${name}.`);

/** As dig prints it. */
function print(record: Answer): string {
  if (record.type === 'OPT') return 'OPT';
  return [dotted(record.name), record.ttl, record.class, record.type, data(record)].join(' ');
}

function data(record: Answer): string {
  switch (record.type) {
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return dotted(record.data);
    case 'SRV':
      return `${record.data.priority} ${record.data.weight} ${record.data.port} ${dotted(record.data.target)}`;
    case 'MX':
      return `${record.data.preference} ${dotted(record.data.exchange)}`;
    case 'TXT':
      return [record.data]
        .flat()
        .map((piece) => JSON.stringify(String(piece)))
        .join(' ');
    case 'HINFO':
      return `"${record.data.cpu}" "${record.data.os}"`;
    case 'SOA': {
      const { mname, rname, refresh, retry, expire, minimum } = record.data;
      return [dotted(mname), dotted(rname), 'SERIAL', refresh, retry, expire, minimum].join(' ');
    }
    default:
      return String('data' in record && record.data);
  }
}
