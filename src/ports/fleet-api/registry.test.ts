import { expect, it } from 'vitest';
import { OperatingError } from '../../core/errors/define.ts';
import { parseUnitFile, unitName } from '../../core/unit/index.ts';
import { ManualClock } from '../clock/manual.ts';
import { memoryRegistry } from '../registry/memory.ts';
import { fleetApiContract } from './contract.ts';
import { playedIn } from './fixtures.ts';
import { registryFleetApi } from './registry.ts';

fleetApiContract('the API on a registry', async () => {
  const registry = memoryRegistry(new ManualClock());
  return {
    api: registryFleetApi(registry),
    cluster: playedIn(registry),
    [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
  };
});

const web = unitName('web.service');
const options = parseUnitFile('[Service]\nExecStart=/bin/true\n');

it('says that a unit was destroyed while its target state was to be set, as a server does', async () => {
  const registry = memoryRegistry(new ManualClock());
  const api = registryFleetApi({ ...registry, setTarget: async () => false });
  await api.putUnits([web, unitName('db.service')].map((name) => ({ name, options })));
  await expect(api.setTarget(web, 'loaded')).rejects.toThrow('googleapi: Error 404: unit does not exist');
  const requests = [
    { name: unitName('new.service'), options },
    { name: web, desired: 'loaded' as const },
  ];
  expect(await api.putUnits(requests)).toMatchObject({ done: 1, failure: expect.any(OperatingError) });
});

it('tells how far many units came when the store goes out of reach', async () => {
  const registry = memoryRegistry(new ManualClock());
  const api = registryFleetApi(registry);
  registry.line.cut();
  const outcome = await api.putUnits([{ name: web, options }]);
  expect(outcome).toMatchObject({ done: 0, failure: expect.any(OperatingError) });
  await expect(api.putUnit(web, options)).rejects.toBeInstanceOf(OperatingError);
});
