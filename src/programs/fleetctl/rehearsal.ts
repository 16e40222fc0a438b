/**
 * A cluster to rehearse on: it answers as the real one does, and keeps to itself what it is told to store. So whatever
 * finds, checks and creates units for `start` does the same for a plan, and nothing happens.
 */
import type { UnitRequest } from '../../core/api/batch.ts';
import type { ApiUnit } from '../../core/api/entities.ts';
import { decidePut } from '../../core/api/put-unit.ts';
import { invariant } from '../../core/base/invariant.ts';
import { by } from '../../core/base/order.ts';
import { OperatingError } from '../../core/errors/define.ts';
import { ApiRefused } from '../../core/errors/fleet-api.ts';
import { type UnitName, unitFrom } from '../../core/unit/index.ts';
import type { FleetApi } from '../../ports/fleet-api/index.ts';

/** @param there the units of the real cluster */
export function rehearsalOn(fleet: FleetApi, there: readonly ApiUnit[]): FleetApi {
  const units = new Map<UnitName, ApiUnit>(there.map((unit) => [unit.name, unit]));
  const put = (request: UnitRequest): void => {
    const existing = units.get(request.name);
    const sent = { options: undefined, desired: undefined, ...request };
    const decision = decidePut(sent, existing && unitFrom(existing.name, existing.options, existing.desired));
    const options = decision.kind === 'store' ? decision.file : (existing?.options ?? []);
    // A file that is stored anew makes its unit inactive, and nothing here would ever load it.
    const machine = decision.kind === 'store' ? undefined : existing?.machine;
    units.set(request.name, { name: request.name, options, desired: decision.target, current: 'inactive', machine });
  };
  const putUnits: FleetApi['putUnits'] = async (requests) => {
    for (const [done, request] of requests.entries()) {
      try {
        put(request);
      } catch (cause) {
        if (!(cause instanceof OperatingError)) throw cause;
        const { status, message } = cause;
        return { done, failure: new ApiRefused({ status, message, body: '' }, { cause }) };
      }
    }
    return { done: requests.length };
  };
  const putOne = async (request: UnitRequest): Promise<void> => {
    const { failure } = await putUnits([request]);
    if (failure !== undefined) throw failure;
  };
  return {
    machines: () => fleet.machines(),
    states: (unit) => fleet.states(unit),
    // Nothing changes here but by whoever rehearses.
    changes: async () => undefined,
    follow: async () => undefined,
    units: async () => [...units.values()].sort(by(({ name }) => name)),
    unit: async (name) => units.get(name),
    putUnits,
    putUnit: (name, options) => putOne({ name, options }),
    setTarget: (name, desired) => putOne({ name, desired }),
    removeUnit: async (name) => units.delete(name),
    setMetadata: async () => invariant(false, 'nobody plans metadata'),
  };
}
