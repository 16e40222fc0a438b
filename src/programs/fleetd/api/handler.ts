/** fleet's HTTP API: which resource answers a request, and how a refusal looks. @see fleet.md section 6 */
import { encodeFailure, failureOf } from '../../../core/api/failures.ts';
import { parsePath, type Resource } from '../../../core/api/paths.ts';
import { DiscoveryMethodRefused, MethodRefused, RouteUnknown } from '../../../core/errors/api.ts';
import type { Log } from '../../../ports/log/index.ts';
import type { Registry } from '../../../ports/registry/index.ts';
import type { Handler } from '../../../ports/sockets/index.ts';
import { version } from '../version.ts';
import { streamChanges } from './changes.ts';
import type { Gate } from './gate.ts';
import { listMachines, patchMachines } from './machines.ts';
import { json } from './responses.ts';
import { getState, listStates } from './states.ts';
import { deleteUnit, getUnit, listUnits, putUnit, putUnits } from './units.ts';

export interface ApiWorld {
  readonly log: Log;
  readonly registry: Registry;
  readonly gate: Gate;
  /** How many entries one page holds. */
  readonly tokenLimit: () => number;
}

export const apiHandler =
  (world: ApiWorld): Handler =>
  async (request) => {
    try {
      const stop = await world.gate.pass();
      return withServer(await answer(world, request, stop));
    } catch (cause) {
      const failure = failureOf(cause);
      if (failure.status === 500) world.log.error('Failed answering a request:', { path: request.url, err: cause });
      const response = json(failure.status, encodeFailure(failure));
      return failure.status === 503 ? response : withServer(response);
    }
  };

function withServer(response: Response): Response {
  response.headers.set('server', `fleetd/${version}`);
  return response;
}

async function answer(world: ApiWorld, request: Request, stop: AbortSignal): Promise<Response> {
  const { pathname } = new URL(request.url);
  const resource = parsePath(pathname);
  if (resource === undefined) throw new RouteUnknown({ path: pathname });
  const found = routes(world, request, resource, stop)[request.method];
  if (found !== undefined) return found();
  if (resource.kind === 'discovery') throw new DiscoveryMethodRefused({});
  throw new MethodRefused({ allowed: allowed[resource.kind] });
}

const allowed = {
  root: '',
  machines: 'GET and PATCH',
  units: 'GET',
  unit: 'GET, PUT and DELETE',
  states: 'GET',
  state: 'GET',
  discovery: 'GET',
  changes: 'GET',
  batch: 'POST',
} as const;

type Routes = Readonly<Record<string, () => Promise<Response>>>;

function routes(world: ApiWorld, request: Request, resource: Resource, stop: AbortSignal): Routes {
  switch (resource.kind) {
    case 'root':
      return {};
    case 'machines':
      return { GET: () => listMachines(world, request), PATCH: () => patchMachines(world, request) };
    case 'units':
      return { GET: () => listUnits(world, request) };
    case 'unit':
      return {
        GET: () => getUnit(world, resource.name),
        PUT: () => putUnit(world, resource.name, request),
        DELETE: () => deleteUnit(world, resource.name),
      };
    case 'states':
      return { GET: () => listStates(world, request) };
    case 'state':
      return { GET: () => getState(world, resource.name) };
    case 'discovery':
      return { GET: discovery };
    case 'batch':
      return { POST: () => putUnits(world, request) };
    case 'changes':
      return { GET: async () => streamChanges(world.registry, stop) };
    default:
      return resource satisfies never;
  }
}

/** Loaded on demand: hardly anybody asks for it. */
async function discovery(): Promise<Response> {
  const { discoveryDocument } = await import('../../../core/api/discovery.ts');
  return json(200, discoveryDocument);
}
