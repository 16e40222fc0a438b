/** The tool as a person uses it: our own commands, run as processes from the checkout. */
import { fileURLToPath } from 'node:url';
import { execa, type Options } from 'execa';

export const checkout = fileURLToPath(new URL('../..', import.meta.url));

export interface Ran {
  readonly code: number;
  readonly out: string;
  /** What was said to the person, beside the result. */
  readonly talk: string;
}

const run = async (program: string, args: readonly string[], options: Options = {}): Promise<Ran> => {
  const { exitCode, stdout, stderr } = await execa(`${checkout}bin/${program}`, args, {
    cwd: checkout,
    reject: false,
    stripFinalNewline: false,
    stdin: 'ignore',
    ...options,
  });
  return { code: exitCode ?? 128, out: String(stdout), talk: String(stderr) };
};

/** The same, still running, to be interrupted. */
export const start = (args: readonly string[]) =>
  execa(`${checkout}bin/devcluster`, args, { cwd: checkout, reject: false, stdin: 'ignore' });

export const devcluster = (args: readonly string[], options?: Options): Promise<Ran> =>
  run('devcluster', args, options);

/** Runs to a good end, or fails the test with all that was said. */
export const well = async (running: Promise<Ran>): Promise<string> => {
  const { code, out, talk } = await running;
  if (code !== 0) throw new Error(`exit code ${code}\n${out}\n${talk}`);
  return out;
};

/** One named cluster: its commands, and its end. */
export class TestCluster implements AsyncDisposable {
  readonly name: string;
  #environment: Record<string, string> | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** `devcluster <args>` on this cluster. */
  run(...args: readonly string[]): Promise<Ran> {
    return devcluster(args, { env: { DEVCLUSTER_NAME: this.name } });
  }

  /** The same, still running, until it is killed. */
  start(...args: readonly string[]) {
    const env = { DEVCLUSTER_NAME: this.name };
    return { process: execa(`${checkout}bin/devcluster`, args, { cwd: checkout, reject: false, env }) };
  }

  well(...args: readonly string[]): Promise<string> {
    return well(this.run(...args));
  }

  /** A shell line on one machine, as user core over ssh. */
  on(machine: string, line: string): Promise<string> {
    return this.well('ssh', machine, '--', line);
  }

  /** Our fleetctl on this host, through the tunnel that `devcluster env` describes. */
  async fleetctl(...args: readonly string[]): Promise<Ran> {
    this.#environment ??= JSON.parse(await this.well('env', '-o', 'json')) as Record<string, string>;
    return run('fleetctl', args, { env: this.#environment });
  }

  /** The same, still running, until it is killed. */
  async following(...args: readonly string[]) {
    this.#environment ??= JSON.parse(await this.well('env', '-o', 'json')) as Record<string, string>;
    return {
      process: execa(`${checkout}bin/fleetctl`, args, { cwd: checkout, reject: false, env: this.#environment }),
    };
  }

  async fleet(...args: readonly string[]): Promise<string> {
    return well(this.fleetctl(...args));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await well(devcluster(['down', '--name', this.name, '--yes']));
  }
}

/** Tries again until it holds, for what takes a moment on a real cluster; the last failure is the one reported. */
export async function eventually<T>(attempt: () => Promise<T>, within = 15_000): Promise<T> {
  const end = performance.now() + within;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
