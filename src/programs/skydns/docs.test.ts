/** docs/skydns.md says what the code says: settings, metrics and records. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { namesOf, type Settings } from '../../core/base/settings.ts';
import { defaultDnsConfig, dnsSettings, overlayConfig } from '../../core/dns/config.ts';
import { processMetrics } from '../../core/metrics/process.ts';
import { parseRecord } from '../../core/records/record.ts';
import { programSettings, settings } from './config.ts';
import { aServersWorld } from './fixtures.ts';
import { Known } from './known.ts';
import { DnsMetrics } from './metrics.ts';

const document = readFileSync(fileURLToPath(new URL('../../../docs/skydns.md', import.meta.url)), 'utf8');
const code = (text: string): string => (text === '' ? '' : `\`${text}\``);

const settingsTable = (of: Settings, hasMember: boolean): string =>
  [
    ['flag', ...(hasMember ? ['in the store'] : []), 'variable', 'default', 'meaning'],
    Array(hasMember ? 5 : 4).fill('---'),
    ...Object.entries(of).map(([key, { preset, print, help }]) => {
      const { flag, name, env = '' } = namesOf(of, key);
      const meaning = help.replaceAll('|', '\\|').replaceAll(/`?([\w.]*<[a-z]+>(?::<[a-z]+>)?)`?/g, '`$1`');
      return [code(`-${flag}`), ...(hasMember ? [code(name)] : []), code(env), code(print(preset)), meaning];
    }),
  ]
    .map((cells) => `| ${cells.join(' | ')} |\n`)
    .join('');

it.each([
  ['DNS', settingsTable(dnsSettings, true)],
  ['the program', settingsTable(programSettings, false)],
])('lists every setting of %s', (_, table) => {
  expect(document.includes(table), `docs/skydns.md lacks this table:\n${table}`).toBe(true);
});

it('lists every setting once', () => {
  expect(Object.keys(settings)).toHaveLength(Object.keys(dnsSettings).length + Object.keys(programSettings).length);
});

it('lists every metric with its labels and meaning', () => {
  const parts = aServersWorld({});
  const known = new Known({ ...parts, base: defaultDnsConfig });
  const { families } = new DnsMetrics(
    (last) => `skydns_skydns_${last}`,
    known,
    () => 0,
  );
  const own = processMetrics(() => ({ residentBytes: 0, cpuSeconds: 0, startedAt: 0, openFiles: 0 }));
  const rows = [...families, ...own].map(({ name, type, help }) => `| \`${name}\` | ${type} | ${help} |\n`);
  const table = `| metric | kind | meaning |\n| --- | --- | --- |\n${rows.join('')}`;
  expect(document.includes(table), `docs/skydns.md lacks this table:\n${table}`).toBe(true);
});

it('shows records and a configuration that can be read', () => {
  const examples = [...document.matchAll(/etcdctl put (\S+) '([^']+)'/g)];
  expect(examples.length).toBeGreaterThan(4);
  for (const [, key = '', json = ''] of examples) {
    const read = key === '/skydns/config' ? overlayConfig(defaultDnsConfig, json) : parseRecord(key, json);
    expect(read, key).not.toHaveProperty('mistake');
  }
});
