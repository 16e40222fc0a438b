/** What every engine promises, as far as both the twin and the real thing can show it. */
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seconds } from '../../core/base/time.ts';
import { EngineRefused, NameTaken, NotRunning, SubnetTaken } from '../../core/errors/docker.ts';
import type { ContainerSpec } from '../../core/topology/types.ts';
import type { DockerEngine, EngineEvent } from './index.ts';

export interface EngineUnderTest {
  readonly engine: DockerEngine;
  /** One with a shell. */
  readonly image: string;
}

const mark = 'devcluster.contract';
const labels = { [mark]: 'engine' };
const [name, network, volume] = ['devcluster-contract-a', 'devcluster-contract', 'devcluster-contract-data'];
const subnet = '10.222.211.0/24';

const networkSpec = { name: network, subnet, gateway: '10.222.211.1', range: '10.222.211.32/27', labels };

export function engineContract(title: string, make: () => Promise<EngineUnderTest>): void {
  describe(`${title} keeps the promise of an engine`, () => {
    let engine: DockerEngine;
    let spec: ContainerSpec;

    const removeAll = async (): Promise<void> => {
      for (const container of await engine.containers(labels)) await engine.remove(container.name);
      for (const { name } of await engine.volumes(labels)) await engine.removeVolume(name);
      await engine.removeNetwork(network);
    };

    beforeEach(async () => {
      const under = await make();
      engine = under.engine;
      spec = {
        name,
        image: under.image,
        hostname: 'inside',
        entrypoint: ['/bin/sh', '-c'],
        command: ['cat /seeded/file; trap "exit 7" TERM; while :; do sleep 0.1; done'],
        labels,
        environment: { GREETING: 'hello' },
        network: { name: network, address: '10.222.211.101', aliases: ['alias'] },
        publish: [{ address: '127.0.0.1', hostPort: 29_222, port: 22 }],
        mounts: [
          { kind: 'tmpfs', target: '/scratch' },
          { kind: 'volume', name: volume, target: '/data' },
        ],
        capabilities: ['NET_ADMIN'],
        unconfined: true,
        privateCgroupNamespace: true,
        tty: false,
      };
      await removeAll();
    });

    afterEach(() => removeAll());

    const running = async (): Promise<void> => {
      await engine.createNetwork(networkSpec);
      await engine.createContainer(spec);
      await engine.seed(name, [{ path: '/seeded/file', content: 'from outside\n', mode: 0o640 }]);
      await engine.start(name);
    };

    it('finds by label what was made with it, and only that', async () => {
      await running();
      const all = await engine.containers(labels);
      expect(all).toMatchObject([{ name, image: spec.image, state: 'running', labels }]);
      expect(await engine.containers({ [mark]: undefined })).toHaveLength(1);
      expect(await engine.containers({ [mark]: 'another' })).toEqual([]);
      expect(await engine.networks(labels)).toMatchObject([{ name: network, subnets: [subnet], labels }]);
    });

    it('keeps a volume as long as a container mounts it, running or not', async () => {
      await engine.createNetwork(networkSpec);
      await engine.createContainer(spec);
      await expect(engine.removeVolume(volume)).rejects.toBeInstanceOf(EngineRefused);
      expect(await engine.volumes(labels)).toHaveLength(1);
    });

    it('labels the volumes that a container brought along like the container', async () => {
      await running();
      expect(await engine.volumes(labels)).toMatchObject([{ name: volume, labels }]);
    });

    it('gives a container the address it asks for', async () => {
      await running();
      expect(await engine.inspect(name)).toMatchObject({
        state: 'running',
        addresses: { [network]: '10.222.211.101' },
      });
    });

    it('refuses a name, a network name and a subnet that are taken', async () => {
      await running();
      await expect(engine.createContainer(spec)).rejects.toBeInstanceOf(NameTaken);
      await expect(engine.createNetwork({ ...networkSpec, subnet: '10.222.212.0/24' })).rejects.toBeInstanceOf(
        NameTaken,
      );
      await expect(engine.createNetwork({ ...networkSpec, name: `${network}-2` })).rejects.toBeInstanceOf(SubnetTaken);
    });

    it('reads a file that was put in before the start, and nothing where there is none', async () => {
      await running();
      expect(await engine.readFile(name, '/seeded/file')).toBe('from outside\n');
      expect(await engine.readFile(name, '/seeded/other')).toBeUndefined();
    });

    it('tells when a container starts, dies and is gone', async () => {
      await engine.createNetwork(networkSpec);
      await engine.createContainer(spec);
      const stop = new AbortController();
      const events = await engine.events(labels, stop.signal);
      await engine.seed(name, [{ path: '/seeded/file', content: '', mode: 0o640 }]);
      await engine.start(name);
      await engine.kill(name);
      await engine.remove(name);
      const seen: EngineEvent[] = [];
      for await (const event of events) {
        seen.push(event);
        if (event.kind === 'destroy') stop.abort();
      }
      expect(seen.map(({ kind }) => kind)).toEqual(['start', 'die', 'destroy']);
      expect(seen[0]).toMatchObject({ container: name, labels });
      expect(seen[1]).toMatchObject({ exitCode: 137 });
    });

    it('starts what runs, stops what is stopped and removes what is gone without complaint', async () => {
      await running();
      await engine.start(name);
      await engine.kill(name);
      await engine.kill(name);
      await engine.stop(name, seconds(1));
      await engine.remove(name);
      await engine.remove(name);
      await engine.removeVolume(volume);
      await engine.removeVolume(volume);
      await engine.removeNetwork(network);
      await engine.removeNetwork(network);
      expect(await engine.inspect(name)).toBeUndefined();
    });

    it('keeps outputs apart and passes the exit code on', async () => {
      await running();
      using run = await engine.exec(name, { command: ['sh', '-c', 'echo out; echo err >&2; exit 3'] });
      const [out, err, code] = await Promise.all([text(run.stdout), text(run.stderr), run.exitCode]);
      expect([out, err, code]).toEqual(['out\n', 'err\n', 3]);
    });

    it('gives a command its input, to the end', async () => {
      await running();
      using run = await engine.exec(name, { command: ['cat'], stdin: true });
      run.stdin.end('some input');
      expect(await text(run.stdout)).toBe('some input');
      expect(await run.exitCode).toBe(0);
    });

    it('does not run commands in a container that is stopped', async () => {
      await running();
      await engine.kill(name);
      await expect(engine.exec(name, { command: ['true'] })).rejects.toBeInstanceOf(NotRunning);
    });
  });
}
