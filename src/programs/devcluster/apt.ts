/** Packages of this host's distribution, installed where people agreed to it. */
import { PackageMissing } from '../../core/errors/machine-image.ts';
import type { Processes } from '../../ports/process/index.ts';

export interface AptOrder {
  readonly packages: readonly string[];
  /** The program that they are wanted for. */
  readonly command: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Needs root. Lists of packages are fetched only when what they say is not enough: on a fresh machine they are missing.
 *
 * @throws {PackageMissing}
 */
export async function aptInstall(processes: Processes, order: AptOrder, said: (line: string) => void): Promise<void> {
  const { packages, command, environment = {} } = order;
  const apt = (...args: readonly string[]) =>
    processes.run({
      command: 'apt-get',
      // Another apt may be at work: a freshly booted machine updates itself.
      args: ['-o', 'DPkg::Lock::Timeout=120', ...args],
      environment: { DEBIAN_FRONTEND: 'noninteractive', ...environment },
      said,
    });
  const install = () => apt('install', '--yes', '--no-install-recommends', ...packages);

  let ended = await install();
  if (ended.code !== 0 && ended.code !== 127) {
    await apt('update');
    ended = await install();
  }
  if (ended.code === 0) return;
  const reason = ended.code === 127 ? 'there is no apt-get' : (ended.err.trim().split('\n').at(-1) ?? '');
  throw new PackageMissing({ command, package: packages.join(' '), reason });
}
