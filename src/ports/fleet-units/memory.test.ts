import { fleetUnitsContract } from './contract.ts';
import { memoryFleetUnits } from './memory.ts';

fleetUnitsContract('the twin', async () => {
  const units = memoryFleetUnits();
  return {
    units,
    start: async (name, environment) => units.start({ name, environment }),
    stop: async (name) => units.stop(name),
    [Symbol.asyncDispose]: () => units[Symbol.asyncDispose](),
  };
});
