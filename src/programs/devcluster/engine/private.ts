/** The engine that devcluster starts where there is none: its own data, socket and log, beside any other engine. */
import { type Millis, ms, seconds } from '../../../core/base/time.ts';
import { EngineNotStopped, EngineStartFailed } from '../../../core/errors/host-engine.ts';
import type { EngineHost } from '../../../ports/host-engine/index.ts';

const socket = '/run/devcluster/engine/docker.sock';

export const privateEngine = {
  socket,
  host: `unix://${socket}`,
  pidFile: '/run/devcluster/engine/docker.pid',
  execRoot: '/run/devcluster/engine/exec',
  dataRoot: '/var/lib/devcluster/engine',
  log: '/var/lib/devcluster/engine/dockerd.log',
} as const;

const patience = {
  /** The first start makes its folders and looks what the kernel can do. */
  start: seconds(60),
  /** Machines that run are stopped first. */
  stop: seconds(90),
  look: ms(50),
};

/** Every cluster has a network of its own, so the engine needs no bridge, which would also take a subnet. */
const args = [
  `--host=${privateEngine.host}`,
  `--pidfile=${privateEngine.pidFile}`,
  `--exec-root=${privateEngine.execRoot}`,
  `--data-root=${privateEngine.dataRoot}`,
  '--bridge=none',
];

/**
 * Two that start it at once both end well: the pid file lets one daemon win, and both wait for its socket.
 *
 * @throws {EngineStartFailed} with the last lines of its log
 */
export async function startPrivateEngine(host: EngineHost): Promise<void> {
  const { ended } = await host.startDaemon({ command: 'dockerd', args, log: privateEngine.log });
  let reason: string | undefined;
  void ended.then((why) => {
    reason = why;
  });
  for (let waited = 0; waited < patience.start; waited += patience.look) {
    if ((await host.knock(privateEngine.host)).kind === 'answers') return;
    if (reason !== undefined && !(await isStarting(host))) break;
    await host.sleep(patience.look);
  }
  const lines = ((await host.readText(privateEngine.log)) ?? '').trim().split('\n').slice(-8);
  const why = reason ?? `it does not answer after ${patience.start / 1_000} s`;
  throw new EngineStartFailed({ reason: why, log: privateEngine.log, lines });
}

/** Whether a daemon, perhaps somebody else's, is there and may answer soon. */
const isStarting = async (host: EngineHost): Promise<boolean> => (await privatePid(host)) !== undefined;

/** The process of the private engine; undefined when none runs. */
export async function privatePid(host: EngineHost): Promise<number | undefined> {
  const pid = Number((await host.readText(privateEngine.pidFile))?.trim());
  return pid > 0 && (await host.isRunning(pid)) ? pid : undefined;
}

/** Machines on it stop too; they and all data stay. @returns false when it does not run @throws {EngineNotStopped} */
export async function stopPrivateEngine(host: EngineHost): Promise<boolean> {
  const pid = await privatePid(host);
  if (pid === undefined) return false;
  host.terminate(pid);
  for (let waited = 0; await host.isRunning(pid); waited += patience.look) {
    if (waited >= patience.stop) throw new EngineNotStopped({ pid, seconds: inSeconds(patience.stop) });
    await host.sleep(patience.look);
  }
  return true;
}

const inSeconds = (duration: Millis): number => duration / 1_000;
