/** A cluster to measure, and the door into its machines: a command run by the engine, the same for us and for what we compare with. */

import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { dockerClient } from '../src/ports/docker/client.ts';
import { devcluster, well } from '../test/support/devcluster.ts';

export interface BenchCluster extends AsyncDisposable {
  readonly name: string;
  readonly docker: ReturnType<typeof dockerClient>;
  /** Runs a shell line on a machine as root and returns what it printed; a failing line throws. */
  on(machine: string, line: string): Promise<string>;
}

export async function engineHost(): Promise<string> {
  const { host } = JSON.parse(await well(devcluster(['engine', 'start', '--yes', '-o', 'json']))) as {
    readonly host: string;
  };
  return host;
}

export async function runOn(docker: ReturnType<typeof dockerClient>, container: string, line: string): Promise<string> {
  const execution = await docker
    .getContainer(container)
    .exec({ Cmd: ['bash', '-c', line], AttachStdout: true, AttachStderr: true });
  const stream = await execution.start({ hijack: true, stdin: false });
  const [out, talk] = [new PassThrough(), new PassThrough()];
  docker.modem.demuxStream(stream, out, talk);
  stream.on('end', () => {
    out.end();
    talk.end();
  });
  const [printed, said] = await Promise.all([text(out), text(talk)]);
  const { ExitCode } = await execution.inspect();
  if (ExitCode !== 0) throw new Error(`"${line}" on ${container} ended with ${ExitCode}: ${printed}${said}`);
  return printed;
}

/** Three fresh machines without a tutorial on them. */
export async function benchCluster(name: string, machines = 3): Promise<BenchCluster> {
  await well(devcluster(['down', '--name', name, '--yes']));
  await well(devcluster(['up', '-n', String(machines), '--name', name, '--yes']));
  const docker = dockerClient(await engineHost());
  return {
    name,
    docker,
    on: (machine, line) => runOn(docker, `${name}-${machine}`, line),
    [Symbol.asyncDispose]: async () => {
      await well(devcluster(['down', '--name', name, '--yes']));
    },
  };
}
