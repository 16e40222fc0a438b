import { expect, it } from 'vitest';
import { realEngine, realImage } from '../../testing/real-engine.ts';
import { dockerClient } from '../docker/client.ts';
import { containersContract } from './contract.ts';
import { dockerContainers } from './docker.ts';

const docker = dockerClient(realEngine);

containersContract('a real engine', async () => {
  const made: string[] = [];
  const remove = async (id: string) => {
    await docker.getContainer(id).remove({ force: true });
    made.splice(made.indexOf(id), 1);
  };
  return {
    containers: dockerContainers(realEngine),
    async start({ name, environment, labels, exposed }) {
      const container = await docker.createContainer({
        name,
        Image: realImage,
        Entrypoint: ['sleep', '600'],
        Cmd: [],
        Env: [...environment],
        Labels: { ...labels },
        ExposedPorts: Object.fromEntries(exposed.map((port) => [port, {}])),
        HostConfig: { NetworkMode: 'none' },
      });
      made.push(container.id);
      await container.start();
      return container.id;
    },
    async kill(id) {
      await docker.getContainer(id).kill();
      await docker.getContainer(id).wait();
    },
    remove,
    [Symbol.asyncDispose]: async () => {
      for (const id of [...made]) await remove(id);
    },
  };
});

it('says which engine did not answer', async () => {
  const nowhere = dockerContainers('unix:///nonexistent/docker.sock');
  await expect(nowhere.list()).rejects.toMatchObject({ code: 'CONTAINERS_UNREACHABLE' });
  await expect(nowhere.events(new AbortController().signal)).rejects.toMatchObject({ code: 'CONTAINERS_UNREACHABLE' });
});
