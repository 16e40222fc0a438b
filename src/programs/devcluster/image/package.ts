/** Where this package is on disk: its images, and the programs that it was bundled with. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { invariant } from '../../../core/base/invariant.ts';

/** Upwards from this file, since it may run as source or as part of a bundle. */
export function packageFolder(from: string = dirname(fileURLToPath(import.meta.url))): string {
  for (let at = from; ; at = dirname(at)) {
    if (existsSync(join(at, 'package.json'))) return at;
    invariant(dirname(at) !== at, 'our own files are part of a package');
  }
}
