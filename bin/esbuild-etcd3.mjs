/**
 * Lets esbuild put etcd3 into a bundle. The library reads its protocol definition from disk when it is loaded; here the
 * definition is parsed at build time and becomes a part of the bundle, which also starts faster.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The one call to replace, as etcd3 1.1 writes it. */
const loadFromDisk = /\(0, (proto_loader_\d+)\.loadSync\)\(`\$\{__dirname\}\/\.\.\/proto\/rpc\.proto`, /;

/** @type {() => import('esbuild').Plugin} */
export const etcd3Plugin = () => ({
  name: 'etcd3',
  setup(build) {
    build.onLoad({ filter: /[\\/]etcd3[\\/]lib[\\/]connection-pool\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      if (!loadFromDisk.test(source))
        throw new Error(`${path} does not load its protocol as expected; see ${import.meta.url}`);
      const definition = await definitionOf(path);
      return {
        contents: source.replace(loadFromDisk, (_call, loader) => `(0, ${loader}.fromJSON)(${definition}, `),
        loader: 'js',
      };
    });
  },
});

/** The protocol as JSON, parsed by the same package that etcd3 parses it with. */
async function definitionOf(connectionPool) {
  const requireFromEtcd3 = createRequire(connectionPool);
  const requireFromLoader = createRequire(requireFromEtcd3.resolve('@grpc/proto-loader'));
  const protobuf = requireFromLoader('protobufjs');
  const root = await new protobuf.Root().load(join(dirname(connectionPool), '../proto/rpc.proto'), { keepCase: true });
  return JSON.stringify(root.toJSON());
}
