/** The running daemon: its world, its sockets, and what the signals of fleetd mean to it. */

import { OperatingError } from '../../core/errors/define.ts';
import { Gate } from './api/gate.ts';
import { apiHandler } from './api/handler.ts';
import type { Bell } from './bell.ts';
import { type ConfigReading, complaintsAbout, readConfig, waitingForRestart } from './config.ts';
import { families } from './metrics/families.ts';
import { type Ending, Server } from './server.ts';
import { tidyUp } from './tidy.ts';
import { version } from './version.ts';
import { openLog, wire } from './wire.ts';

export interface Signals {
  readonly stop: AbortSignal;
  /** SIGHUP. */
  readonly reload: Bell;
  /** SIGUSR1. */
  readonly dump: Bell;
}

/** Runs until `stop` aborts and everything has ended as it should. @see fleet.md 8.2 to 8.6 */
export async function runDaemon(configPath: string | undefined, { stop, reload, dump }: Signals): Promise<void> {
  let reading: ConfigReading | undefined;
  const config = () => (reading as ConfigReading).config;
  const log = openLog(() => reading?.config.verbosity ?? 0);
  log.info(`Starting fleetd version ${version}`);
  reading = await readConfig(configPath, process.env);
  const started = reading.config;
  if (reading.path === undefined) log.info('No provided or default config file found - proceeding without');
  for (const complaint of complaintsAbout(reading)) log.warn(complaint);

  await using wired = await wire(config, log);
  const { world, sockets, notifier, heap } = wired;
  let ready = false;
  const status = (text: string) => {
    void notifier.tell(...(ready ? [] : ['READY=1']), `STATUS=${text}`);
    ready = true;
  };
  const gate = new Gate(world.clock);
  const server = new Server({ ...world, status }, gate);
  await using _serving = await sockets.serve(
    apiHandler({ ...world, gate, tokenLimit: () => config().tokenLimit, families: () => families(world) }),
    (cause) => log.error('Failed answering a request:', { err: cause }),
  );

  const reloads = async () => {
    for await (const _ring of reload.rings(stop)) {
      log.info(`Reloading configuration from ${reading?.path ?? 'the environment'}`);
      try {
        reading = await readConfig(configPath, process.env);
      } catch (cause) {
        if (!(cause instanceof OperatingError)) throw cause;
        log.error('The configuration stays as it was:', { err: cause });
        continue;
      }
      for (const complaint of complaintsAbout(reading)) log.warn(complaint);
      for (const name of waitingForRestart(started, config()))
        log.warn(`Config option ${name} takes effect when fleetd is restarted, which leaves its units running`);
      server.reload();
    }
  };
  const dumps = async () => {
    for await (const _ring of dump.rings(stop)) {
      log.info('Dumping server state');
      process.stdout.write(`${JSON.stringify(server.dump())}\n`);
    }
  };
  // Asked of systemd, since a stop and a restart send the same signal.
  const ending = async (): Promise<Ending> => {
    const job = await world.units.ownJob().catch(() => undefined);
    return job === 'restart' ? 'hand-over' : 'leave';
  };
  await Promise.all([server.run(stop, ending), reloads(), dumps(), tidyUp(world.clock, heap, stop)]);
}
