import { expect, it } from 'vitest';
import { parseIni } from './ini.ts';

it.each([
  ['spaces around', 'a = 1 ', { a: '1' }],
  ['quotes', `a="1"\nb='2'`, { a: '1', b: '2' }],
  ['keys in any case', 'Agent_TTL=3s', { agent_ttl: '3s' }],
  ['comments', '# a\n; b\na=1 # c\nb=2;d', { a: '1', b: '2' }],
  ['comments after quotes, and signs of comments inside them', 'a="1 # 2" # c\nb=\'x;y\';d', { a: '1 # 2', b: 'x;y' }],
  ["several quotes, which are the value's own", 'a="1","2"', { a: '1","2' }],
  ['empty values', 'a=\nb=""', { a: '', b: '' }],
  ['the same key twice', 'a=1\nA=2', { a: '2' }],
  ['comments that go on', '# a \\\nb=1\nc=2', { c: '2' }],
  ['a last line that would go on', 'a=1\\', { a: '1' }],
  ['lines that end as on Windows', 'a=1\r\nb=2\r\n', { a: '1', b: '2' }],
  ['joined lines', 'a=1,\\\n  2', { a: '1,2' }],
  ['keys outside any section only', 'a=1\n[other]\na=2\n', { a: '1' }],
  ['values with an equals sign', 'a=b=c', { a: 'b=c' }],
])('a config file may have %s', (_, content, keys) => {
  expect(Object.fromEntries(parseIni('f', content))).toEqual(keys);
});

it.each([
  ['what is this', 'line 1 is not key=value: what is this'],
  ['a=1,\\\n2\n\noops', 'line 4 is not key=value: oops'],
  ['=1', 'line 1 has no key: =1'],
  ['[open', 'line 1 is no [section]: [open'],
  ['[a]\nb=1\nno key here', 'line 3 is not key=value: no key here'],
])('a config file may not say %j', (content, why) => {
  expect(() => parseIni('/etc/f.conf', content)).toThrow(`Unable to use config file /etc/f.conf: ${why}`);
});
