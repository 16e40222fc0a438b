/** How a person calls this program from where they stand, for commands to copy. */
import { existsSync } from 'node:fs';
import { delimiter, join, relative } from 'node:path';

/**
 * @param script the file that Node was started with
 * @returns `devcluster` where the PATH has it; else the way to the script, such as `bin/devcluster` in a checkout
 */
export function calledAs(script: string, path: string, workingFolder: string): string {
  const isOnPath = path.split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, 'devcluster')));
  if (isOnPath) return 'devcluster';
  const way = relative(workingFolder, script);
  return way.startsWith('..') ? script : way;
}
