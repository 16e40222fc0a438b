/** The running daemon: its world, its sockets, and what the signals of fleetd mean to it. */

import { Gate } from './api/gate.ts';
import { apiHandler } from './api/handler.ts';
import { readConfig } from './config.ts';
import { families } from './metrics/families.ts';
import { Server } from './server.ts';
import { version } from './version.ts';
import { wire } from './wire.ts';

/** Runs until `stop` aborts and everything has ended as it should. @see fleet.md 8.3 to 8.5 */
export async function runDaemon(configPath: string | undefined, stop: AbortSignal): Promise<void> {
  let reading = await readConfig(configPath, process.env);
  const config = () => reading.config;
  await using wired = await wire(config);
  const { world, sockets } = wired;
  const { log } = world;
  log.info(`Starting fleetd version ${version}`);
  if (reading.path === undefined) log.info('No provided or default config file found - proceeding without');
  for (const key of reading.retired) log.warn(`Config option ${key} is no longer supported - ignoring`);
  for (const { message } of reading.mistakes) log.warn('A setting keeps its default:', { because: message });

  const gate = new Gate(world.clock);
  const server = new Server(world, gate);
  await using _serving = await sockets.serve(
    apiHandler({ ...world, gate, tokenLimit: () => config().tokenLimit, families: () => families(world) }),
    (cause) => log.error('Failed answering a request:', { err: cause }),
  );
  const reload = async () => {
    log.info(`Reloading configuration from ${reading.path ?? 'the environment'}`);
    try {
      reading = await readConfig(configPath, process.env);
    } catch (cause) {
      log.error('The configuration stays as it was:', { err: cause });
      return;
    }
    server.reload();
  };
  process.on('SIGHUP', () => void reload());
  process.on('SIGUSR1', () => {
    log.info('Dumping server state');
    process.stdout.write(`${JSON.stringify(server.dump())}\n`);
  });
  await server.run(stop, async () => {
    // Asked of systemd, since a stop and a restart send the same signal.
    const job = await world.units.ownJob().catch(() => undefined);
    return job === 'restart' ? 'hand-over' : 'leave';
  });
}
