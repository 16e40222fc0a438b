/** A desk in memory: an engine whose machines boot at once and join a fleet that runs what it is told. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { machineContainerSpec } from '../../core/topology/container.ts';
import { machinePaths } from '../../core/topology/machine-paths.ts';
import { peerUrl, seedFiles } from '../../core/topology/seed.ts';
import { isGlobal } from '../../core/unit/index.ts';
import { systemClock } from '../../ports/clock/system.ts';
import { MemoryImages } from '../../ports/docker/images-memory.ts';
import { MemoryDockerEngine } from '../../ports/docker/memory.ts';
import { MemoryFleetApi } from '../../ports/fleet-api/memory.ts';
import type { Host } from '../../ports/host/index.ts';
import { memoryHost } from '../../ports/host/memory.ts';
import { MemoryEngineHost } from '../../ports/host-engine/memory.ts';
import { MemoryProcesses } from '../../ports/process/memory.ts';
import { type CapturedIo, captureIo } from '../../testing/capture-io.ts';
import type { UnitText } from './cluster-files.ts';
import { readConfig } from './config.ts';
import type { Golden } from './golden/golden.ts';
import { screenOf } from './screen.ts';
import type { Desk, Engine } from './world.ts';

const global = (name: string): UnitText => ({
  name,
  text: `[Service]\nExecStart=/usr/bin/${name}\n[X-Fleet]\nGlobal=true\n`,
  target: 'launched',
});

/** A folder that goes with the test. */
export class Scratch implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'devcluster-test-'));
  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export interface TestDesk extends Desk {
  readonly io: CapturedIo;
  readonly docker: MemoryDockerEngine;
  readonly fleet: MemoryFleetApi;
  readonly interrupt: (signal: string) => void;
}

export interface TestDeskOptions {
  readonly scratch: Scratch;
  /** The engine of an earlier desk, for a second command on the same clusters. */
  readonly before?: TestDesk;
  readonly host?: Host;
  readonly environment?: Readonly<Record<string, string>>;
  /** The id of today's node image. */
  readonly image?: string;
  /** What the images of the cluster file were made into. */
  readonly golden?: Golden;
}

export function testDesk({
  scratch,
  before,
  host,
  environment = {},
  image = 'node:1',
  golden,
}: TestDeskOptions): TestDesk {
  const io = captureIo();
  const clock = systemClock();
  const stop = new AbortController();
  const docker = before?.docker ?? bootingEngine();
  const fleet = before?.fleet ?? new MemoryFleetApi();
  if (before === undefined) connect(docker, fleet);
  const config = readConfig({ HOME: scratch.path, XDG_DATA_HOME: scratch.path, ...environment }, scratch.path);
  const engine: Engine = {
    host: 'memory',
    source: 'a test',
    docker,
    images: new MemoryImages(),
    machineImage: async () => ({ reference: image, id: `sha256:${image}`, built: false }),
    machineImageNames: async () => [image],
    goldenImages: async () => golden,
    fleet: async () => fleet,
    dnsAnswers: async () => true,
    maker: {
      container: machineContainerSpec,
      seed: seedFiles,
      peerUrl,
      clusterUnits: () => [global('registrator.service'), global('skydns.service')],
    },
  };
  return {
    config,
    io,
    screen: screenOf(io, {}),
    clock,
    host: host ?? memoryHost(),
    stop: stop.signal,
    engines: {
      host: new MemoryEngineHost(),
      where: { environment, home: scratch.path },
      processes: new MemoryProcesses(),
    },
    engine: async () => engine,
    docker,
    fleet,
    interrupt: (signal) => stop.abort(signal),
  };
}

/** Its commands answer like etcdctl on a healthy cluster: whoever runs votes, and whoever is announced learns. */
function bootingEngine(): MemoryDockerEngine {
  const docker = new MemoryDockerEngine();
  const learners = new Map<string, { readonly ID: number; readonly peerURLs: readonly string[] }>();
  let announced = 0;
  const running = async () =>
    (await docker.containers({ 'devcluster.machine': undefined }))
      .filter(({ state }) => state === 'running')
      .map(({ labels }, at) => ({
        ID: at + 1,
        name: labels['devcluster.machine'] ?? '',
        peerURLs: [`http://${labels['devcluster.address']}:2380`],
      }));
  const list = async () => {
    const machines = await running();
    const learns = (peerUrl = '') => [...learners.values()].some(({ peerURLs }) => peerURLs.includes(peerUrl));
    const nameOf = (peerUrl = '') => machines.find(({ peerURLs }) => peerURLs.includes(peerUrl))?.name ?? '';
    return [
      ...machines.filter(({ peerURLs }) => !learns(peerURLs[0])),
      ...[...learners.values()].map((one) => ({ ...one, name: nameOf(one.peerURLs[0]), isLearner: true })),
    ];
  };
  docker.onExec = async (_container, command) => {
    const [verb, id = ''] = command.slice(command.indexOf('member') + 1);
    if (!command.includes('member')) return {};
    if (verb === 'list') return { stdout: JSON.stringify({ members: await list() }) };
    if (verb === 'add') {
      announced += 1;
      const ID = 160 + announced;
      const peerUrl = command.find((part) => part.startsWith('--peer-urls='))?.slice('--peer-urls='.length) ?? '';
      if (learners.size > 0) return { exitCode: 1, stderr: 'etcdserver: too many learner members in cluster' };
      learners.set(ID.toString(16), { ID, peerURLs: [peerUrl] });
    }
    const isThere = (await list()).some(({ ID, name }) => ID.toString(16) === id && name !== '');
    if (verb === 'promote' && !isThere) return { exitCode: 1, stderr: 'etcdserver: can only promote in sync' };
    if (verb === 'promote' || verb === 'remove') learners.delete(id);
    return {};
  };
  return docker;
}

/** A machine that starts joins the fleet, and runs every global unit. */
function connect(docker: MemoryDockerEngine, fleet: MemoryFleetApi): void {
  const ids = new Set<string>();
  const run = async (): Promise<void> => {
    for (const unit of await fleet.units()) {
      if (unit.desired !== 'launched') continue;
      const homes = isGlobal(unit.options) ? [...ids] : [...ids].slice(0, 1);
      for (const id of homes) fleet.report(unit.name, id, ['loaded', 'active', 'running']);
    }
  };
  fleet.whenTargeted = () => void run();
  docker.onStart = async (container) => {
    const id = (await docker.readFile(container, machinePaths.machineId))?.trim();
    if (id === undefined) return;
    ids.add(id);
    fleet.join(id);
    await run();
  };
}
