/** A plan is carried out: networks and machines come and go as its steps say. */
import type { Millis } from '../../../core/base/time.ts';
import { networkName } from '../../../core/topology/names.ts';
import type { Plan, Step } from '../../../core/topology/plan.ts';
import type { Origin, PresentCluster, PresentMachine } from '../../../core/topology/present.ts';
import type { ClusterSpec, EtcdStart, KeyPair, Mount, Node, PlacedCluster } from '../../../core/topology/types.ts';
import { fetchKeyPair, keyFiles, makeKeyPair, printKnownHosts, readKeyPair, writeKeyFiles } from '../keys.ts';
import type { Progress } from '../reporter.ts';
import type { Desk, Engine, MachineImage } from '../world.ts';
import { announce, leave, settleMembers } from './join.ts';
import { createMachine, recreateMachine, removeCluster, removeMachine, type Workshop } from './machines.ts';
import { createNetwork, placeNodes, portSource } from './place.ts';

export interface Order {
  readonly desk: Desk;
  readonly engine: Engine;
  readonly wanted: ClusterSpec;
  readonly present: PresentCluster | undefined;
  readonly clusters: readonly PresentCluster[];
  readonly plan: Plan;
  readonly image: MachineImage;
  readonly mounts: readonly Mount[];
  readonly limit: Millis;
  readonly stop: AbortSignal;
  /** Told of every machine as soon as it runs, so that it can be watched. */
  readonly made: (machine: PresentMachine) => void;
}

export interface Built {
  readonly origin: Origin;
  /** Every machine of the cluster afterwards, surplus ones that stay included. */
  readonly machines: readonly PresentMachine[];
  readonly nodes: readonly Node[];
}

export async function build(order: Order, progress: Progress): Promise<Built> {
  const { desk, engine, wanted, plan, image, mounts, made } = order;
  const { docker } = engine;
  const steps = <K extends Step['kind']>(kind: K): readonly Extract<Step, { kind: K }>[] =>
    plan.steps.filter((step): step is Extract<Step, { kind: K }> => step.kind === kind);

  const isCleared = steps('clear').length > 0;
  if (isCleared) {
    // The lock is ours and stays; all else of the name goes.
    await removeCluster(docker, wanted.name, { keepLock: true });
  }
  const present = isCleared ? undefined : order.present;
  const find = (index: number): PresentMachine | undefined =>
    present?.machines.find((machine) => machine.index === index);
  await Promise.all(
    steps('remove-machine')
      .filter(({ ran }) => !ran)
      .map(async ({ index }) => {
        const machine = find(index);
        if (machine !== undefined) await removeMachine(docker, wanted.name, machine.container);
      }),
  );

  const knownOrigin = present?.origin;
  const origin =
    knownOrigin === undefined || steps('create-network').length > 0
      ? await createNetwork({ docker, host: desk.host }, wanted, knownOrigin)
      : knownOrigin;
  const nodes = await placeNodes(desk.host, wanted, origin, present, order.clusters);
  const cluster: PlacedCluster = {
    name: wanted.name,
    token: origin.token,
    domain: wanted.domain,
    subnet: origin.subnet,
    network: networkName(wanted.name),
    folders: wanted.folders,
    nodes,
  };
  const files = keyFiles(desk.config.dataFolder, wanted.name);
  const key = await clusterKey(order, present);
  const anotherPort = portSource(desk.host, order.clusters, nodes);
  const workshop: Workshop = { engine, wanted, origin, cluster, image: image.reference, mounts, key, anotherPort };

  const machines = new Map(present?.machines.map((machine) => [machine.index, machine]));
  for (const { index } of steps('remove-machine')) machines.delete(index);
  const done = (machine: PresentMachine): void => {
    machines.set(machine.index, machine);
    made(machine);
    progress.note(machine.name);
  };
  const founders: EtcdStart = {
    state: 'new',
    members: nodes.filter(({ index }) => index <= origin.founders).map(({ name, address }) => ({ name, address })),
  };
  const nodeOf = (index: number): Node => {
    const node = nodes.find((candidate) => candidate.index === index);
    if (node === undefined) throw new RangeError(`a step for machine ${index}, which is not wanted`);
    return node;
  };
  const founding = steps('create-machine').filter(({ etcd }) => etcd === 'found');
  await allDone([
    ...steps('start-machine').map(async ({ index }) => {
      const machine = find(index);
      if (machine === undefined) return;
      await docker.start(machine.container);
      done({ ...machine, state: 'running' });
    }),
    ...steps('resume-machine').map(async ({ index }) => {
      const machine = find(index);
      if (machine === undefined) return;
      await docker.resume(machine.container);
      done({ ...machine, state: 'running' });
    }),
    ...steps('recreate-machine').map(async ({ index }) => {
      const machine = find(index);
      if (machine !== undefined) done(await recreateMachine(workshop, machine, nodeOf(index), founders));
    }),
    ...founding.map(async ({ index }) => done(await createMachine(workshop, nodeOf(index), founders))),
  ]);

  const wait = { clock: desk.clock, limit: order.limit, stop: order.stop };
  const settle = (what: string) => settleMembers(engine, { ...wait, what }, runner(machines), [...machines.values()]);
  // What an earlier run began may have been ended anywhere, also between announcing a machine and making it.
  if (present?.lock !== undefined) await settle('etcd to settle who its members are');
  // One after the other: etcd takes a new member only when the last one has its vote.
  for (const { index } of steps('create-machine').filter(({ etcd }) => etcd === 'join')) {
    const node = nodeOf(index);
    const etcd = await announce(
      engine,
      { ...wait, what: `etcd to accept ${node.name}` },
      runner(machines),
      node,
      nodes,
    );
    done(await createMachine(workshop, node, etcd));
    await settle(`etcd on ${node.name} to catch up`);
  }
  for (const step of steps('remove-machine').filter(({ ran }) => ran)) {
    const machine = find(step.index);
    if (machine === undefined) continue;
    await leave(engine, { ...wait, what: `etcd to forget ${machine.name}` }, runner(machines), machine);
    await removeMachine(docker, wanted.name, machine.container);
    progress.note(`${machine.name} removed`);
  }

  const all = [...machines.values()].toSorted((a, b) => a.index - b.index);
  await writeKeyFiles(files, key, printKnownHosts(all));
  return { origin, machines: all, nodes };
}

/** The key of a cluster that is there, wherever it is found; a new one for a new cluster. */
async function clusterKey({ desk, engine, wanted }: Order, present: PresentCluster | undefined): Promise<KeyPair> {
  const kept = present?.machines.filter(({ state }) => state !== 'created') ?? [];
  if (kept.length === 0) return makeKeyPair(`devcluster ${wanted.name}`);
  const files = keyFiles(desk.config.dataFolder, wanted.name);
  return (
    (await fetchKeyPair(engine.docker, kept)) ?? (await readKeyPair(files)) ?? makeKeyPair(`devcluster ${wanted.name}`)
  );
}

/** Waits for all, also when one fails: nothing may go on being made while the rest is taken back. */
async function allDone(doing: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(doing)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** A machine through which the others can be reached, or will be when it is up again. */
function runner(machines: ReadonlyMap<number, PresentMachine>): PresentMachine {
  const all = [...machines.values()].toSorted((a, b) => a.index - b.index);
  const through = all.find(({ state }) => state === 'running') ?? all[0];
  if (through === undefined) throw new RangeError('a machine joins a cluster that has none');
  return through;
}
