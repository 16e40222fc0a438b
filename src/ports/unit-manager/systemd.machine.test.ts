import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, stat, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { hashOf, type UnitFile, type UnitName } from '../../core/unit/index.ts';
import { systemClock } from '../clock/system.ts';
import { memoryLog } from '../log/memory.ts';
import { unitManagerContract } from './contract.ts';
import { privateSocket, systemBus } from './dbus.ts';
import { openSystemd, userSystemd } from './systemd.ts';

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

/** A systemd of user core, in a place of its own, until the machine ends. */
async function systemdOfUser() {
  const runtime = await mkdtemp('/run/runtime-of-core-');
  await mkdir(`${runtime}/systemd/user`, { recursive: true });
  await promisify(execFile)('chown', ['--recursive', 'core:core', runtime]);
  const environment = [`XDG_RUNTIME_DIR=${runtime}`, 'HOME=/home/core'].map((one) => `--setenv=${one}`);
  const service = ['--uid=core', '--gid=core', '--property=Type=notify', '--property=Delegate=yes'];
  await promisify(execFile)('systemd-run', [
    ...['--quiet', '--collect', ...service, ...environment],
    ...['/usr/lib/systemd/systemd', '--user'],
  ]);
  return userSystemd(runtime);
}

const ofUser = await systemdOfUser();
const directoryOfUser = await mkdtemp('/run/fleetd-units-');
await chmod(directoryOfUser, 0o755);
unitManagerContract("a user's systemd", {
  open: () => openSystemd({ clock: systemClock(), directory: directoryOfUser, ...ofUser }),
  hashOf,
});

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

it('files that are no units are told of and left alone', async () => {
  const directory = await mkdtemp('/run/fleetd-units-');
  await writeFile(`${directory}/README`, 'not a unit\n');
  const log = memoryLog();
  await using manager = await openSystemd({ clock: systemClock(), log, directory });
  expect(manager.units()).toEqual([]);
  expect(log.events).toEqual([
    { level: 'warn', event: `Found unrecognized file in ${directory}/README, ignoring`, facts: {} },
  ]);
});

it('a type of unit that fleet would not recognise on disk is known again', async () => {
  const directory = await mkdtemp('/run/fleetd-units-');
  const unit = 'known-again.target' as UnitName;
  const file: UnitFile = [{ section: 'Unit', name: 'Description', value: 'a target' }];
  await using first = await openSystemd({ clock: systemClock(), directory });
  await first.load(unit, file, hashOf(file));
  await first.reload();
  await first.start(unit);
  await systemctl('start', unit);
  await using second = await openSystemd({ clock: systemClock(), directory });
  expect(second.units()).toMatchObject([{ name: unit, hash: hashOf(file), launched: true, active: 'active' }]);
  await second.unload(unit);
});

it('an [Install] section enables the unit for this boot, and nothing of it stays', async () => {
  const unit = 'enabled.service' as UnitName;
  const file: UnitFile = [...sleeper, { section: 'Install', name: 'WantedBy', value: 'multi-user.target' }];
  await using manager = await openSystemd({ clock: systemClock(), directory: await mkdtemp('/run/fleetd-units-') });
  await manager.load(unit, file, hashOf(file));
  await manager.reload();
  expect(await systemctl('is-enabled', unit)).toBe('enabled-runtime');
  await manager.unload(unit);
  await expect(stat(`/run/systemd/system/multi-user.target.wants/${unit}`)).rejects.toThrow('ENOENT');
});

it('an [Install] section that asks for nothing is a load that failed, and leaves nothing behind', async () => {
  const unit = 'empty-install.service' as UnitName;
  const file: UnitFile = [...sleeper, { section: 'Install', name: 'WantedBy', value: '' }];
  await using manager = await openSystemd({ clock: systemClock(), directory: await mkdtemp('/run/fleetd-units-') });
  await expect(manager.load(unit, file, hashOf(file))).rejects.toThrow(
    `Failed to enable systemd unit ${unit}: its [Install] section carries no install info`,
  );
  expect(manager.units()).toEqual([]);
  await expect(systemctl('cat', unit)).rejects.toThrow('No files found');
});

it('says what it asks of systemd in the words of fleet', async () => {
  const unit = 'told.service' as UnitName;
  const log = memoryLog();
  await using manager = await openSystemd({
    clock: systemClock(),
    log,
    directory: await mkdtemp('/run/fleetd-units-'),
  });
  await manager.load(unit, sleeper, hashOf(sleeper));
  await manager.reload();
  await manager.start(unit);
  await manager.unload(unit);
  expect(log.events.map(({ event }) => event.replace(/\d+$/, 'N'))).toEqual([
    'Writing systemd unit told.service (36b)',
    'Triggered systemd unit told.service start: job=N',
    'Triggered systemd unit told.service stop: job=N',
    'Removing systemd unit told.service',
  ]);
});
