/**
 * The fleet API without a fleetd: its rules, carried out on the registry itself. This is fleetctl's etcd driver. Servers
 * decide by the same functions of `core/api`, so that a command does the same by either driver.
 */
import { batchSize, decideBatch, type UnitRequest } from '../../core/api/batch.ts';
import { listOrder } from '../../core/api/entities.ts';
import { type Failure, failureOf } from '../../core/api/failures.ts';
import { Teller, type UnitNews } from '../../core/api/follow.ts';
import type { PutDecision, SentUnit } from '../../core/api/put-unit.ts';
import { statesOf, unitOf, unitsOf } from '../../core/api/views.ts';
import type { Snapshot } from '../../core/cluster/types.ts';
import { UnitMissing } from '../../core/errors/api.ts';
import { ApiRefused } from '../../core/errors/fleet-api.ts';
import type { Registry } from '../registry/index.ts';
import type { FleetApi, PutOutcome } from './index.ts';

export function registryFleetApi(registry: Registry): FleetApi {
  /** @returns false when there is no such unit any more */
  const carryOut = async (decision: PutDecision): Promise<boolean> => {
    const { name, target } = decision;
    if (decision.kind === 'retarget') return registry.setTarget(name, target);
    await registry.putUnit(name, decision.file, target);
    return true;
  };

  const putBatch = async (requests: readonly UnitRequest[]): Promise<PutOutcome> => {
    const names = [...new Set(requests.map(({ name }) => name))];
    const found = await Promise.all(names.map((name) => registry.unit(name)));
    const existing = new Map(found.flatMap((unit) => (unit === undefined ? [] : [[unit.name, unit] as const])));
    const { done, refusal, decisions } = decideBatch(requests.map(asSent), existing);
    const carried = await Promise.all(decisions.map(carryOut));
    const gone = decisions.find((_, index) => carried[index] === false)?.name;
    if (gone !== undefined) {
      // Destroyed between our look and our write.
      const failure = refused(failureOf(new UnitMissing({ unit: gone })));
      return { done: requests.findIndex(({ name }) => name === gone), failure };
    }
    return refusal === undefined ? { done } : { done, failure: refused(refusal) };
  };

  const putUnits: FleetApi['putUnits'] = async (requests) => {
    for (let done = 0; done < requests.length; done += batchSize) {
      const batch = requests.slice(done, done + batchSize);
      const outcome = await putBatch(batch).catch((failure: unknown) => ({ done: 0, failure }));
      if ('failure' in outcome) return { ...outcome, done: done + outcome.done };
    }
    return { done: requests.length };
  };

  const putOne = async (request: UnitRequest): Promise<void> => {
    const outcome = await putBatch([request]);
    if ('failure' in outcome) throw outcome.failure;
  };

  return {
    machines: async () =>
      (await registry.read()).machines
        .map(({ id, publicIp, metadata }) => ({ id, publicIp, metadata }))
        .sort(listOrder.machines),
    units: async () => unitsOf(await registry.read()),
    async unit(name) {
      const { unit, machine, states } = await registry.status(name);
      return unit && unitOf(unit, machine, states);
    },
    states: async (unit) => statesOf(await (unit === undefined ? registry.read() : registry.status(unit))),
    putUnit: (name, options) => putOne({ name, options }),
    setTarget: (name, desired) => putOne({ name, desired }),
    putUnits,
    removeUnit: (name) => registry.removeUnit(name),
    async setMetadata(changes) {
      for (const { machine, key, value } of changes) await registry.setMetadata(machine, key, value);
    },
    changes: async (stop) => registry.changes(stop),
    follow: async (names, stop) => newsOf(registry.snapshots(stop), new Teller(names)),
  };
}

async function* newsOf(snapshots: AsyncIterable<Snapshot>, teller: Teller): AsyncGenerator<UnitNews> {
  for await (const snapshot of snapshots) {
    const news = teller.newsOf(snapshot);
    if (news !== undefined) yield news;
  }
}

const asSent = (request: UnitRequest): SentUnit => ({
  name: request.name,
  options: 'options' in request && request.options.length > 0 ? request.options : undefined,
  desired: 'desired' in request ? request.desired : undefined,
});

const refused = (failure: Failure) => new ApiRefused({ ...failure, body: '' });
