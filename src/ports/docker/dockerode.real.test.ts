import { systemClock } from '../clock/system.ts';
import { dockerClient } from './client.ts';
import { engineContract } from './contract.ts';
import { DockerodeEngine } from './dockerode.ts';

const host = process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock';

engineContract('a real engine', async () => {
  const docker = dockerClient(host);
  const images = await docker.listImages();
  const image = images.flatMap(({ RepoTags }) => RepoTags ?? []).find((tag) => /trixie|debian|devcluster/.test(tag));
  return { engine: new DockerodeEngine(docker, host, systemClock()), image: image ?? 'debian:trixie-slim' };
});
