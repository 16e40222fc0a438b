/**
 * Deaths before the engine tells of them.
 *
 * The runtime that an engine starts containers with keeps a folder for each that lives, and removes it as soon as the
 * process has ended. Docker tells of the death only after it has taken the container's network apart, which with a
 * published port takes it 100 to 200 ms more.
 */
import { type FSWatcher, watch } from 'node:fs';
import { access } from 'node:fs/promises';
import { basename, join } from 'node:path';

export interface EarlyDeaths extends Disposable {
  /** Begins to watch, where that has not begun or has come to its end; costs nothing else. */
  look(): void;
  /** A container may have been started again since it died. */
  isGone(id: string): Promise<boolean>;
}

/**
 * @param path such as `/run/docker/runtime-runc/moby`. It need not exist: the first container makes it.
 * @param heard told the id of a container whose folder came or went, perhaps more than once
 */
export function runtimeFolder(path: string, heard: (id: string) => void): EarlyDeaths {
  let watcher: FSWatcher | undefined;
  const end = () => {
    watcher?.close();
    watcher = undefined;
  };
  return {
    look() {
      if (watcher !== undefined) return;
      try {
        watcher = watch(path, (_, name) => {
          // The folder itself is gone; the next container makes another.
          if (name === basename(path)) end();
          else if (name !== null) heard(name);
        });
        watcher.on('error', end);
      } catch {
        // Not there yet, or the engine has another runtime: its own news is all there is.
      }
    },
    isGone: (id) =>
      access(join(path, id)).then(
        () => false,
        () => true,
      ),
    [Symbol.dispose]: end,
  };
}
