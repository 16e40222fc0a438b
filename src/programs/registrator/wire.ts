/** The one file of registrator that knows every real adapter. What may never be needed is loaded when it is. */
import { lookup } from 'node:dns/promises';
import { hostname } from 'node:os';
import type { Backend } from '../../core/records/backend.ts';
import { systemClock } from '../../ports/clock/system.ts';
import { runtimeFolder } from '../../ports/containers/runtime-folder.ts';
import { consoleLog } from '../../ports/log/console.ts';
import type { Options } from './config.ts';
import { dockerHost } from './docker-host.ts';
import { processRuns } from './pid-file.ts';
import type { RunWorld } from './run.ts';

/** The port of today, and the one that the tutorials use. */
const defaultEndpoints = ['http://127.0.0.1:2379', 'http://127.0.0.1:4001'];

/** @throws {OptionsUnusable} the environment says nothing of use about the Docker engine */
export async function wire(options: Options, backend: Backend, env: NodeJS.ProcessEnv): Promise<RunWorld> {
  const clock = systemClock();
  const docker = await dockerHost(env);
  const path = options.dockerPidfile;
  return {
    clock,
    log: consoleLog(),
    async store() {
      const [{ openEtcd }, { recordStoreOn }] = await Promise.all([
        import('../../ports/etcd/etcd3.ts'),
        import('../../ports/record-store/etcd.ts'),
      ]);
      const endpoints = backend.endpoints.length === 0 ? defaultEndpoints : backend.endpoints;
      return recordStoreOn({ etcd: await openEtcd({ clock, endpoints }), clock });
    },
    async containers() {
      const { dockerContainers } = await import('../../ports/containers/docker.ts');
      return dockerContainers(docker.host, docker.tls);
    },
    earlyDeaths: runtimeFolder,
    async fleetUnits(directory) {
      const { openFleetUnits } = await import('../../ports/fleet-units/systemd.ts');
      return openFleetUnits({ clock, directory });
    },
    engineRuns: path === '' ? undefined : (stop) => processRuns(path, clock, stop),
    hostname: hostname(),
    // IPv4 where there is one, as registrator's addresses have always been; an address as hostname is its own answer.
    async resolve(name) {
      const found = await lookup(name, { order: 'ipv4first' }).catch(() => undefined);
      return found?.address;
    },
  };
}
