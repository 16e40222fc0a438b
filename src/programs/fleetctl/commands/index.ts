/** Every command, in the order in which help shows them. */
import type { Command } from '../command.ts';
import { cat } from './cat.ts';
import { completion } from './completion.ts';
import { destroy } from './destroy.ts';
import { explain } from './explain.ts';
import { fdForward } from './fd-forward.ts';
import { help } from './help.ts';
import { journal } from './journal.ts';
import { listMachines } from './list-machines.ts';
import { listUnitFiles } from './list-unit-files.ts';
import { listUnits } from './list-units.ts';
import { load } from './load.ts';
import { plan } from './plan.ts';
import { restart } from './restart.ts';
import { ssh } from './ssh.ts';
import { start } from './start.ts';
import { status } from './status.ts';
import { stop } from './stop.ts';
import { submit } from './submit.ts';
import { unload } from './unload.ts';
import { verify } from './verify.ts';
import { version } from './version.ts';
import { watch } from './watch.ts';

const working: readonly Command[] = [
  cat,
  completion,
  destroy,
  explain,
  fdForward,
  journal,
  listMachines,
  listUnitFiles,
  listUnits,
  load,
  plan,
  restart,
  ssh,
  start,
  status,
  stop,
  submit,
  unload,
  verify,
  version,
  watch,
];

export const commands: readonly Command[] = [...working, help(() => commands)];
