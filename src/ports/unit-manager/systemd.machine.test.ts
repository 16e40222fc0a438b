import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { hashOf, type UnitFile, type UnitName } from '../../core/unit/index.ts';
import { systemClock } from '../clock/system.ts';
import { unitManagerContract } from './contract.ts';
import { privateSocket, systemBus } from './dbus.ts';
import { openSystemd } from './systemd.ts';

const systemctl = async (...args: readonly string[]): Promise<string> =>
  (await promisify(execFile)('systemctl', args)).stdout.trim();
const sleeper: UnitFile = [{ section: 'Service', name: 'ExecStart', value: '/bin/sleep 1000' }];

// Both ways to systemd make one promise; which of them fleetd takes depends on who runs it.
for (const [way, address] of Object.entries({ 'its private socket': privateSocket, 'the system bus': systemBus })) {
  const directory = await mkdtemp('/run/fleetd-units-');
  const open = () => openSystemd({ clock: systemClock(), directory, address });
  unitManagerContract(`systemd over ${way}`, { open, hashOf });

  it(`a loaded unit is linked for this boot, and systemctl has nothing to warn about, over ${way}`, async () => {
    const unit = 'linked.service' as UnitName;
    await using manager = await open();
    await manager.load(unit, sleeper, hashOf(sleeper));
    await manager.reload();
    await manager.start(unit);
    expect(await systemctl('show', '--property', 'UnitFileState,NeedDaemonReload', unit)).toBe(
      'UnitFileState=linked-runtime\nNeedDaemonReload=no',
    );
    await manager.unload(unit);
    await expect(systemctl('cat', unit)).rejects.toThrow('No files found');
  });
}

it('systemd is found again after it has executed itself anew, and its units with it', async () => {
  const unit = 'survivor.service' as UnitName;
  await using manager = await openSystemd({ clock: systemClock(), directory: await mkdtemp('/run/fleetd-units-') });
  await manager.load(unit, sleeper, hashOf(sleeper));
  await manager.reload();
  await manager.start(unit);
  await systemctl('daemon-reexec');
  // What is asked while the connection is down is refused; asked again, it is done as soon as there is a new one.
  for (let stopped = false; !stopped; ) {
    stopped = await manager.stop(unit).then(
      () => true,
      (cause) => {
        expect(cause).toMatchObject({ code: 'SYSTEMD_UNREACHABLE' });
        return false;
      },
    );
    if (!stopped) await new Promise(setImmediate);
  }
  expect(manager.units()).toMatchObject([{ name: unit, launched: false, active: 'inactive' }]);
  await manager.unload(unit);
});
