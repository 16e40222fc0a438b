/** fleetd: its process. */
import { Bell } from './bell.ts';
import { runCommandLine } from './command-line.ts';

// Heard from the first moment on, since a signal that nobody listens to ends a process.
const stop = new AbortController();
const [reload, dump] = [new Bell(), new Bell()];
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());
process.on('SIGHUP', () => reload.ring());
process.on('SIGUSR1', () => dump.ring());

const code = await runCommandLine(
  process.argv.slice(2),
  { out: (text) => void process.stdout.write(text), err: (text) => void process.stderr.write(text) },
  async (config) => {
    // Loaded now, so that asking for the version stays quick.
    const { runDaemon } = await import('./daemon.ts');
    await runDaemon(config, { stop: stop.signal, reload, dump });
  },
);
process.exit(code);
