/**
 * The fleet API over HTTP, on connections that a dialer opens: one for each request, since a pooled connection to a daemon
 * that was stopped meanwhile answers `socket hang up`.
 */
import { once } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { batchSize, decodeOutcome, encodeBatch, type UnitRequest } from '../../core/api/batch.ts';
import { decodeMachine, decodeUnit, decodeUnitState, encodeOptions } from '../../core/api/entities.ts';
import { decodeFailure } from '../../core/api/failures.ts';
import { decodeNews, followQuery, type UnitNews } from '../../core/api/follow.ts';
import { decodePage, type PageField, pageTokenParameter } from '../../core/api/pages.ts';
import { paths } from '../../core/api/paths.ts';
import { unitParameter } from '../../core/api/state-filter.ts';
import { ApiRefused, ApiUnintelligible, ApiUnreachable } from '../../core/errors/fleet-api.ts';
import { atOnce } from './at-once.ts';
import type { Dialer } from './dial.ts';
import type { FleetApi, PutOutcome } from './index.ts';

/**
 * Not imported: a module that imports `node:http` gets every property of it, and one of them makes Node 24 load a whole
 * WebSocket client. That is 40 ms, half of what a command may take.
 */
const { request } = process.getBuiltinModule('node:http');

export interface HttpOptions {
  readonly dialer: Dialer;
  /** A path in front of the API's own, for servers behind a proxy; no slash at its end. */
  readonly basePath?: string;
  /** The `Host` header; servers on unix sockets don't look at it. */
  readonly host?: string;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

export function httpFleetApi({ dialer, basePath = '', host = 'fleet' }: HttpOptions): FleetApi {
  const open = async (method: string, path: string, headers: Record<string, string> = {}): Promise<ClientRequest> => {
    const socket = await dialer.dial();
    // Without an agent: `createConnection` alone makes node:http use the stream once and close it.
    return request({ method, path: basePath + path, host, headers, createConnection: () => socket });
  };

  const unreachable = (cause: unknown) => new ApiUnreachable({ endpoint: dialer.place, why: reason(cause) }, { cause });

  const ask = async (method: string, path: string, body?: object): Promise<Answer> => {
    try {
      const content = body === undefined ? undefined : JSON.stringify(body);
      const asking = await open(method, path, content === undefined ? {} : jsonHeaders(content));
      asking.end(content);
      const [response] = (await once(asking, 'response')) as [IncomingMessage];
      return { status: response.statusCode ?? 0, body: await text(response) };
    } catch (cause) {
      throw unreachable(cause);
    }
  };

  const decode = <T>(body: string, read: (json: unknown) => T): T => {
    try {
      return read(JSON.parse(body));
    } catch (cause) {
      throw new ApiUnintelligible({ endpoint: dialer.place, why: reason(cause) }, { cause });
    }
  };

  const list = async <T>(
    path: string,
    name: PageField,
    item: (json: unknown) => T,
    query = {},
  ): Promise<readonly T[]> => {
    const items: T[] = [];
    const parameters = new URLSearchParams(query);
    for (;;) {
      const written = parameters.size === 0 ? path : `${path}?${parameters}`;
      const page = decode(accepted(await ask('GET', written)).body, (json) => decodePage(name, json, item));
      items.push(...page.items);
      if (page.next === undefined) return items;
      parameters.set(pageTokenParameter, page.next);
    }
  };

  /** @returns undefined when the server has no such stream */
  const stream = async <T>(
    path: string,
    stop: AbortSignal,
    read: (response: IncomingMessage) => AsyncIterable<T>,
  ): Promise<AsyncIterable<T> | undefined> => {
    try {
      const asking = await open('GET', path);
      const close = () => void asking.destroy();
      stop.addEventListener('abort', close, { once: true });
      asking.once('close', () => stop.removeEventListener('abort', close));
      if (stop.aborted) close();
      asking.end();
      const [response] = (await once(asking, 'response')) as [IncomingMessage];
      if (response.statusCode === 200) return read(response);
      close();
      return undefined;
    } catch (cause) {
      if (stop.aborted) return nothing();
      throw unreachable(cause);
    }
  };

  const putUnit: FleetApi['putUnit'] = async (name, file) => {
    accepted(await ask('PUT', paths.unit(name), { name, options: encodeOptions(file) }));
  };
  const setTarget: FleetApi['setTarget'] = async (name, target) => {
    accepted(await ask('PUT', paths.unit(name), { name, desiredState: target }));
  };

  /** @returns undefined when the server takes no batches */
  const putBatch = async (requests: readonly UnitRequest[]): Promise<PutOutcome | undefined> => {
    const answer = await ask('POST', paths.batch, encodeBatch(requests));
    // Also when a unit was destroyed meanwhile: asked for one by one, it tells so itself.
    if (answer.status === 404) return undefined;
    const { done, refusal } = decode(accepted(answer).body, decodeOutcome);
    return refusal === undefined ? { done } : { done, failure: new ApiRefused({ ...refusal, body: '' }) };
  };

  const putEach = async (requests: readonly UnitRequest[]): Promise<PutOutcome> => {
    const done = new Set<UnitRequest>();
    try {
      await atOnce(requests, async (one) => {
        await ('options' in one ? putUnit(one.name, one.options) : setTarget(one.name, one.desired));
        done.add(one);
      });
      return { done: requests.length };
    } catch (failure) {
      return { done: requests.findIndex((one) => !done.has(one)), failure };
    }
  };

  return {
    machines: () => list(paths.machines, 'machines', decodeMachine),
    units: () => list(paths.units, 'units', decodeUnit),
    states: (unit) =>
      list(paths.states, 'states', decodeUnitState, unit === undefined ? {} : { [unitParameter]: unit }),
    async unit(name) {
      const answer = await ask('GET', paths.unit(name));
      return meansMissing(answer) ? undefined : decode(accepted(answer).body, decodeUnit);
    },
    putUnit,
    setTarget,
    async putUnits(requests) {
      if (requests.length < 2) return putEach(requests);
      for (let done = 0; done < requests.length; done += batchSize) {
        const outcome = await putBatch(requests.slice(done, done + batchSize)).catch((failure) => ({
          done: 0,
          failure,
        }));
        if (outcome === undefined) {
          const each = await putEach(requests.slice(done));
          return { ...each, done: done + each.done };
        }
        if ('failure' in outcome) return { ...outcome, done: done + outcome.done };
      }
      return { done: requests.length };
    },
    async removeUnit(name) {
      const answer = await ask('DELETE', paths.unit(name));
      if (meansMissing(answer)) return false;
      accepted(answer);
      return true;
    },
    async setMetadata(changes) {
      const operations = changes.map(({ machine, key, value }) => {
        const path = `/${machine}/metadata/${key}`;
        return value === undefined ? { op: 'remove', path } : { op: 'add', path, value: { value } };
      });
      accepted(await ask('PATCH', paths.machines, operations));
    },
    changes: (stop) => stream(paths.changes, stop, turns),
    follow: (names, stop) => {
      const query = followQuery(names);
      const path = query === '' ? paths.follow : `${paths.follow}?${query}`;
      return stream(path, stop, (response) => newsIn(response, (line) => decode(line, decodeNews)));
    },
  };
}

const jsonHeaders = (content: string) => ({
  'content-type': 'application/json',
  'content-length': String(Buffer.byteLength(content)),
});

/** Only the API's own 404 says that a unit is missing; one without its error body says that there is no API. */
const meansMissing = ({ status, body }: Answer): boolean => status === 404 && messageIn(body) !== '';

function accepted(answer: Answer): Answer {
  const { status, body } = answer;
  if (status >= 200 && status < 300) return answer;
  throw new ApiRefused({ status, body, message: messageIn(body) });
}

function messageIn(body: string): string {
  try {
    return decodeFailure(JSON.parse(body)) ?? '';
  } catch {
    return '';
  }
}

/** One turn for all the lines that came together: they say no more than that something changed. */
async function* turns(response: IncomingMessage): AsyncGenerator<void> {
  for await (const _ of untilCutOff(response)) yield;
}

async function* newsIn(response: IncomingMessage, read: (line: string) => UnitNews): AsyncGenerator<UnitNews> {
  response.setEncoding('utf8');
  const rest: string[] = [];
  for await (const chunk of untilCutOff(response)) {
    const [first = '', ...more] = chunk.split('\n');
    rest.push(first);
    for (const next of more) {
      yield read(rest.splice(0).join(''));
      rest.push(next);
    }
  }
}

/** A stream without end ends only by being cut off; what that means is the consumer's. */
async function* untilCutOff(response: IncomingMessage): AsyncGenerator<string> {
  try {
    for await (const chunk of response) yield chunk;
  } catch {
    // Then it is over, as if it had ended.
  }
}

async function* nothing(): AsyncGenerator<never> {}

const reason = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
