/** Why units wait: every machine's answer, remembered from pass to pass. */
import { by, compareText } from '../base/order.ts';
import { kindOf, refusal } from './able.ts';
import type { Draft, DraftMachine, DraftUnit } from './draft.ts';
import type { Decision, Refusal } from './types.ts';

type Hold = Extract<Decision, { kind: 'hold' }>;

/** Units of one kind share their refusals, and only machines that changed are asked again. */
export class Holds {
  #refusals = new Map<string, readonly Refusal[]>();
  /** By id; the machines of the remembered refusals. */
  #machines: readonly DraftMachine[] = [];

  /** One refusal per machine, in id order, for each of the units. */
  of(waiting: readonly DraftUnit[], draft: Draft): readonly Hold[] {
    const changed = this.#changedPositions(draft);
    const fresh = new Map<string, readonly Refusal[]>();
    const holds = waiting.map((unit): Hold => {
      const kind = kindOf(unit);
      const refusals = fresh.get(kind) ?? this.#ask(unit, this.#refusals.get(kind), changed);
      fresh.set(kind, refusals);
      return { kind: 'hold', unit: unit.unit.name, refusals };
    });
    this.#refusals = fresh;
    return holds;
  }

  /** Where in the list of machines answers may differ from those remembered. */
  #changedPositions({ machines, changed }: Draft): readonly number[] {
    const same = machines.size === this.#machines.length && this.#machines.every((one) => machines.get(one.id) === one);
    if (!same) {
      this.#machines = [...machines.values()].sort(by(({ id }) => id));
      this.#refusals.clear();
    }
    const positions = same ? [...changed].map((machine) => this.#position(machine)).filter((at) => at >= 0) : [];
    changed.clear();
    return positions;
  }

  #position({ id }: DraftMachine): number {
    let low = 0;
    let high = this.#machines.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const order = compareText((this.#machines[middle] as DraftMachine).id, id);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  #ask(unit: DraftUnit, known: readonly Refusal[] | undefined, changed: readonly number[]): readonly Refusal[] {
    const answer = (machine: DraftMachine) => ({ machine: machine.id, because: refusal(unit, machine) ?? '' });
    if (known === undefined) return this.#machines.map(answer);
    if (changed.length === 0) return known;
    const refusals = [...known];
    for (const at of changed) refusals[at] = answer(this.#machines[at] as DraftMachine);
    return refusals;
  }
}
