/**
 * The way to a machine's fleet API. A machine publishes it nowhere: it is a unix socket inside. On the machine's own host
 * the kernel shows the files of its processes, sockets included; everywhere else a command inside passes bytes on.
 */
import { readFile } from 'node:fs/promises';
import { Duplex } from 'node:stream';
import { NotRunning } from '../../core/errors/docker.ts';
import type { DockerEngine } from '../../ports/docker/index.ts';
import { type Dialer, unixDialer } from '../../ports/fleet-api/dial.ts';
import type { FleetMachine } from './world.ts';

/** On every machine. */
const socketPath = '/run/fleet.sock';

export async function fleetDialer(docker: DockerEngine, machine: FleetMachine): Promise<Dialer> {
  const facts = await docker.inspect(machine.container);
  if (facts === undefined || facts.pid === 0) throw new NotRunning({ container: machine.container });
  const root = `/proc/${facts.pid}/root`;
  // An engine in a virtual machine or on another host counts its own processes, so the number alone proves nothing.
  const id = await readFile(`${root}/etc/machine-id`, 'utf8').catch(() => '');
  return id.trim() === machine.id ? unixDialer(root + socketPath) : execDialer(docker, machine.container);
}

/** One command for each connection, as fleetctl's tunnel does it. @see fleet.md 7.6, fd-forward */
const execDialer = (docker: DockerEngine, container: string): Dialer => ({
  place: `${container}:${socketPath}`,
  async dial() {
    const run = await docker.exec(container, { command: ['/usr/bin/fleetctl', 'fd-forward', socketPath], stdin: true });
    run.stderr.resume();
    const stream = Duplex.from({ readable: run.stdout, writable: run.stdin });
    stream.once('close', () => run[Symbol.dispose]());
    return stream;
  },
});
