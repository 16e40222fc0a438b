/** A stage for tests: a cluster in memory, files, machines that answer SSH, and fleetctl's command line in front of it. */

import { parseUnitFile, unitName } from '../../core/unit/index.ts';
import { ManualClock } from '../../ports/clock/manual.ts';
import { MemoryFleetApi, obedient } from '../../ports/fleet-api/memory.ts';
import { type Behaviour, memorySsh } from '../../ports/ssh/memory.ts';
import { captureIo } from '../../testing/capture-io.ts';
import { fleetctlLog } from './log.ts';
import { fleetctl } from './run.ts';
import type { GlobalReading } from './settings.ts';
import type { World } from './world.ts';

export const m1 = '113f16a7b2d84c0f9c1d2e3f40516273';
export const m2 = '85c0c595a1b24d3e8f90a1b2c3d4e5f6';

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface StageOptions {
  /** Unit files on this machine, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** What machines do when commands are run, by `host:port`. */
  readonly machines?: Readonly<Record<string, Behaviour>>;
  /** The id of the machine that fleetctl runs on. */
  readonly here?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What a command that runs here returns. */
  readonly localCode?: number;
}

export type Stage = ReturnType<typeof stage>;

/** Two machines; the cluster does at once what it is asked to, on the first of them, unless a test plays it otherwise. */
export function stage({ files = {}, machines = {}, here, env = {}, localCode = 0 }: StageOptions = {}) {
  const api = new MemoryFleetApi();
  api.join(m1, '172.17.8.103', { purpose: 'services' });
  api.join(m2);
  api.whenTargeted = obedient(m1);
  const clock = new ManualClock(new Date(2026, 0, 2, 3, 4, 5));
  const ssh = memorySsh(machines);
  const local: string[][] = [];
  const interrupt = new AbortController();
  const wired: GlobalReading[] = [];

  const worldWith = (io: World['io']): World => ({
    io,
    clock,
    log: fleetctlLog(io, clock, false),
    fleet: api,
    files: { read: async (path) => files[path] },
    ssh: (to) => ssh.connect(to),
    here: {
      id: async () => here,
      run: async (command) => {
        local.push([...command]);
        return localCode;
      },
      dialUnix: async (path) => (await ssh.connect({ host: 'socket', port: 0 })).dialUnix(path),
    },
    interrupted: () => interrupt.signal,
    [Symbol.asyncDispose]: async () => {},
  });

  const runOn = (io: World['io'], argv: readonly string[]): Promise<number> => {
    const wire = async (globals: GlobalReading) => {
      wired.push(globals);
      return worldWith(io);
    };
    return fleetctl({ argv, env, io, wire });
  };
  const answer = async (stdin: string, ...argv: readonly string[]): Promise<Outcome> => {
    const io = captureIo(stdin);
    const code = await runOn(io, argv);
    return { code, out: io.output(), err: io.errors() };
  };
  const run = (...argv: readonly string[]): Promise<Outcome> => answer('', ...argv);

  return {
    api,
    clock,
    ssh,
    /** What was run on this machine. */
    local,
    /** What the command line and the environment said to the wiring. */
    wired,
    /** Submits a unit without fleetctl. */
    async put(name: string, text: string): Promise<void> {
      await api.putUnit(unitName(name), parseUnitFile(text));
    },
    /** Runs `fleetctl` with these arguments and lets no time pass. */
    run,
    /** Begins to run; what it prints can be read meanwhile. */
    begin(...argv: readonly string[]) {
      const io = captureIo();
      return { out: io.output, err: io.errors, code: runOn(io, argv) };
    },
    /** Presses ^C. */
    interrupt: () => interrupt.abort(),
    /** As `run`, with something in stdin. */
    answer,
    /** As `run`, with as much time passing as the command needs. */
    async runForLong(...argv: readonly string[]): Promise<Outcome> {
      let ended = false;
      const running = run(...argv).finally(() => {
        ended = true;
      });
      while (!ended) {
        const due = clock.nextDue();
        if (due === undefined) await new Promise(setImmediate);
        else await clock.advanceTo(due);
      }
      return running;
    },
  };
}

export const hello = '[Unit]\nDescription=Hello\n\n[Service]\nExecStart=/usr/bin/sleep infinity\n';
export const everywhere = '[Service]\nExecStart=/usr/bin/sleep 10\n\n[X-Fleet]\nGlobal=true\n';
