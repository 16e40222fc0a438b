import { expect, it } from 'vitest';
import { discoveryDocument as document } from './discovery.ts';
import { printJson } from './json.ts';
import { routes } from './routes.ts';

it('the discovery document says who it is as fleet 1.0 does', () => {
  const { schemas, resources, ...facts } = document;
  // The bytes that a client is sent, which have their keys in alphabetical order.
  expect(printJson(facts)).toBe(
    [
      '{"auth":{},"basePath":"/fleet/v1/","baseUrl":"$ENDPOINT/fleet/v1/","batchPath":"batch","description":""',
      '"discoveryVersion":"v1","documentationLink":"http://github.com/coreos/fleet","icons":{"x16":"","x32":""}',
      '"id":"fleet:v1","kind":"discovery#restDescription","labels":[],"name":"schema","parameters":{}',
      '"protocol":"rest","rootUrl":"$ENDPOINT/","servicePath":"fleet/v1/","title":"fleet API","version":"v1"}',
    ].join(','),
  );
  expect(Object.keys(schemas)).toEqual(
    'Machine MachinePage UnitOption Unit UnitPage UnitState UnitStatePage'.split(' '),
  );
  const state = { type: 'string', enum: ['inactive', 'loaded', 'launched'] };
  expect(schemas['Unit']?.properties).toMatchObject({
    desiredState: state,
    currentState: state,
    machineID: { type: 'string', required: true },
  });
  expect(schemas['Machine']?.properties).toMatchObject({ metadata: { additionalProperties: { type: 'string' } } });
});

it.each([
  ['fleet.Machine.List', 'GET', 'machines', ['nextPageToken']],
  ['fleet.Unit.List', 'GET', 'units', ['nextPageToken']],
  ['fleet.Unit.Get', 'GET', 'units/{unitName}', ['unitName']],
  ['fleet.Unit.Delete', 'DELETE', 'units/{unitName}', ['unitName']],
  ['fleet.Unit.Set', 'PUT', 'units/{unitName}', ['unitName']],
  ['fleet.UnitState.Get', 'GET', 'state/{unitName}', ['unitName']],
  ['fleet.UnitState.List', 'GET', 'state', ['nextPageToken', 'unitName', 'machineID']],
])('%s is described as it is answered: %s %s', (id, httpMethod, path, parameters) => {
  const methods: readonly { readonly id: string; readonly path: string; readonly parameters: object }[] = Object.values(
    document.resources,
  ).flatMap((resource) => Object.values(resource.methods));
  expect(methods).toHaveLength(7);
  const found = methods.find((method) => method.id === id);
  expect(found).toMatchObject({ httpMethod, path });
  expect(Object.keys(found?.parameters ?? {})).toEqual(parameters);
  const route = Object.values(routes).find((one) => one.path === `/fleet/v1/${path.replace('{unitName}', '<name>')}`);
  expect(route?.methods).toContain(httpMethod);
});
