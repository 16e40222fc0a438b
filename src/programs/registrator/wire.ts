/** The one file of registrator that knows every real adapter. What may never be needed is loaded when it is. */
import { lookup } from 'node:dns/promises';
import { hostname } from 'node:os';
import type { Backend } from '../../core/records/backend.ts';
import { systemClock } from '../../ports/clock/system.ts';
import { consoleLog } from '../../ports/log/console.ts';
import type { Options } from './config.ts';
import { processRuns } from './pid-file.ts';
import type { RunWorld } from './run.ts';

/** Where the original looks: its container has the machine's socket mounted there. */
const defaultHost = 'unix:///tmp/docker.sock';
/** The port of today, and the one that the tutorials use. */
const defaultEndpoints = ['http://127.0.0.1:2379', 'http://127.0.0.1:4001'];

export function wire(options: Options, backend: Backend, env: NodeJS.ProcessEnv): RunWorld {
  const clock = systemClock();
  const path = options.dockerPidfile;
  return {
    clock,
    log: consoleLog(),
    async store() {
      const [{ openEtcd }, { recordStoreOn }] = await Promise.all([
        import('../../ports/etcd/etcd3.ts'),
        import('../../ports/record-store/etcd.ts'),
      ]);
      const endpoints = backend.endpoint === '' ? defaultEndpoints : [backend.endpoint];
      return recordStoreOn({ etcd: await openEtcd({ clock, endpoints }), clock });
    },
    async containers() {
      const { dockerContainers } = await import('../../ports/containers/docker.ts');
      return dockerContainers(env['DOCKER_HOST'] || defaultHost);
    },
    engineRuns: path === '' ? undefined : (stop) => processRuns(path, clock, stop),
    hostname: hostname(),
    // Addresses are IPv4 where there is one, as registrator's have always been; an address as hostname is its own answer.
    async resolve(name) {
      const found = await lookup(name, { family: 4 }).catch(() => undefined);
      return found?.address;
    },
  };
}
