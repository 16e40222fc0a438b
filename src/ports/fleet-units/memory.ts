/** A machine's fleet units in this process: started and stopped by whoever holds the twin. */
import type { FleetUnits, UnitFacts } from './index.ts';
import { Pictures } from './pictures.ts';

export interface MemoryFleetUnits extends FleetUnits {
  start(facts: Partial<UnitFacts> & Pick<UnitFacts, 'name'>): void;
  /** As when it stopped, failed or was destroyed. */
  stop(name: string): void;
}

export function memoryFleetUnits(): MemoryFleetUnits {
  const active = new Map<string, UnitFacts>();
  const pictures = new Pictures<ReadonlyMap<string, UnitFacts>>();
  const show = () => pictures.show(new Map(active));
  show();
  return {
    watch: (stop) => pictures.look(stop),
    refresh: async () => {},
    start(facts) {
      active.set(facts.name, { environment: [], commands: [], ...facts });
      show();
    },
    stop(name) {
      if (active.delete(name)) show();
    },
    [Symbol.asyncDispose]: async () => {},
  };
}
