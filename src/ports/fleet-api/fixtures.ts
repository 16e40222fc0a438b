/** Clusters that tests play, and a server of the fleet API in front of one, so that the client can be tested on a real socket. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { encodeOutcome, parseBatch, type UnitRequest } from '../../core/api/batch.ts';
import { changeLine } from '../../core/api/changes.ts';
import { encodeMachine, encodeUnit, encodeUnitState } from '../../core/api/entities.ts';
import { encodeFailure } from '../../core/api/failures.ts';
import { encodeNews } from '../../core/api/follow.ts';
import { encodePage, pageOf, pageTokenParameter } from '../../core/api/pages.ts';
import { parseMetadataPatch } from '../../core/api/patch-machines.ts';
import { parsePath } from '../../core/api/paths.ts';
import { parsePut } from '../../core/api/put-unit.ts';
import { stateFilter, unitParameter } from '../../core/api/state-filter.ts';
import { seconds } from '../../core/base/time.ts';
import { OperatingError } from '../../core/errors/define.ts';
import { ApiRefused } from '../../core/errors/fleet-api.ts';
import type { MachineId } from '../../core/machine/types.ts';
import type { TargetState, UnitName } from '../../core/unit/types.ts';
import type { Membership, Registry } from '../registry/index.ts';
import type { PlayedCluster } from './contract.ts';
import { type MemoryFleetApi, obedient } from './memory.ts';

export const played = (api: MemoryFleetApi): PlayedCluster => ({
  join: async (machine, publicIp, metadata) => api.join(machine, publicIp, metadata),
  report: async (unit, machine, states) => api.report(unit, machine, states),
  async obey(name, machine) {
    const unit = await api.unit(name as UnitName);
    if (unit !== undefined) obedient(machine)(unit, api);
  },
});

/** Long enough that no lease runs out in a test. */
const term = seconds(60);

/** Machines and a leader in a registry, as fleetds are them. */
export function playedIn(registry: Registry): PlayedCluster {
  const members = new Map<string, Promise<Membership>>();
  const member = (id: string, publicIp = '', metadata = {}): Promise<Membership> => {
    const machine = { id: id as MachineId, publicIp, metadata, capabilities: {}, version: '1.0.0' };
    const membership = members.get(id) ?? registry.join(machine, `${id}'s boot`, term);
    members.set(id, membership);
    return membership;
  };
  const publish = async (
    name: string,
    machine: string,
    load: string,
    active: string,
    sub: string,
    launched: boolean,
  ) => {
    const unit = await registry.unit(name as UnitName);
    if (unit === undefined) throw new Error(`no unit ${name} to report`);
    const state = { unit: unit.name, machine: machine as MachineId, hash: unit.hash, load, active, sub, launched };
    await (await member(machine)).publish([state], []);
  };
  return {
    join: async (machine, publicIp, metadata) => void (await member(machine, publicIp, metadata)),
    report: (unit, machine, [load, active, sub]) => publish(unit, machine, load, active, sub, true),
    async obey(name, machine) {
      const unit = await registry.unit(name as UnitName);
      const leadership = await registry.lead(machine as MachineId, term);
      if (unit === undefined || !('apply' in leadership)) throw new Error(`nobody can obey about ${name}`);
      const on = machine as MachineId;
      const { hash, target } = unit;
      await leadership.apply([{ kind: 'schedule', unit: unit.name, on, hash, target, because: 'a test says so' }]);
      await leadership[Symbol.asyncDispose]();
      await publish(name, machine, 'loaded', 'active', 'running', target === 'launched');
    },
  };
}

export interface ServedApi extends AsyncDisposable {
  readonly port: number;
  /** How many connections were opened so far. */
  connections(): number;
}

const pageLimit = 2;

export async function serveApi(api: MemoryFleetApi, basePath = ''): Promise<ServedApi> {
  let connections = 0;
  const server = createServer((request, response) => {
    const answer = async () => {
      const url = new URL(request.url ?? '/', 'http://fleet');
      const body = await text(request);
      await route(api, url.pathname.slice(basePath.length), url.searchParams, request.method ?? '', body, response);
    };
    answer().catch((cause) => {
      const failure =
        cause instanceof ApiRefused
          ? cause.facts
          : cause instanceof OperatingError
            ? { status: cause.status, message: cause.message }
            : { status: 500, message: '' };
      send(response, failure.status, encodeFailure(failure));
    });
  });
  server.on('connection', () => connections++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const send = (response: ServerResponse, status: number, body?: object): void => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(body === undefined ? undefined : JSON.stringify(body));
};

async function route(
  api: MemoryFleetApi,
  path: string,
  query: URLSearchParams,
  method: string,
  body: string,
  response: ServerResponse,
): Promise<void> {
  const resource = parsePath(path);
  const tokens = query.getAll(pageTokenParameter);
  const page = (name: 'machines' | 'units' | 'states', items: readonly object[]) =>
    send(response, 200, encodePage(name, pageOf(items, tokens, pageLimit)));
  const missing = () => send(response, 404, encodeFailure({ status: 404, message: 'unit does not exist' }));
  switch (resource?.kind) {
    case 'machines':
      if (method === 'GET') return page('machines', (await api.machines()).map(encodeMachine));
      await api.setMetadata(parseMetadataPatch(body));
      return send(response, 204);
    case 'units':
      return page('units', (await api.units()).map(encodeUnit));
    case 'states':
      return page('states', (await api.states()).filter(stateFilter(query)).map(encodeUnitState));
    case 'unit': {
      const name = resource.name as UnitName;
      if (method === 'DELETE') return (await api.removeUnit(name)) ? send(response, 204) : missing();
      if (method === 'PUT') {
        const put = parsePut({ contentTypes: ['application/json'], name, body });
        await (put.options ? api.putUnit(name, put.options) : api.setTarget(name, (put.desired ?? '') as 'inactive'));
        return send(response, 201);
      }
      const unit = await api.unit(name);
      return unit === undefined ? missing() : send(response, 200, encodeUnit(unit));
    }
    case 'changes': {
      const gone = new AbortController();
      response.on('close', () => gone.abort());
      const changes = await api.changes(gone.signal);
      if (changes === undefined) return send(response, 404, encodeFailure({ status: 404, message: '' }));
      for await (const _ of changes) response.write(changeLine);
      return;
    }
    case 'follow': {
      const gone = new AbortController();
      response.on('close', () => gone.abort());
      const news = await api.follow(query.getAll(unitParameter) as UnitName[], gone.signal);
      if (news === undefined) return send(response, 404, encodeFailure({ status: 404, message: '' }));
      for await (const one of news) response.write(encodeNews(one));
      return;
    }
    case 'batch': {
      if (!api.takesBatches) return send(response, 404, encodeFailure({ status: 404, message: '' }));
      const requests = parseBatch(['application/json'], body).map(({ name, options, desired }): UnitRequest => {
        const unit = name as UnitName;
        return options === undefined ? { name: unit, desired: desired as TargetState } : { name: unit, options };
      });
      const { done, failure } = await api.putUnits(requests);
      const refusal = failure instanceof ApiRefused ? failure.facts : undefined;
      return send(response, 200, encodeOutcome({ done, refusal }));
    }
    default:
      return send(response, 404, encodeFailure({ status: 404, message: '' }));
  }
}
