import { describe, expect, it } from 'vitest';
import {
  algorithmName,
  fingerprint,
  hostKey,
  keysFor,
  knownAs,
  parseKnownHosts,
  printKnownHost,
} from './known-hosts.ts';

const rsa = `ssh-rsa ${Buffer.from('\0\0\0\x07ssh-rsa\0\0\0\x03\x01\x00\x01', 'latin1').toString('base64')}`;
const dsa = `ssh-dss ${Buffer.from('\0\0\0\x07ssh-dss\0\0\0\x01a', 'latin1').toString('base64')}`;

const typesFor = (file: string, host: string) => keysFor(parseKnownHosts(file).entries, host).map(({ type }) => type);

describe('known_hosts', () => {
  it.each([
    ['a name', 'core-01', 'core-01', true],
    ['another name', 'core-01', 'core-02', false],
    ['one of several', 'core-01,172.17.8.101', '172.17.8.101', true],
    ['any run of characters', '172.17.8.*', '172.17.8.103', true],
    ['one character', '172.17.8.10?', '172.17.8.103', true],
    ['too many characters', '172.17.8.10?', '172.17.8.1033', false],
    ['what is excepted', '172.17.8.*,!172.17.8.103', '172.17.8.103', false],
    ['beside what is excepted', '172.17.8.*,!172.17.8.103', '172.17.8.102', true],
    ['only exceptions', '!172.17.8.103', '172.17.8.102', false],
    ['an address with its port', '[127.0.0.1]:2222', '[127.0.0.1]:2222', true],
    ['an address with another port', '[127.0.0.1]:2222', '[127.0.0.1]:2200', false],
    ['an address for all ports', '[127.0.0.1]:*', '[127.0.0.1]:2200', true],
    ['a dot that is a dot', '10.0.0.1', '10x0x0x1', false],
  ])('matches %s', (_name, hosts, host, expected) => {
    expect(typesFor(`${hosts} ${rsa}\n`, host)).toEqual(expected ? ['ssh-rsa'] : []);
  });

  it('knows every key of a host, from several lines', () => {
    expect(typesFor(`h ${rsa} a comment\n# nothing\n\n  h\t${dsa}`, 'h')).toEqual(['ssh-rsa', 'ssh-dss']);
  });

  it('prints a line as it was read', () => {
    const line = `core-01,172.17.8.101 ${rsa}\n`;
    expect(parseKnownHosts(line).entries.map(printKnownHost).join('')).toBe(line);
  });
});

it.each([
  ['172.17.8.101', 22, '172.17.8.101'],
  ['172.17.8.101', 2222, '[172.17.8.101]:2222'],
  ['fd00::1', 22, '[fd00::1]'],
  ['fd00::1', 2222, '[fd00::1]:2222'],
])('a machine at %s port %i is known as %s', (address, port, name) => {
  expect(knownAs(address, port)).toBe(name);
});

it.each([
  ['ssh-rsa', 'RSA'],
  ['ssh-dss', 'DSA'],
  ['ecdsa-sha2-nistp256', 'ECDSA'],
  ['ssh-ed25519', 'ssh-ed25519'],
])('tells people about a key of type %s as %s', (type, name) => {
  expect(algorithmName({ type, blob: Buffer.alloc(0) })).toBe(name);
});

it('prints a fingerprint as people compare them', () => {
  expect(fingerprint({ type: 'ssh-rsa', blob: Buffer.from('') })).toBe(
    'd4:1d:8c:d9:8f:00:b2:04:e9:80:09:98:ec:f8:42:7e',
  );
});

it.each(['', 'abc', '\0\0\0\x09short', '\xff\xff\xff\xffxyz'])('takes %j for no key', (bytes) => {
  expect(hostKey(Buffer.from(bytes, 'latin1'))).toBeUndefined();
});
