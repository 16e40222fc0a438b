import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { SystemdUnreachable } from '../../core/errors/systemd.ts';
import { hashOf, type UnitFile, type UnitName } from '../../core/unit/index.ts';
import { systemClock } from '../clock/system.ts';
import { memoryLog } from '../log/memory.ts';
import { privateSocket, systemBus } from '../unit-manager/dbus.ts';
import type { UnitManager } from '../unit-manager/index.ts';
import { openSystemd } from '../unit-manager/systemd.ts';
import { fleetUnitsContract } from './contract.ts';
import type { FleetUnits } from './index.ts';
import { openFleetUnits } from './systemd.ts';

const clock = systemClock();
const systemctl = (...args: readonly string[]) => promisify(execFile)('systemctl', args);

const unit = (...lines: readonly string[]): UnitFile =>
  lines.map((line) => ({ section: 'Service', name: line.split('=')[0] ?? '', value: line.replace(/^\w+=/, '') }));
const sleeper = 'ExecStart=/bin/sleep 1000';
const speaking = 'Environment=SERVICE_NAME=x';

/** A fleet of one: its agent's unit manager and what an observer sees. */
async function aMachine(address = privateSocket) {
  const directory = await mkdtemp('/run/fleet-units-');
  await chmod(directory, 0o755);
  const manager: UnitManager = await openSystemd({ clock, directory, log: memoryLog() });
  const units: FleetUnits = await openFleetUnits({ clock, directory, address });
  return {
    directory,
    manager,
    units,
    async start(name: string, ...lines: readonly string[]) {
      const file = unit(...lines);
      await manager.load(name as UnitName, file, hashOf(file));
      await manager.reload();
      await manager.start(name as UnitName);
    },
    stop: (name: string) => manager.unload(name as UnitName),
    async [Symbol.asyncDispose]() {
      await units[Symbol.asyncDispose]();
      for (const { name } of manager.units()) await manager.unload(name);
      await manager[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}

for (const [way, address] of Object.entries({ 'its private socket': privateSocket, 'the system bus': systemBus })) {
  fleetUnitsContract(`systemd over ${way}`, async () => {
    const machine = await aMachine(address);
    return {
      units: machine.units,
      start: (name, environment) =>
        machine.start(name, sleeper, ...(environment.length > 0 ? [`Environment=${environment.join(' ')}`] : [])),
      stop: machine.stop,
      [Symbol.asyncDispose]: () => machine[Symbol.asyncDispose](),
    };
  });
}

describe('the units of a real systemd', () => {
  const names = async (units: FleetUnits, wanted: (names: readonly string[]) => boolean) => {
    for await (const shown of units.watch(AbortSignal.timeout(20_000))) {
      if (wanted([...shown.keys()])) return shown;
    }
    throw new Error('what was waited for did not happen');
  };

  it('have their specifiers replaced and their commands told', async () => {
    await using machine = await aMachine();
    await machine.start('spec@7.service', 'Environment="SERVICE_ID=spec-%i" "A=b c"', sleeper);
    const shown = await names(machine.units, (all) => all.includes('spec@7.service'));
    expect(shown.get('spec@7.service')).toEqual({
      name: 'spec@7.service',
      environment: ['SERVICE_ID=spec-7', 'A=b c'],
      commands: [['/bin/sleep', '1000']],
    });
  });

  it('leave when their process is killed, and are back when systemd has restarted it', async () => {
    await using machine = await aMachine();
    await machine.start('phoenix.service', speaking, 'Restart=always', 'RestartSec=300ms', sleeper);
    await names(machine.units, (all) => all.includes('phoenix.service'));
    await systemctl('kill', '--signal', 'KILL', 'phoenix.service');
    await names(machine.units, (all) => !all.includes('phoenix.service'));
    await names(machine.units, (all) => all.includes('phoenix.service'));
  });

  it('leave when they fail for good', async () => {
    await using machine = await aMachine();
    await machine.start('mortal.service', speaking, 'Type=exec', 'ExecStart=/bin/sh -c "sleep 0.3; exit 1"');
    await names(machine.units, (all) => all.includes('mortal.service'));
    await names(machine.units, (all) => !all.includes('mortal.service'));
  });

  it('are only those whose files stand in the directory and speak of a service', async () => {
    await using machine = await aMachine();
    await promisify(execFile)('systemd-run', [
      '--unit',
      'stranger',
      '--setenv',
      'SERVICE_NAME=x',
      '/bin/sleep',
      '1000',
    ]);
    try {
      await machine.start('silent.service', sleeper);
      await machine.start('ours.service', speaking, sleeper);
      const shown = await names(machine.units, (all) => all.includes('ours.service'));
      await machine.units.refresh();
      expect([...shown.keys()]).toEqual(['ours.service']);
    } finally {
      await systemctl('stop', 'stranger.service');
    }
  });

  it('are all known to an observer who comes later, and whose connection broke', async () => {
    await using machine = await aMachine();
    await machine.start('early.service', speaking, sleeper);
    await using late = await openFleetUnits({ clock, directory: machine.directory });
    await names(late, (all) => all.includes('early.service'));
    await systemctl('daemon-reexec');
    await systemctl('stop', 'early.service');
    await names(late, (all) => !all.includes('early.service'));
  });

  it('are none while fleet has no directory yet', async () => {
    await using units = await openFleetUnits({ clock, directory: '/run/nowhere' });
    expect((await names(units, () => true)).size).toBe(0);
  });

  it('need no systemd while none of them speaks', async () => {
    await using machine = await aMachine();
    const address = { socket: '/run/nowhere', direct: true };
    await using units = await openFleetUnits({ clock, directory: machine.directory, address });
    await machine.start('silent.service', sleeper);
    await units.refresh();
    await machine.start('loud.service', speaking, sleeper);
    await expect(units.refresh()).rejects.toThrow(SystemdUnreachable);
  });
});
