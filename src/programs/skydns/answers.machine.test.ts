import { execa } from 'execa';
import { type Asked, answersContract, type Told } from './contract.ts';

answersContract('with dig', async ({ port, name, type, class: clazz, transport, size, recursionDesired }: Asked) => {
  const { stdout } = await execa('dig', [
    ...['@127.0.0.1', '-p', String(port), '-c', clazz, '-t', type, '-q', name],
    ...['+noall', '+comments', '+answer', '+authority', '+additional', '+nosplit', '+ignore', '+tries=1', '+time=5'],
    transport === 'tcp' ? '+tcp' : '+notcp',
    recursionDesired ? '+recurse' : '+norecurse',
    ...(size === undefined ? ['+noedns'] : [`+bufsize=${size}`, '+nocookie']),
  ]);
  return toldBy(stdout);
});

function toldBy(printed: string): Told {
  const sections: Record<string, string[]> = { ANSWER: [], AUTHORITY: [], ADDITIONAL: [] };
  let section = '';
  let status = '';
  let flags = '';
  for (const line of printed.split('\n')) {
    status = / status: (\w+),/.exec(line)?.[1] ?? status;
    flags = /^;; flags: ([a-z ]*);/.exec(line)?.[1] ?? flags;
    section = /^;; (\w+) SECTION:/.exec(line)?.[1] ?? section;
    if (line !== '' && !line.startsWith(';')) sections[section]?.push(record(line));
  }
  return {
    ...{ status, flags },
    ...{ answer: sections['ANSWER'] ?? [], authority: sections['AUTHORITY'] ?? [] },
    additional: sections['ADDITIONAL'] ?? [],
  };
}

/** Fields are set apart by tabs; only a serial number, which is the time, is left out. */
const record = (line: string): string => line.replace(/\s+/g, ' ').replace(/( SOA \S+ \S+) \d+/, '$1 SERIAL');
