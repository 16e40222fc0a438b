import { describe, expect, it } from 'vitest';
import { ms } from '../base/time.ts';
import { blankRecord, parseRecord, printRecord } from './record.ts';

const key = '/skydns/dev/webapp/redis/redis-1';
const read = (json: string) => parseRecord(key, json);

describe('parseRecord', () => {
  it('reads every member', () => {
    const json =
      '{"host":"10.0.0.1","port":80,"priority":20,"weight":5,"text":"hello","mail":true,"ttl":30,"targetstrip":1,"group":"g"}';
    expect(read(json)).toEqual({
      record: {
        key,
        host: { kind: 'address', family: 4, address: '10.0.0.1' },
        port: 80,
        priority: 20,
        weight: 5,
        text: 'hello',
        mail: true,
        ttl: 30,
        targetStrip: 1,
        group: 'g',
      },
    });
  });

  it.each([
    ['2001:DB8::1', { kind: 'address', family: 6, address: '2001:db8::1' }],
    ['::ffff:10.0.0.1', { kind: 'address', family: 4, address: '10.0.0.1' }],
    ['db.webapp.dev', { kind: 'name', name: 'db.webapp.dev' }],
    ['DB.webapp.dev.', { kind: 'name', name: 'DB.webapp.dev' }],
    ['', { kind: 'none' }],
    ['.', { kind: 'none' }],
  ])('understands the host %j', (host, expected) => {
    expect(read(JSON.stringify({ host }))).toMatchObject({ record: { host: expected } });
  });

  it('matches members without regard to case and ignores unknown ones', () => {
    expect(read('{"Host":"10.0.0.1","TargetStrip":2,"colour":7}')).toMatchObject({
      record: { host: { address: '10.0.0.1' }, targetStrip: 2 },
    });
  });

  it('makes every member optional', () => {
    expect(read('{}')).toEqual({ record: blankRecord(key) });
  });

  it('treats null as not given', () => {
    expect(read('{"host":null,"port":null}')).toEqual({ record: blankRecord(key) });
  });

  it('keeps the instant at which the key expires', () => {
    expect(parseRecord(key, '{}', ms(7))).toMatchObject({ record: { expiresAt: 7 } });
  });

  it.each([
    ['', 'the value is not JSON'],
    ['{"host":', 'the value is not JSON'],
    ['7', 'the value is not a JSON object'],
    ['null', 'the value is not a JSON object'],
    ['["10.0.0.1"]', 'the value is not a JSON object'],
    ['{"port":"80"}', 'port must be a whole number from 0 to 65535'],
    ['{"port":80.5}', 'port must be a whole number from 0 to 65535'],
    ['{"port":65536}', 'port must be a whole number from 0 to 65535'],
    ['{"ttl":-1}', 'ttl must be a whole number from 0 to 4294967295'],
    ['{"host":7,"mail":"yes"}', 'host must be text; mail must be true or false'],
    ['{"host":"a..b"}', 'host must be an address or a domain name'],
  ])('refuses %j: %s', (json, mistake) => {
    expect(read(json)).toEqual({ mistake });
  });
});

it('prints a record in exactly the bytes that registrator writes', () => {
  expect(printRecord('172.17.8.103', 6379)).toBe('{"host":"172.17.8.103","port":6379}');
});
