import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../ports/clock/system.ts';
import { dockerContainers } from '../../ports/containers/docker.ts';
import { runtimeFolder } from '../../ports/containers/runtime-folder.ts';
import { dockerClient } from '../../ports/docker/client.ts';
import { memoryFleetUnits } from '../../ports/fleet-units/memory.ts';
import { memoryLog } from '../../ports/log/memory.ts';
import { memoryRecordStore } from '../../ports/record-store/memory.ts';
import { realEngine, realImage } from '../../testing/real-engine.ts';
import { readCommandLine } from './config.ts';
import { runRegistrator } from './run.ts';

const docker = dockerClient(realEngine);
const clock = systemClock();
const store = memoryRecordStore(clock);
const stop = new AbortController();
let container: ReturnType<typeof docker.getContainer>;

beforeAll(async () => {
  container = await docker.createContainer({
    Image: realImage,
    Entrypoint: ['sleep', '600'],
    Cmd: [],
    // Other containers of this engine are none of ours: only what names itself is registered.
    Env: ['SERVICE_NAME=registrator-test', 'SERVICE_6379_ID=one'],
    ExposedPorts: { '6379/tcp': {} },
    HostConfig: { NetworkMode: 'host' },
  });
});
afterAll(async () => {
  stop.abort();
  await container.remove({ force: true });
});

/** The values of our own records, as they become what a test waits for. */
async function becomes(expected: readonly string[]): Promise<void> {
  for await (const event of store.watch('/skydns/dev/webapp/registrator-test', stop.signal)) {
    if (event.kind === 'unreachable') continue;
    const records = await store.list('/skydns/dev/webapp/registrator-test');
    if (JSON.stringify(records.map(({ value }) => value)) === JSON.stringify(expected)) return;
  }
}

it("follows a real engine's container from start to death, and its restart", async () => {
  const commandLine = readCommandLine(['-explicit', '-ip', '172.17.8.103', 'skydns2:///webapp.dev']);
  if (commandLine.kind !== 'run') throw new Error(commandLine.kind);
  const running = runRegistrator(
    {
      clock,
      log: memoryLog(),
      store: async () => store,
      containers: async () => dockerContainers(realEngine),
      earlyDeaths: runtimeFolder,
      fleetUnits: async () => memoryFleetUnits(),
      engineRuns: undefined,
      hostname: 'core-03',
      resolve: async () => undefined,
    },
    commandLine.options,
    commandLine.uri,
    commandLine.backend,
    stop.signal,
  );
  const registered = ['{"host":"172.17.8.103","port":6379}'];
  await container.start();
  await becomes(registered);
  await container.kill();
  await becomes([]);
  await container.start();
  await becomes(registered);
  stop.abort();
  await expect(running).resolves.toBeUndefined();
});
