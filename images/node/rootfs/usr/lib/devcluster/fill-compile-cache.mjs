/** Loads what our programs load later, so that Node's compile cache has it. What a program itself is was compiled by running it. */
import { readdir } from 'node:fs/promises';

const lib = '/opt/devcluster/lib';

for (const file of await readdir(lib)) {
  if (/-[A-Z0-9]{8}\.mjs$/.test(file)) await import(`${lib}/${file}`);
}
