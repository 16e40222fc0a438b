/** The one file that knows every real adapter. */
import { homedir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { machineContainerSpec } from '../../core/topology/container.ts';
import { peerUrl, seedFiles } from '../../core/topology/seed.ts';
import { systemClock } from '../../ports/clock/system.ts';
import { DockerodeEngine } from '../../ports/docker/dockerode.ts';
import { DockerodeImages } from '../../ports/docker/images-dockerode.ts';
import { httpFleetApi } from '../../ports/fleet-api/http.ts';
import { thisHost } from '../../ports/host/node.ts';
import { thisEngineHost } from '../../ports/host-engine/node.ts';
import type { Io } from '../../ports/io/index.ts';
import { processIo } from '../../ports/io/process.ts';
import { hostProcesses } from '../../ports/process/execa.ts';
import { clusterUnits } from './cluster-units.ts';
import type { Config } from './config.ts';
import { dnsAnswers } from './dns.ts';
import { type EngineWorld, type Found, provideEngine, requireEngine } from './engine/find.ts';
import { fleetDialer } from './fleet-door.ts';
import { ensureGoldenImages } from './golden/golden.ts';
import { architectureOf } from './image/architecture.ts';
import { ensureDebian, usualMirror } from './image/debian.ts';
import { ensureNodeImage, type ImageWorld, nodeImageNames, requireImage } from './image/ensure.ts';
import { packageFolder } from './image/package.ts';
import { proxiesIn } from './image/proxies.ts';
import { agrees, screenOf } from './screen.ts';
import type { Desk, Engine, EngineWish, MachineMaker } from './world.ts';

export function wire(config: Config, stop: AbortSignal): Desk {
  const clock = systemClock();
  const io = processIo();
  const where = { environment: config.environment, home: config.environment['HOME'] || homedir() };
  const engines = { host: thisEngineHost, where, processes: hostProcesses };
  return {
    config,
    io,
    screen: screenOf(io, config.environment),
    clock,
    host: thisHost,
    stop,
    engines,
    engine: async (wish) => openEngine(config, await chooseEngine(engines, wish, io)),
  };
}

function chooseEngine(engines: EngineWorld, { provide, agreed, said }: EngineWish, io: Io): Promise<Found> {
  if (!provide) return requireEngine(engines);
  const question = 'There is no Docker engine. Install the package docker.io?';
  return provideEngine(engines, { mayInstall: async () => agreed || (await agrees(io, question)), said });
}

const maker: MachineMaker = { container: machineContainerSpec, seed: seedFiles, peerUrl, clusterUnits };

async function openEngine(config: Config, { host, source }: Found): Promise<Engine> {
  // Loaded only now: commands that end with a usage error should not wait for it.
  const { dockerClient } = await import('../../ports/docker/client.ts');
  const client = dockerClient(host);
  const clock = systemClock();
  const docker = new DockerodeEngine(client, host, clock);
  const images = new DockerodeImages(client, host);
  const imageWorld = async (): Promise<ImageWorld> => {
    const architecture = architectureOf((await docker.facts()).architecture);
    const { platform, isRoot, architecture: own } = thisEngineHost;
    return {
      images,
      clock,
      architecture,
      processes: hostProcesses,
      canBootstrap: platform === 'linux' && isRoot && own === architecture.node,
      mirror: config.environment['DEVCLUSTER_DEBIAN_MIRROR'] || usualMirror,
      proxies: proxiesIn(config.environment),
      folder: packageFolder(),
    };
  };
  return {
    host,
    source,
    docker,
    images,
    maker,
    machineImage: async (said) => {
      const wanted = config.environment['DEVCLUSTER_NODE_IMAGE'];
      return wanted ? requireImage(images, wanted) : ensureNodeImage(await imageWorld(), said);
    },
    machineImageNames: async () => nodeImageNames(await imageWorld()),
    goldenImages: async (wanted, machineImage, said) => {
      const base = async () => ensureDebian(await imageWorld(), said);
      const proxies = proxiesIn(config.environment);
      return ensureGoldenImages({ engine: docker, images, clock }, { wanted, machineImage, base, proxies }, said);
    },
    dnsAnswers: (machine, domain) => dnsAnswers(docker, machine, domain),
    fleet: async (machine) => httpFleetApi({ dialer: await fleetDialer(docker, machine) }),
  };
}

/** Our fleetctl: bundled beside this program. */
export const fleetctlPath = fileURLToPath(new URL('./fleetctl.mjs', import.meta.url));
