/** The Google discovery document that describes the API to generated clients. @see fleet.md 6.7 */

const text = { type: 'string' };
const listOf = (item: string) => ({ type: 'array', items: { $ref: item } });
const stateEnum = { type: 'string', enum: ['inactive', 'loaded', 'launched'] };

const schema = (id: string, properties: object) => ({ [id]: { id, type: 'object', properties } });
const page = (id: string, field: string, item: string) => schema(id, { nextPageToken: text, [field]: listOf(item) });

const schemas = {
  ...schema('Machine', {
    id: { ...text, required: true },
    primaryIP: { ...text, required: true },
    metadata: { type: 'object', properties: {}, additionalProperties: text },
  }),
  ...page('MachinePage', 'machines', 'Machine'),
  ...schema('UnitOption', { section: text, name: text, value: text }),
  ...schema('Unit', {
    name: { ...text, required: true },
    options: listOf('UnitOption'),
    desiredState: stateEnum,
    currentState: { ...stateEnum, readOnly: true },
    machineID: { ...text, required: true, readOnly: true },
  }),
  ...page('UnitPage', 'units', 'Unit'),
  ...schema('UnitState', {
    name: text,
    hash: text,
    machineID: text,
    systemdLoadState: text,
    systemdActiveState: text,
    systemdSubState: text,
  }),
  ...page('UnitStatePage', 'states', 'UnitState'),
};

const inQuery = { type: 'string', location: 'query' };
const unitName = { unitName: { type: 'string', required: true, location: 'path' } };

interface MethodFacts {
  readonly id: string;
  readonly httpMethod: string;
  readonly path: string;
  readonly parameters?: Readonly<Record<string, object>>;
  readonly request?: string;
  readonly response?: string;
}

const method = ({ request, response, parameters = {}, ...facts }: MethodFacts) => ({
  ...facts,
  description: '',
  parameters,
  ...(request === undefined ? {} : { request: { $ref: request } }),
  ...(response === undefined ? {} : { response: { $ref: response } }),
});
const list = (id: string, path: string, response: string, parameters: Readonly<Record<string, object>> = {}) =>
  method({ id, httpMethod: 'GET', path, parameters: { nextPageToken: inQuery, ...parameters }, response });
const one = (id: string, httpMethod: string, path: string, bodies: { request?: string; response?: string }) =>
  method({ id, httpMethod, path, parameters: unitName, ...bodies });

const resources = {
  Machines: { methods: { List: list('fleet.Machine.List', 'machines', 'MachinePage') } },
  Units: {
    methods: {
      List: list('fleet.Unit.List', 'units', 'UnitPage'),
      Get: one('fleet.Unit.Get', 'GET', 'units/{unitName}', { response: 'Unit' }),
      Delete: one('fleet.Unit.Delete', 'DELETE', 'units/{unitName}', {}),
      Set: one('fleet.Unit.Set', 'PUT', 'units/{unitName}', { request: 'Unit' }),
    },
  },
  UnitState: {
    methods: {
      Get: one('fleet.UnitState.Get', 'GET', 'state/{unitName}', { response: 'UnitState' }),
      List: list('fleet.UnitState.List', 'state', 'UnitStatePage', { unitName: inQuery, machineID: inQuery }),
    },
  },
};

export const discoveryDocument = {
  kind: 'discovery#restDescription',
  discoveryVersion: 'v1',
  id: 'fleet:v1',
  name: 'schema',
  version: 'v1',
  title: 'fleet API',
  description: '',
  documentationLink: 'http://github.com/coreos/fleet',
  protocol: 'rest',
  icons: { x16: '', x32: '' },
  labels: [],
  baseUrl: '$ENDPOINT/fleet/v1/',
  basePath: '/fleet/v1/',
  rootUrl: '$ENDPOINT/',
  servicePath: 'fleet/v1/',
  batchPath: 'batch',
  parameters: {},
  auth: {},
  schemas,
  resources,
} as const;
