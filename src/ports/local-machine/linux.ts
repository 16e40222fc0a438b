/** The machine as Linux and systemd describe it. */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { dirname } from 'node:path';
import { BootTokenUnusable, MachineIdUnknown } from '../../core/errors/fleetd.ts';
import type { MachineId } from '../../core/machine/types.ts';
import type { LocalMachine } from './index.ts';

export interface LinuxPaths {
  readonly machineId: string;
  /** On a file system that a boot empties. */
  readonly bootToken: string;
  readonly routes: string;
}

const usual: LinuxPaths = {
  machineId: '/etc/machine-id',
  bootToken: '/run/fleet/boot-token',
  routes: '/proc/net/route',
};

/** For a fleetd of a user, which may write nowhere else. */
export const userPaths = (runtimeDirectory: string): LinuxPaths => ({
  ...usual,
  bootToken: `${runtimeDirectory}/fleet/boot-token`,
});

export const linuxMachine = (paths: LinuxPaths = usual): LocalMachine => ({
  async id() {
    const written = await readFile(paths.machineId, 'utf8').catch(() => '');
    if (written.trim() === '') throw new MachineIdUnknown({ path: paths.machineId });
    return written.trim() as MachineId;
  },

  async bootToken() {
    const known = await readFile(paths.bootToken, 'utf8').catch(() => undefined);
    if (known !== undefined) return known;
    const token = randomUUID();
    const draft = `${paths.bootToken}.${token}`;
    try {
      await mkdir(dirname(paths.bootToken), { recursive: true });
      await writeFile(draft, token);
    } catch (cause) {
      throw new BootTokenUnusable({ path: paths.bootToken }, { cause });
    }
    // Linking fails where a file stands already, so that two processes that start together agree on one token.
    await link(draft, paths.bootToken).catch(() => {});
    await rm(draft);
    return readFile(paths.bootToken, 'utf8');
  },

  async publicIp() {
    const device = defaultDevice(await readFile(paths.routes, 'utf8').catch(() => ''));
    const all = networkInterfaces();
    // A machine without a way out, as on an internal network, is still reached by its neighbours.
    const candidates = device === undefined ? Object.values(all).flat() : (all[device] ?? []);
    return candidates.find((entry) => entry?.family === 'IPv4' && isGlobalUnicast(entry))?.address ?? '';
  },
});

/** The interface of the default route with the lowest metric, from the kernel's routing table. */
export function defaultDevice(routes: string): string | undefined {
  const up = 1;
  const defaults = routes
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, destination, , flags]) => destination === '00000000' && (Number.parseInt(flags ?? '0', 16) & up) !== 0)
    .sort((a, b) => Number(a[6]) - Number(b[6]));
  return defaults[0]?.[0];
}

const isGlobalUnicast = ({ internal, address }: { readonly internal: boolean; readonly address: string }): boolean =>
  !internal && !address.startsWith('169.254.') && address !== '0.0.0.0';
