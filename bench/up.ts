/** `devcluster up -n 3` against a bare script that starts the same containers in parallel and waits for etcd's quorum. */
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { ms } from '../src/core/base/time.ts';
import { machineContainerSpec } from '../src/core/topology/container.ts';
import { containerName, machineId, machineName } from '../src/core/topology/names.ts';
import { seedFiles } from '../src/core/topology/seed.ts';
import type { ClusterName, EtcdStart, KeyPair, Node, PlacedCluster } from '../src/core/topology/types.ts';
import { systemClock } from '../src/ports/clock/system.ts';
import { dockerClient } from '../src/ports/docker/client.ts';
import { DockerodeEngine } from '../src/ports/docker/dockerode.ts';
import { devcluster, start, well } from '../test/support/devcluster.ts';
import { engineHost } from './cluster.ts';
import { inSeconds, median, type Row, spread, timed } from './table.ts';

const bare = 'bench-bare' as ClusterName;
const ours = 'bench-up';
/** As a process of its own, like the command that it is compared with. */
const bareProgram = fileURLToPath(new URL('./bare.mjs', import.meta.url));
const subnet = '172.30.77.0/24';
const labels = { 'devcluster.cluster': bare };

export async function upAgainstBare(runs = 7): Promise<Row[]> {
  const { reference: image } = JSON.parse(await well(devcluster(['image', 'build', '--yes', '-o', 'json']))) as {
    reference: string;
  };
  const host = await engineHost();
  const docker = new DockerodeEngine(dockerClient(host), host, systemClock());
  const bareRuns: number[] = [];
  const listedRuns: number[] = [];
  const wholeRuns: number[] = [];
  for (let run = 0; run <= runs; run += 1) {
    const bareTook = await timed(() => execa(process.execPath, [bareProgram, host, image]));
    // Each has the host to itself: what the other left would go on booting beside it.
    await removeBare(docker);
    const { listed, whole } = await upInTwoTimes();
    await well(devcluster(['down', '--name', ours, '--yes']));
    if (run === 0) continue;
    bareRuns.push(bareTook);
    listedRuns.push(listed);
    wholeRuns.push(whole);
  }
  const against = (runsOf: readonly number[]) =>
    `a bare script, to etcd quorum, ${spread(bareRuns, inSeconds)}: ${(median(runsOf) / median(bareRuns)).toFixed(2)} x`;
  return [
    {
      what: '`devcluster up -n 3`, image present, from the command to three machines listed and etcd healthy',
      measured: spread(listedRuns, inSeconds),
      against: against(listedRuns),
      bar: '1.3 x',
    },
    {
      what: 'the same, to the end of the command: DNS answers on every machine',
      measured: spread(wholeRuns, inSeconds),
      against: against(wholeRuns),
      bar: '',
    },
  ];
}

/** The step that sees all machines in fleet, after the one that sees etcd's quorum, prints its line when it is done. */
async function upInTwoTimes(): Promise<{ listed: number; whole: number }> {
  const begun = performance.now();
  const running = start(['up', '-n', '3', '--name', ours, '--yes']);
  let listed = 0;
  running.stderr?.on('data', (talk: Buffer) => {
    if (String(talk).includes('fleet machines')) listed = performance.now() - begun;
  });
  const { exitCode, stderr } = await running;
  if (exitCode !== 0 || listed === 0) throw new Error(`timed an up that did not end well: ${stderr}`);
  return { listed, whole: performance.now() - begun };
}

/** No checks, no waiting for anything but the quorum: the floor. */
export async function bareScript(host: string, image: string): Promise<void> {
  const docker = new DockerodeEngine(dockerClient(host), host, systemClock());
  const key = await anyKeyPair();
  const nodes = [1, 2, 3].map(
    (index): Node => ({
      index,
      name: machineName(index),
      container: containerName(bare, index),
      address: `172.30.77.${100 + index}`,
      id: machineId(bare, index),
      sshPort: 42_000 + index,
      metadata: {},
    }),
  );
  const cluster: PlacedCluster = {
    name: bare,
    token: 'bare',
    domain: 'bare.test',
    subnet,
    network: bare,
    folders: [],
    nodes,
  };
  const etcd: EtcdStart = { state: 'new', members: nodes };
  await docker.createNetwork({ name: bare, subnet, gateway: '172.30.77.1', range: '172.30.77.0/26', labels });
  await Promise.all(
    nodes.map(async (node) => {
      await docker.createContainer(machineContainerSpec({ cluster, node, image, mounts: [], labels }));
      await docker.seed(node.container, seedFiles({ cluster, node, key, hostKey: key, etcd }));
      await docker.start(node.container);
    }),
  );
  const [first] = nodes;
  while (!(await hasQuorum(first?.address ?? ''))) await systemClock().sleep(ms(20));
}

async function hasQuorum(address: string): Promise<boolean> {
  try {
    const response = await fetch(`http://${address}:2379/health`, { signal: AbortSignal.timeout(500) });
    return ((await response.json()) as { health?: string }).health === 'true';
  } catch {
    return false;
  }
}

async function removeBare(docker: DockerodeEngine): Promise<void> {
  const containers = await docker.containers(labels);
  await Promise.all(containers.map(({ id }) => docker.remove(id)));
  await docker.removeNetwork(bare);
  const volumes = [1, 2, 3].flatMap((index) =>
    ['etcd', 'docker'].map((part) => `${containerName(bare, index)}-${part}`),
  );
  await Promise.all(volumes.map((volume) => docker.removeVolume(volume)));
}

/** The machines of the bare script only have to boot; nobody enters them. */
async function anyKeyPair(): Promise<KeyPair> {
  const { utils } = (await import('ssh2')).default;
  const pair = utils.generateKeyPairSync('ed25519');
  return { privateKey: pair.private, publicKey: pair.public };
}
