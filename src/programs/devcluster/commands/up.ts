/** `devcluster up`: whatever is there, afterwards the cluster is as wanted. */
import { parseDuration } from '../../../core/base/duration.ts';
import { type Millis, seconds } from '../../../core/base/time.ts';
import { ConsentNeeded, Interrupted, UsageWrong } from '../../../core/errors/devcluster.ts';
import { machineId } from '../../../core/topology/names.ts';
import { type Consent, dependsOnQuorum, type Given, type Plan, plan } from '../../../core/topology/plan.ts';
import type { PresentCluster, PresentMachine } from '../../../core/topology/present.ts';
import type { ClusterSpec } from '../../../core/topology/types.ts';
import { readClusters } from '../clusters.ts';
import { readMembers } from '../etcd-members.ts';
import { clusterFacts, machinesTable } from '../facts.ts';
import { freshen, staleImages } from '../golden/freshen.ts';
import { type Golden, goldenMounts } from '../golden/golden.ts';
import { refuseWhenHeld, takeLock } from '../lock.ts';
import { type Reporter, stepReporter } from '../reporter.ts';
import { agrees } from '../screen.ts';
import { type Built, build } from '../up/build.ts';
import { guard } from '../up/guard.ts';
import { leave, settleMembers } from '../up/join.ts';
import { removeCluster, removeMachine } from '../up/machines.ts';
import type { Wait } from '../up/patience.ts';
import { clusterUnitsUp, etcdUp, isReady, machinesListed, ownUnitsUp, type Readiness, systemdUp } from '../up/ready.ts';
import { meantCluster, readWish, type Wish, type WishOptions, wantedCluster } from '../up/wish.ts';
import type { Desk, Engine, MachineImage } from '../world.ts';
import { printJson } from './command.ts';

export interface UpOptions extends WishOptions {
  /** Agrees to all that `provideEngine` does, and to the removal of surplus machines. */
  readonly yes?: boolean;
  /** A Docker engine may be installed and started. */
  readonly provideEngine?: boolean;
  readonly recreate?: boolean;
  readonly keep?: boolean;
  readonly force?: boolean;
  /** A duration or a number of seconds, for each thing that is waited for. */
  readonly timeout?: string;
  readonly output?: 'text' | 'json';
}

const usualPatience = seconds(90);

export async function up(desk: Desk, options: UpOptions): Promise<void> {
  const limit = patienceOf(options.timeout);
  const wish = await readWish(options, desk.config);
  const ownUnits = wish.units.length > 0 ? 1 : 0;
  // A guess from the file, until the plan tells.
  let stepCount = 7 + ownUnits + (wish.file?.draft.images?.length ? 1 : 0);
  const reporter = stepReporter(desk.screen, desk.clock, () => stepCount);

  const engine = await reporter.step('Docker engine', async ({ note }) => {
    const agreed = options.yes === true || options.provideEngine === true;
    const found = await desk.engine({ provide: true, agreed, said: note });
    note(found.host);
    return found;
  });
  const [image, clusters] = await Promise.all([
    reporter.step('node image', async ({ note }) => {
      const found = await engine.machineImage(note);
      note(`${found.reference} ${found.built ? 'built' : 'is there'}`);
      return found;
    }),
    readClusters(engine.docker),
  ]);

  const name = meantCluster(wish, clusters);
  const present = clusters.find((cluster) => cluster.name === name);
  await refuseWhenHeld(name, present?.lock, options.force ?? false);
  const wanted = wantedCluster(wish, name, present);
  const planned = await planWithConsent(desk, engine, { wanted, present, imageId: image.id }, options);
  const needsImages = wanted.images.length > 0 && (wish.file !== undefined || makesMachines(planned));
  stepCount = 7 + ownUnits + (needsImages ? 1 : 0);
  const golden = needsImages
    ? await reporter.step('images', async ({ note }) => {
        const found = await engine.goldenImages(wanted.images, image.reference, note);
        note(wanted.images.map(({ reference }) => reference).join(', '));
        return found;
      })
    : undefined;
  const job = { desk, engine, image, wanted, present, clusters, planned, wish, limit, reporter, options, golden };

  if (planned.steps.length === 0 && present?.lock === undefined && (await isSettled(job))) {
    const count = wanted.machines.length;
    desk.screen.say(
      `Nothing to do: "${name}" has ${count === 1 ? 'its machine' : `all its ${count} machines`} and units.`,
    );
    sayOutdated(desk, planned);
    printResult(desk, options, present);
    return;
  }
  const after = await carryOut(job);
  const took = (reporter.elapsed() / 1_000).toFixed(1);
  const count = after.machines.length;
  desk.screen.say(
    `Ready in ${took} s: "${name}" with ${count} ${count === 1 ? 'machine' : 'machines'} in ${after.origin.subnet}.`,
  );
  sayOutdated(desk, planned);
  printResult(desk, options, { name, origin: after.origin, network: name, machines: after.machines, lock: undefined });
  sayNext(desk, wanted, options);
}

interface Job {
  readonly desk: Desk;
  readonly engine: Engine;
  readonly image: MachineImage;
  readonly wanted: ClusterSpec;
  readonly present: PresentCluster | undefined;
  readonly clusters: readonly PresentCluster[];
  readonly planned: Plan;
  readonly wish: Wish;
  readonly limit: Millis;
  readonly reporter: Reporter;
  readonly options: UpOptions;
  readonly golden: Golden | undefined;
}

function patienceOf(timeout: string | undefined): Millis {
  if (timeout === undefined) return usualPatience;
  const limit = /^[\d.]+$/.test(timeout) ? seconds(Number(timeout)) : parseDuration(timeout);
  if (limit !== undefined && limit > 0) return limit;
  throw new UsageWrong({
    message: `--timeout "${timeout}" is not a duration`,
    remedy: 'Write it like --timeout 2m, or as seconds: --timeout 120.',
  });
}

type Wanted = Omit<Given, 'consent' | 'quorum'>;

/** @throws {ConsentNeeded} before anything was changed */
async function planWithConsent(desk: Desk, engine: Engine, given: Wanted, options: UpOptions): Promise<Plan> {
  const running = given.present?.machines.find(({ state }) => state === 'running');
  const quorum =
    running !== undefined && dependsOnQuorum(given.present) && 'members' in (await readMembers(engine.docker, running));
  const consent = { remove: options.yes ?? false, recreate: options.recreate ?? false };
  let planned = plan({ ...given, quorum, consent });
  for (const need of planned.needs) {
    const losses = lossesOf(need);
    const isAgreed = await agrees(desk.io, `${losses.join('\n')}\nGo on?`);
    if (!isAgreed) throw new ConsentNeeded({ losses, flag: need.kind === 'remove' ? '--yes' : '--recreate' });
    if (need.kind === 'remove') consent.remove = true;
    else consent.recreate = true;
  }
  if (planned.needs.length > 0) planned = plan({ ...given, quorum, consent });
  return planned;
}

function lossesOf(need: Consent): readonly string[] {
  switch (need.kind) {
    case 'remove':
      return need.machines.map((machine) => `${machine} would be removed with its data: it is not wanted any more`);
    case 'recreate':
      return need.machines.map(({ name, because }) => `${name} would be made again: ${because}`);
    case 'start-over':
      return [`the cluster would be removed with its data and made again: ${need.because}`];
    default:
      return need satisfies never;
  }
}

/** Whether a cluster whose machines all run also works, in one look. */
async function isSettled({ desk, engine, wanted, present, wish, reporter, golden }: Job): Promise<boolean> {
  if (present?.origin === undefined) return false;
  const { machines } = present;
  if (golden !== undefined) {
    const stale = await Promise.all(machines.map(({ container }) => staleImages(engine, container, golden)));
    if (stale.flat().length > 0) return false;
  }
  return isReady({ desk, engine, wanted, machines, limit: seconds(2), stop: desk.stop, reporter }, wish.units);
}

/** Does what is to do, under the lock; what fails is taken back, unless it is to be kept. */
async function carryOut(job: Job): Promise<Built> {
  const { desk, engine, wanted, image, reporter, options, limit } = job;
  const trouble = new AbortController();
  const interrupt = (): void => trouble.abort(desk.stop.reason);
  desk.stop.addEventListener('abort', interrupt);
  if (desk.stop.aborted) interrupt();
  const made: PresentMachine[] = [];
  const [lock, watching] = await Promise.all([
    takeLock(engine.docker, wanted, image.reference, options.force ?? false),
    guard({
      docker: engine.docker,
      clock: desk.clock,
      cluster: wanted.name,
      machines: () => made,
      alarm: (error) => trouble.abort(error),
    }),
  ]);
  try {
    const built = await makeMachines(job, trouble.signal, made);
    const { machines } = built;
    const ready = { desk, engine, wanted, machines, limit, stop: trouble.signal, reporter };
    await makeReady(job, ready);
    await lock[Symbol.asyncDispose]();
    return built;
  } catch (error) {
    // Interrupted or kept: the lock stays and remembers what was wanted, for the next `up`.
    if (!(error instanceof Interrupted) && options.keep !== true) await takeBack(job);
    throw error;
  } finally {
    watching[Symbol.dispose]();
    desk.stop.removeEventListener('abort', interrupt);
  }
}

/** Only new containers mount images. */
const makesMachines = ({ steps }: Plan): boolean =>
  steps.some(({ kind }) => kind === 'create-machine' || kind === 'recreate-machine');

/** One after the other: they load from and onto the same disk. */
async function freshenMachines({ desk, engine, golden }: Job, machines: readonly PresentMachine[]): Promise<void> {
  if (golden === undefined) return;
  for (const { name, container } of machines) {
    const images = await staleImages(engine, container, golden);
    if (images.length === 0) continue;
    await freshen(engine, container, images);
    const references = images.map(({ reference }) => reference).join(', ');
    desk.screen.say(`${name} has ${references} anew; what runs keeps the old content until it is started again.`);
  }
}

async function makeMachines(job: Job, stop: AbortSignal, made: PresentMachine[]): Promise<Built> {
  const { desk, engine, wanted, image, reporter, planned, present, clusters, limit, golden } = job;
  const count = wanted.machines.length;
  return reporter.step(count === 1 ? 'network and 1 machine' : `network and ${count} machines`, async (progress) => {
    const order = {
      desk,
      engine,
      wanted,
      present,
      clusters,
      plan: planned,
      image,
      mounts: goldenMounts(golden),
      limit,
      stop,
    };
    const built = await build({ ...order, made: (machine) => void made.push(machine) }, progress);
    progress.note(built.origin.subnet);
    return built;
  });
}

async function makeReady(job: Job, ready: Readiness): Promise<void> {
  const { engine, wish } = job;
  await systemdUp(ready);
  await freshenMachines(job, ready.machines);
  const [first] = ready.machines;
  if (first === undefined) return;
  const id = machineId(ready.wanted.name, first.index);
  const api = await engine.fleet({ container: first.container, id });
  await etcdUp(ready, api);
  await machinesListed(ready, api);
  await clusterUnitsUp(ready, api);
  if (wish.units.length === 0) return;
  const { different } = await ownUnitsUp(ready, api, wish.units);
  for (const unit of different) {
    ready.desk.screen.say(`${unit} runs with another text than its file; to change it: fleetctl destroy ${unit}`);
  }
}

/** A new cluster goes as a whole; of a cluster that was there before, only the machines that were new. */
async function takeBack({ desk, engine, wanted, planned, present, limit }: Job): Promise<void> {
  const { docker } = engine;
  const before = present?.machines.filter(({ state }) => state !== 'created') ?? [];
  if (before.length === 0) {
    desk.screen.say('Taking back what was made; --keep would leave it for a closer look.');
    await removeCluster(docker, wanted.name);
    return;
  }
  const tolerated = (doing: Promise<void>) => doing.catch((error: Error) => desk.screen.say(error.message));
  const waitFor = (what: string): Wait => ({
    clock: desk.clock,
    limit: seconds(Math.min(10, limit / 1_000)),
    stop: new AbortController().signal,
    what,
  });
  const through = before.find(({ state }) => state === 'running');
  // Asked of the engine: a machine may have failed between its creation and its start.
  const now = (await readClusters(docker)).find(({ name }) => name === wanted.name)?.machines ?? [];
  for (const machine of now.filter(({ index }) => !before.some((kept) => kept.index === index))) {
    desk.screen.say(`Taking ${machine.name} back; --keep would leave it for a closer look.`);
    if (through !== undefined)
      await tolerated(leave(engine, waitFor(`etcd to forget ${machine.name}`), through, machine));
    await removeMachine(docker, wanted.name, machine.container);
  }
  const joined = planned.steps.some((step) => step.kind === 'create-machine' && step.etcd === 'join');
  if (through !== undefined && joined)
    await tolerated(settleMembers(engine, waitFor('etcd to forget who did not come'), through, before));
  await removeLock(engine, wanted);
}

async function removeLock({ docker }: Engine, { name }: ClusterSpec): Promise<void> {
  const lock = (await readClusters(docker)).find((cluster) => cluster.name === name)?.lock;
  if (lock !== undefined) await docker.remove(lock.container);
}

function sayOutdated(desk: Desk, { outdated }: Plan): void {
  if (outdated.length === 0) return;
  desk.screen.say(`Made from an older node image, and left as they are: ${outdated.join(', ')}.`);
  desk.screen.say('To have them made again from today’s: devcluster down, then devcluster up.');
}

function printResult(desk: Desk, { output }: UpOptions, cluster: PresentCluster | undefined): void {
  if (cluster === undefined) return;
  const facts = clusterFacts(cluster);
  desk.io.out(output === 'json' ? printJson(facts) : machinesTable(facts));
}

/** What `up` found without being told, the next commands find, too. */
function sayNext(desk: Desk, { name }: ClusterSpec, options: UpOptions): void {
  const { clusterName, program } = desk.config;
  const isFound = clusterName === name || (options.name === undefined && options.file === undefined);
  const flag = isFound ? '' : ` --name ${name}`;
  desk.screen.say(
    [
      'Next:',
      `   ${program} fleetctl${flag} list-machines`,
      `   ${program} ssh${flag} core-01`,
      `   eval "$(${program} env${flag})"      # for fleetctl and etcdctl in this shell`,
      `   ${program} down${flag}`,
    ].join('\n'),
  );
}
