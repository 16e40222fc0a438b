/**
 * Lets esbuild put dockerode into a bundle that starts fast. Dockerode loads gRPC for builds by BuildKit, and its transport
 * an ssh client for engines behind ssh, whether they are needed or not: a third of the time that most commands take.
 * Here each is loaded when it is called.
 */
import { readFile } from 'node:fs/promises';

const lazily = [
  { file: /[\\/]dockerode[\\/]lib[\\/]docker\.js$/, name: 'withSession', path: './session' },
  { file: /[\\/]docker-modem[\\/]lib[\\/]modem\.js$/, name: 'ssh', path: './ssh' },
];

/** @type {() => import('esbuild').Plugin} */
export const dockerodePlugin = () => ({
  name: 'dockerode',
  setup(build) {
    for (const { file, name, path: wanted } of lazily) {
      build.onLoad({ filter: file }, async ({ path }) => {
        const source = await readFile(path, 'utf8');
        const eagerly = `${name} = require('${wanted}')`;
        if (!source.includes(eagerly)) throw new Error(`${path} has no "${eagerly}"; see ${import.meta.url}`);
        const contents = source.replace(eagerly, `${name} = (...args) => require('${wanted}')(...args)`);
        return { contents, loader: 'js' };
      });
    }
  },
});
