/** Whether an engine runs, told by its pid file: asking the engine itself would start one that waits for a connection. */
import { type FSWatcher, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { seconds } from '../../core/base/time.ts';
import type { Clock } from '../../ports/clock/index.ts';

/** A look without a cause, in case the folder's watch missed one or cannot be had. */
const lookEvery = seconds(30);

/**
 * Resolves when the file names a process that lives, or when `stop` aborts.
 *
 * @returns whether it lived already when we first looked
 */
export async function processRuns(path: string, clock: Clock, stop: AbortSignal): Promise<'already' | 'only now'> {
  for (let answer: 'already' | 'only now' = 'already'; ; answer = 'only now') {
    const changed = new AbortController();
    const change = () => changed.abort();
    stop.addEventListener('abort', change, { once: true });
    const watcher = watching(path, change);
    try {
      // Looking after the watch began: a file that appears in between is either seen or heard of.
      if (stop.aborted || (await isAlive(path))) return answer;
      await clock.sleep(lookEvery, changed.signal);
    } finally {
      watcher?.close();
      stop.removeEventListener('abort', change);
    }
  }
}

function watching(path: string, change: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(dirname(path), (_, name) => {
      if (name === null || name === basename(path)) change();
    });
    watcher.on('error', change);
    return watcher;
  } catch {
    // No such folder yet: the look without a cause will find it.
    return undefined;
  }
}

async function isAlive(path: string): Promise<boolean> {
  try {
    const pid = Number.parseInt(await readFile(path, 'utf8'), 10);
    return Number.isInteger(pid) && pid > 0 && process.kill(pid, 0);
  } catch (error) {
    // Somebody else's process is alive, too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
