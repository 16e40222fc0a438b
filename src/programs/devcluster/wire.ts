/** The one file that knows every real adapter. */
import { fileURLToPath } from 'node:url';
import { EngineUnreachable } from '../../core/errors/docker.ts';
import { machineContainerSpec } from '../../core/topology/container.ts';
import { peerUrl, seedFiles } from '../../core/topology/seed.ts';
import { systemClock } from '../../ports/clock/system.ts';
import { DockerodeEngine } from '../../ports/docker/dockerode.ts';
import { DockerodeImages } from '../../ports/docker/images-dockerode.ts';
import { httpFleetApi } from '../../ports/fleet-api/http.ts';
import { thisHost } from '../../ports/host/node.ts';
import { processIo } from '../../ports/io/process.ts';
import { clusterUnits } from './cluster-units.ts';
import type { Config } from './config.ts';
import { fleetDialer } from './fleet-door.ts';
import { screenOf } from './screen.ts';
import type { Desk, Engine, EngineWish, MachineMaker } from './world.ts';

export function wire(config: Config, stop: AbortSignal): Desk {
  const clock = systemClock();
  const io = processIo();
  return {
    config,
    io,
    screen: screenOf(io, config.environment),
    clock,
    host: thisHost,
    stop,
    engine: (wish) => openEngine(config, wish),
  };
}

const maker: MachineMaker = { container: machineContainerSpec, seed: seedFiles, peerUrl, clusterUnits };

async function openEngine(config: Config, _wish: EngineWish): Promise<Engine> {
  const host = config.dockerHost;
  if (host === undefined) throw new EngineUnreachable({ host: 'DOCKER_HOST', reason: 'not set' });
  // Loaded only now: commands that end with a usage error should not wait for it.
  const { dockerClient } = await import('../../ports/docker/client.ts');
  const client = dockerClient(host);
  const docker = new DockerodeEngine(client, host, systemClock());
  const images = new DockerodeImages(client, host);
  return {
    host,
    docker,
    images,
    maker,
    machineImage: async () => {
      throw new Error('no image');
    },
    imageMounts: async () => [],
    fleet: async (machine) => httpFleetApi({ dialer: await fleetDialer(docker, machine) }),
  };
}

/** Our fleetctl: bundled beside this program. */
export const fleetctlPath = fileURLToPath(new URL('./fleetctl.mjs', import.meta.url));
