/** Decisions as transactions: which keys each one reads and writes. */
import type { MachineId } from '../../core/machine/types.ts';
import type { Decision } from '../../core/scheduler/types.ts';
import type { UnitName } from '../../core/unit/types.ts';
import type { Condition, Operation, Transaction } from '../etcd/index.ts';
import { type Layout, printInstruction, printUnit } from './layout.ts';

type Placing = Exclude<Decision, { kind: 'hold' }>;
type Instruction = Extract<Placing, { kind: 'schedule' | 'instruct' }>;

/** What a run of decisions about one unit amounts to: a move is one step, not two. */
export interface Step {
  readonly unit: UnitName;
  readonly decisions: readonly Placing[];
  readonly from: MachineId | undefined;
  readonly to: Instruction | undefined;
}

/**
 * Folds decisions into steps, and steps into batches of at most `limit`, each unit once per batch. A decision that
 * contradicts the one before it about the same unit (schedule after schedule) begins a step of the next batch.
 */
export function batches(decisions: readonly Decision[], limit: number): Step[][] {
  const done: Step[][] = [];
  let batch = new Map<UnitName, Step>();
  for (const decision of decisions) {
    if (decision.kind === 'hold') continue;
    const before = batch.get(decision.unit);
    const together = before === undefined ? stepOf(decision) : joined(before, decision);
    if (together === undefined || (before === undefined && batch.size === limit)) {
      done.push([...batch.values()]);
      batch = new Map();
    }
    batch.set(decision.unit, together ?? stepOf(decision));
  }
  if (batch.size > 0) done.push([...batch.values()]);
  return done;
}

function stepOf(decision: Placing): Step {
  const to = decision.kind === 'unschedule' ? undefined : decision;
  return { unit: decision.unit, decisions: [decision], from: placeBefore(decision), to };
}

function joined(step: Step, decision: Placing): Step | undefined {
  if (placeBefore(decision) !== step.to?.on) return undefined;
  const to = decision.kind === 'unschedule' ? undefined : decision;
  return { ...step, decisions: [...step.decisions, decision], to };
}

/** Where a decision expects its unit to be. */
function placeBefore(decision: Placing): MachineId | undefined {
  if (decision.kind === 'unschedule') return decision.from;
  return decision.kind === 'instruct' ? decision.on : undefined;
}

/**
 * Carried out only when the unit is where the decisions expect it, and, when it gets a placement, still is what they
 * were made for.
 */
export function transactionFor({ unit, from, to }: Step, layout: Layout): Transaction {
  const placed = layout.placed(unit);
  const when: Condition[] = [from === undefined ? { key: placed, exists: false } : { key: placed, value: from }];
  const ops: Operation[] = [];
  if (to !== undefined) when.push({ key: layout.unit(unit), value: printUnit({ ...to, global: false }) });
  if (from !== undefined && from !== to?.on) ops.push({ remove: layout.placement(unit, from) });
  if (to !== undefined) ops.push({ put: layout.placement(unit, to.on), value: printInstruction(to) });
  if (to === undefined) ops.push({ remove: placed });
  else if (from !== to.on) ops.push({ put: placed, value: to.on });
  return { when, ops };
}
