import { mkdtemp } from 'node:fs/promises';
import { hashOf } from '../../core/unit/index.ts';
import { systemClock } from '../clock/system.ts';
import { unitManagerContract } from './contract.ts';
import { privateSocket, systemBus } from './dbus.ts';
import { openSystemd } from './systemd.ts';

// Both ways to systemd make one promise; which of them fleetd takes depends on who runs it.
for (const [way, address] of Object.entries({ 'its private socket': privateSocket, 'the system bus': systemBus })) {
  const directory = await mkdtemp('/run/fleetd-units-');
  unitManagerContract(`systemd over ${way}`, {
    open: () => openSystemd({ clock: systemClock(), directory, address }),
    hashOf,
  });
}
