/** fleet's HTTP API: which resource answers a request, and how a refusal looks. @see fleet.md section 6 */
import { encodeFailure, failureOf } from '../../../core/api/failures.ts';
import { parsePath, type Resource } from '../../../core/api/paths.ts';
import { requireMethod } from '../../../core/api/routes.ts';
import { RouteUnknown } from '../../../core/errors/api.ts';
import type { Family } from '../../../core/metrics/metrics.ts';
import type { Clock } from '../../../ports/clock/index.ts';
import type { Log } from '../../../ports/log/index.ts';
import type { Registry } from '../../../ports/registry/index.ts';
import type { Handler, Rejection } from '../../../ports/sockets/index.ts';
import type { FleetMetrics } from '../metrics/metrics.ts';
import { version } from '../version.ts';
import { streamChanges, streamUnits } from './changes.ts';
import type { Gate } from './gate.ts';
import { listMachines, patchMachines } from './machines.ts';
import { json, text } from './responses.ts';
import { getState, listStates } from './states.ts';
import { deleteUnit, getUnit, listUnits, putUnit, putUnits } from './units.ts';

export interface ApiWorld {
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly gate: Gate;
  /** How many entries one page holds. */
  readonly tokenLimit: () => number;
  readonly metrics: FleetMetrics;
  /** Everything that `/metrics` tells. */
  readonly families: () => readonly Family[];
}

export const apiHandler =
  (world: ApiWorld): Handler =>
  async (request) => {
    const started = world.clock.now();
    const { pathname } = new URL(request.url);
    const resource = parsePath(pathname);
    const response = await answerOrRefuse(world, request, resource ?? pathname);
    const kind = resource?.kind ?? 'none';
    world.metrics.requests.with(kind, String(response.status)).add();
    world.metrics.requestDuration.with(kind).observe((world.clock.now() - started) / 1_000);
    return response;
  };

/** What is answered to what no handler gets to see. */
export const apiRejection = ({ status, why }: Rejection): Response =>
  withServer(json(status, encodeFailure({ status, message: why })));

async function answerOrRefuse(world: ApiWorld, request: Request, asked: Resource | string): Promise<Response> {
  try {
    const stop = await world.gate.pass();
    if (typeof asked === 'string') throw new RouteUnknown({ path: asked });
    requireMethod(asked.kind, request.method);
    return withServer(await answer(world, request, asked, stop));
  } catch (cause) {
    const failure = failureOf(cause);
    if (failure.status === 500) world.log.error('Failed answering a request:', { path: request.url, err: cause });
    const response = json(failure.status, encodeFailure(failure));
    return failure.status === 503 ? response : withServer(response);
  }
}

function withServer(response: Response): Response {
  response.headers.set('server', `fleetd/${version}`);
  return response;
}

/** The method is one of the resource's. */
async function answer(world: ApiWorld, request: Request, resource: Resource, stop: AbortSignal): Promise<Response> {
  const { method } = request;
  switch (resource.kind) {
    case 'machines':
      return method === 'GET' ? listMachines(world, request) : patchMachines(world, request);
    case 'units':
      return listUnits(world, request);
    case 'unit':
      if (method === 'PUT') return putUnit(world, resource.name, request);
      return method === 'GET' ? getUnit(world, resource.name) : deleteUnit(world, resource.name);
    case 'states':
      return listStates(world, request);
    case 'state':
      return getState(world, resource.name);
    case 'discovery':
      return discovery();
    case 'metrics':
      return metrics(world);
    case 'batch':
      return putUnits(world, request);
    case 'changes':
      return streamChanges(world, stop);
    case 'follow':
      return streamUnits(world, request, stop);
    case 'root':
      throw new RouteUnknown({ path: '/' });
    default:
      return resource satisfies never;
  }
}

/** Loaded on demand: hardly anybody asks for it. */
async function discovery(): Promise<Response> {
  const { discoveryDocument } = await import('../../../core/api/discovery.ts');
  return json(200, discoveryDocument);
}

async function metrics({ families }: ApiWorld): Promise<Response> {
  const { metricsType, printMetrics } = await import('../../../core/metrics/print.ts');
  return text(200, metricsType, printMetrics(families()));
}
