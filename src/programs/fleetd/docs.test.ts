/** docs/fleetd.md says what the settings' description says, and its examples are read as they stand. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { fromNames, readSettings, settingsTable, unknownNames } from '../../core/base/settings.ts';
import { fixedSettings, fleetVariable, settings } from './config.ts';
import { parseIni } from './ini.ts';

const document = readFileSync(fileURLToPath(new URL('../../../docs/fleetd.md', import.meta.url)), 'utf8');
const examples = [...document.matchAll(/^```ini\n([\s\S]*?)^```/gm)].map(([, text = '']) => text);

it('lists every setting with its type, default, variable and meaning', () => {
  const table = settingsTable(settings, fleetVariable);
  expect(document.includes(table), `docs/fleetd.md lacks this table:\n${table}`).toBe(true);
});

it('names the settings that wait for a restart', () => {
  const others = fixedSettings.filter((key) => !key.startsWith('etcd'));
  expect(others).toEqual(['unitsDirectory', 'systemdUser']);
  expect(document).toContain('except those of etcd (`etcd_*`), `units_directory` and `systemd_user`');
  expect(Object.keys(settings).filter((key) => key.startsWith('etcd'))).toEqual(
    fixedSettings.filter((key) => key.startsWith('etcd')),
  );
});

it.each(examples)('its example %# is a config file without a mistake', (example) => {
  const keys = parseIni('the example', example);
  expect(keys.size).toBeGreaterThan(0);
  expect(unknownNames(settings, keys.keys())).toEqual([]);
  const { values, mistakes } = readSettings(settings, [fromNames('the example', keys)]);
  expect(mistakes).toEqual([]);
  expect(values.etcdServers).toEqual(['http://192.0.2.10:2379', 'http://192.0.2.11:2379', 'http://192.0.2.12:2379']);
  expect(values.metadata).toBe('region=eu-west,disk=ssd');
});
