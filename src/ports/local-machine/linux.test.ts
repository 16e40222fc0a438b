import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultDevice, linuxMachine, userPaths } from './linux.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'machine-'));
});
afterEach(() => rm(directory, { recursive: true }));

const machine = () =>
  linuxMachine({
    machineId: join(directory, 'machine-id'),
    bootToken: join(directory, 'run', 'boot-token'),
    routes: join(directory, 'route'),
  });

describe('a machine under Linux', () => {
  it('has the trimmed content of machine-id as its id', async () => {
    await writeFile(join(directory, 'machine-id'), '0123456789abcdef0123456789abcdef\n');
    expect(await machine().id()).toBe('0123456789abcdef0123456789abcdef');
  });

  it('cannot say who it is when machine-id is missing or empty', async () => {
    await expect(machine().id()).rejects.toMatchObject({ code: 'MACHINE_ID_UNKNOWN' });
    await writeFile(join(directory, 'machine-id'), '\n');
    await expect(machine().id()).rejects.toMatchObject({ code: 'MACHINE_ID_UNKNOWN' });
  });

  it('gives every process of one boot the same token, and a new one after a boot', async () => {
    const tokens = await Promise.all([machine().bootToken(), machine().bootToken(), machine().bootToken()]);
    expect(new Set(tokens).size).toBe(1);
    await rm(join(directory, 'run'), { recursive: true });
    expect(await machine().bootToken()).not.toBe(tokens[0]);
  });
});

describe('the default route', () => {
  const header = 'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n';
  it.each([
    ['the only one', 'eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\n', 'eth0'],
    [
      'the one with the lowest metric',
      'wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\neth1\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n',
      'eth1',
    ],
    ['none', 'eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n', undefined],
    ['none that is up', 'eth0\t00000000\t010011AC\t0002\t0\t0\t0\t00000000\t0\t0\t0\n', undefined],
  ])('leaves through %s', (_, routes, device) => {
    expect(defaultDevice(header + routes)).toBe(device);
  });
});

it('says so when this boot of the machine cannot be remembered', async () => {
  const machine = linuxMachine({ machineId: '/dev/null', bootToken: '/dev/null/token', routes: '/dev/null' });
  await expect(machine.bootToken()).rejects.toMatchObject({ code: 'BOOT_TOKEN_UNUSABLE' });
});

it('keeps what a fleetd of a user remembers in the runtime directory of the user', () => {
  expect(userPaths('/run/user/500').bootToken).toBe('/run/user/500/fleet/boot-token');
});
