/** A whole cluster in one process: the real loops, on a clock of its own, with operators and faults drawn from one seed. */
import { type Choices, seeded } from '../core/base/choices.ts';
import { minutes, ms, seconds } from '../core/base/time.ts';
import type { MachineId } from '../core/machine/types.ts';
import { decide } from '../core/scheduler/index.ts';
import { isGlobal } from '../core/unit/requirements.ts';
import type { UnitName } from '../core/unit/types.ts';
import { ManualClock } from '../ports/clock/manual.ts';
import type { Etcd } from '../ports/etcd/index.ts';
import { MemoryEtcdStore } from '../ports/etcd/memory.ts';
import { memoryRegistry } from '../ports/registry/memory.ts';
import { Checkers } from './checkers.ts';
import { Faults } from './faults.ts';
import { History } from './history.ts';
import { Machine } from './machine.ts';
import { Network } from './network.ts';
import { fileOf, type UnitKind, Workload } from './workload.ts';

export interface Outcome {
  /** Promises that were broken, in the order in which they were. */
  readonly violations: readonly string[];
  readonly history: readonly string[];
}

const agentTtl = seconds(3);
/** In which everything must be as wanted again, once nothing fails any more; a machine that was refused waits longest. */
const peace = minutes(3);
/** For how long an answer may keep a person waiting. */
const promptly = seconds(5);

/** @param policy what becomes of a machine's units while it is cut off */
export async function simulate(seed: number, policy: 'keep' | 'fence', lasting = minutes(3)): Promise<Outcome> {
  const choices = seeded(seed);
  const clock = new ManualClock();
  const store = new MemoryEtcdStore(clock);
  const history = new History(clock);
  const checkers = new Checkers(store, history);
  const network = new Network(choices, clock, 5 + choices.below(60));
  const etcdBehind = (line: Etcd, id: MachineId) =>
    network.between(checkers.watched(line, id), checkers.watched(store.client(), id));
  const machines = Array.from({ length: 2 + choices.below(4) }, (_, n) => {
    const id = `m${n}` as MachineId;
    const config = { agentTtl, partitionPolicy: policy };
    return new Machine({ id, store, history, config, etcdBehind });
  });
  const fencing = policy === 'fence';
  if (fencing) for (const { systemd } of machines) systemd.listen(() => checkers.checkDoubles(machines));
  const kinds: readonly UnitKind[] = fencing
    ? ['plain', 'slow', 'once', 'global']
    : ['plain', 'slow', 'once', 'global', 'lonely', 'following', 'replacing'];
  const workload = new Workload(choices, history, { kinds, mayMove: !fencing });
  // A daemon that stays away for longer than its lease can fence nothing.
  const recoverWithin = fencing ? ms(300) : seconds(20);
  const faults = new Faults(choices, clock, store, machines, { recoverWithin, crashCut: !fencing });
  const often = { acts: 1 + choices.below(4), strikes: choices.below(4) };
  for (const machine of machines) machine.powerOn();

  while (clock.now() < lasting) {
    await clock.advance(ms(1 + choices.below(2_000)));
    if (fencing) checkers.checkDoubles(machines);
    if (choices.chance(often.acts, 5)) askSomebody(choices, machines, workload);
    if (choices.chance(often.strikes, 8)) faults.strike();
  }
  history.note('faults', 'everything heals');
  faults.heal();
  network.heal();
  await clock.advance(peace);
  const unsettled = await differences(store, clock, machines);

  // Liveness: one machine that lived through all of it still answers, alone.
  const survivor = choices.oneOf(machines);
  for (const machine of machines) if (machine !== survivor) machine.powerOff();
  await clock.advance(ms(agentTtl + promptly));
  const late = 'late.service' as UnitName;
  await survivor.registry?.putUnit(late, fileOf('plain'), 'launched');
  await clock.advance(promptly);
  const alone = await differences(store, clock, [survivor]);
  const answered =
    survivor.systemd.units.get(late)?.active === 'active' ? [] : [`${survivor.id} did not start ${late}`];

  for (const machine of machines) machine.powerOff();
  return {
    violations: [...checkers.violations, ...unsettled, ...alone.map((one) => `alone: ${one}`), ...answered],
    history: history.lines,
  };
}

/** Through a machine that can be reached, as a person would who tries one after the other. */
function askSomebody(choices: Choices, machines: readonly Machine[], workload: Workload): void {
  const { registry } = choices.oneOf(machines);
  if (registry !== undefined) workload.act(registry);
}

/** Where the cluster is not what its operators asked for. */
async function differences(
  store: MemoryEtcdStore,
  clock: ManualClock,
  machines: readonly Machine[],
): Promise<readonly string[]> {
  await using observer = memoryRegistry(clock, store);
  const cluster = await observer.read();
  const problems: string[] = [];
  const alive = cluster.machines.map(({ id }) => id).join(' ');
  const expected = machines.map(({ id }) => id).join(' ');
  if (alive !== expected) problems.push(`machines are ${alive}, not ${expected}`);
  for (const decision of decide(cluster))
    if (decision.kind !== 'hold') problems.push(`the engine left undone: ${decision.kind} ${decision.unit}`);
  const placements = new Set(cluster.placements.map(({ unit, machine }) => `${unit} ${machine}`));
  const states = new Map(cluster.states.map((state) => [`${state.unit} ${state.machine}`, state]));
  for (const { id, systemd } of machines) {
    const globals = cluster.units.filter(({ file, target }) => isGlobal(file) && target !== 'inactive');
    const here = cluster.placements.filter(({ machine }) => machine === id);
    const wanted = new Map([
      ...here.map(({ unit, hash, target }) => [unit, { hash, target }] as const),
      ...globals.map(({ name, hash, target }) => [name, { hash, target }] as const),
    ]);
    for (const [unit, { hash, target }] of wanted) {
      const present = systemd.units.get(unit);
      const runs = present?.active === 'active' || (unit.startsWith('once') && present?.launched === true);
      if (present?.hash !== hash) problems.push(`${id} does not have the file of ${unit}`);
      else if (runs !== (target === 'launched')) problems.push(`${id} has ${unit} ${present.active}, not ${target}`);
      const state = states.get(`${unit} ${id}`);
      if (state?.active !== present?.active || state?.launched !== present?.launched)
        problems.push(`${id} says that ${unit} is ${state?.active}, which is ${present?.active}`);
    }
    for (const unit of systemd.units.keys()) if (!wanted.has(unit)) problems.push(`${id} still has ${unit}`);
    for (const { unit, machine } of cluster.states)
      if (machine === id && !wanted.has(unit)) problems.push(`${id} still publishes ${unit}`);
  }
  for (const key of placements) if (!alive.includes(key.split(' ')[1] ?? '')) problems.push(`${key} is gone`);
  return problems;
}
