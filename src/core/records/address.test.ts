import { describe, expect, it } from 'vitest';
import { isHost, parseAddress, parseEndpoint, printEndpoint } from './address.ts';

describe('parseAddress', () => {
  it.each([
    ['10.0.0.1', 4, '10.0.0.1'],
    ['255.255.255.255', 4, '255.255.255.255'],
    ['::', 6, '::'],
    ['::1', 6, '::1'],
    ['2003::8:1', 6, '2003::8:1'],
    ['2001:DB8:0:0:1:0:0:1', 6, '2001:db8::1:0:0:1'],
    ['1:2:3:4:5:6:7:8', 6, '1:2:3:4:5:6:7:8'],
    ['1:0:3:4:5:6:7:8', 6, '1:0:3:4:5:6:7:8'],
    ['fe80::', 6, 'fe80::'],
    ['64:ff9b::10.1.2.3', 6, '64:ff9b::a01:203'],
    ['::ffff:10.5.5.5', 4, '10.5.5.5'],
  ])('reads %s as IPv%i %s', (text, family, canonical) => {
    expect(parseAddress(text)).toEqual({ family, text: canonical });
  });

  it.each([
    '',
    'db',
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4.5',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '12345::',
    '1:2:3:4:5:6:7:8::',
    'g::1',
    '1.2.3.4::',
    '::1%eth0',
    'a:b',
  ])('does not take %j for an address', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
});

it.each([
  ['10.0.0.1', true],
  ['fd00::1', true],
  ['core-01', true],
  ['db.webapp.dev', true],
  ['', false],
  ['10.0.0', false],
  ['300.1.1.1', false],
  ['10.0.0.1, 10.0.0.2', false],
  ['http://db', false],
  ['a..b', false],
])('takes %j for a host: %s', (text, expected) => {
  expect(isHost(text)).toBe(expected);
});

describe('parseEndpoint', () => {
  it.each([
    ['127.0.0.1:53', '127.0.0.1', 53],
    ['[::1]:5353', '::1', 5353],
  ])('reads %s, and prints it again', (text, address, port) => {
    const endpoint = parseEndpoint(text);
    expect(endpoint).toMatchObject({ address: { text: address }, port });
    expect(printEndpoint(address, port)).toBe(text);
  });

  it.each(['127.0.0.1', ':53', 'localhost:53', '::1:53', '127.0.0.1:70000', '127.0.0.1:'])('refuses %j', (text) => {
    expect(parseEndpoint(text)).toBeUndefined();
  });
});
