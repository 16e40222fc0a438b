import { describe, expect, it } from 'vitest';
import {
  escapeBytes,
  isCarriable,
  isWithin,
  keyOfName,
  labelsOf,
  lowerName,
  nameOfPath,
  parseName,
  pathOfKey,
  pathOfName,
  unescapeLabel,
} from './name.ts';

describe('names and keys', () => {
  it('turns a name into its key, root first', () => {
    expect(keyOfName('skydns', 'service.staging.skydns.local')).toBe('/skydns/local/skydns/staging/service');
    expect(keyOfName('skydns', '')).toBe('/skydns');
  });

  it('turns a key back into its name', () => {
    expect(nameOfPath(pathOfKey('skydns', '/skydns/dev/webapp/redis/redis-1') ?? [])).toBe('redis-1.redis.webapp.dev');
  });

  it('emits a segment with dots verbatim, so that its name leads elsewhere', () => {
    const path = pathOfKey('skydns', '/skydns/dev/webapp/skydns/172.17.8.101:skydns:53:udp') ?? [];
    const name = nameOfPath(path);
    expect(name).toBe('172.17.8.101:skydns:53:udp.skydns.webapp.dev');
    expect(pathOfName(name)).not.toEqual(path);
  });

  it('knows no path for a key outside the prefix', () => {
    expect(pathOfKey('skydns', '/other/dev')).toBeUndefined();
    expect(pathOfKey('skydns', '/skydnsx/dev')).toBeUndefined();
  });
});

describe('escaping', () => {
  it.each([
    ['a.b', 'a\\.b'],
    ['a\\b', 'a\\\\b'],
    ['a b', 'a\\032b'],
    ['\u0000\u007f', '\\000\\127'],
    ['zürich', 'z\\195\\188rich'],
    ['plain-1:x', 'plain-1:x'],
  ])('writes the label %j as %s, and reads it back', (label, text) => {
    const bytes = Buffer.from(label, 'utf8');
    expect(escapeBytes(bytes, 'escape dots')).toBe(text);
    expect(unescapeLabel(text)).toEqual(bytes);
  });

  it('does not split a label at an escaped dot', () => {
    expect(labelsOf('a\\.b.c')).toEqual(['a\\.b', 'c']);
    expect(labelsOf('a\\\\.c')).toEqual(['a\\\\', 'c']);
  });
});

describe('parseName', () => {
  it.each([
    ['db.skydns.local.', 'db.skydns.local'],
    ['DB.skydns.local', 'DB.skydns.local'],
    ['.', ''],
    ['zürich.dev', 'z\\195\\188rich.dev'],
  ])('reads %j as %j', (text, name) => {
    expect(parseName(text)).toBe(name);
  });

  it.each(['a..b', '.a', '..', `${'x'.repeat(64)}.dev`, `${'abcdefg.'.repeat(32)}dev`])('refuses %j', (text) => {
    expect(parseName(text)).toBeUndefined();
  });

  it('takes the longest label and the longest name', () => {
    expect(isCarriable(`${'x'.repeat(63)}.dev`)).toBe(true);
    expect(isCarriable(`${'x'.repeat(63)}.${'x'.repeat(63)}.${'x'.repeat(63)}.${'x'.repeat(61)}`)).toBe(true);
    expect(isCarriable(`${'x'.repeat(63)}.${'x'.repeat(63)}.${'x'.repeat(63)}.${'x'.repeat(62)}`)).toBe(false);
  });
});

it('lowers A to Z only', () => {
  expect(lowerName('Redis-1.WebApp.DEV')).toBe('redis-1.webapp.dev');
});

it.each([
  ['webapp.dev', true],
  ['a.webapp.dev', true],
  ['xwebapp.dev', false],
  ['dev', false],
  ['', false],
])('is %s within webapp.dev: %s', (name, within) => {
  expect(isWithin(name, 'webapp.dev')).toBe(within);
});
