/** `devcluster engine`: which Docker engine is used, and the private one that the tool can start itself. */
import { privateEngine, privatePid, stopPrivateEngine } from '../engine/private.ts';
import type { Desk, Engine } from '../world.ts';
import { openEngine, printJson } from './command.ts';

export interface EngineOptions {
  readonly output?: 'text' | 'json';
}

export interface StartOptions extends EngineOptions {
  /** `--yes`: Docker may be installed. */
  readonly yes?: boolean;
}

export async function engineStatus(desk: Desk, options: EngineOptions): Promise<void> {
  await print(desk, await openEngine(desk), options);
}

/** Does nothing when there is an engine already, whoever started it. */
export async function engineStart(desk: Desk, { yes = false, ...options }: StartOptions): Promise<void> {
  const said = (line: string): void => desk.screen.say(line);
  await print(desk, await desk.engine({ provide: true, agreed: yes, said }), options);
}

/** Machines on it stop with it; the next start of the engine and `up` bring them back. */
export async function engineStop(desk: Desk, { output }: EngineOptions): Promise<void> {
  const stopped = await stopPrivateEngine(desk.engines.host);
  if (output === 'json') desk.io.out(printJson({ schema: 1, stopped }));
  else
    desk.screen.say(
      stopped ? 'The private engine has stopped.' : 'No private engine runs; others are not ours to stop.',
    );
}

async function print(desk: Desk, engine: Engine, { output }: EngineOptions): Promise<void> {
  const facts = await engine.docker.facts();
  const isPrivate = engine.host === privateEngine.host;
  const pid = isPrivate ? await privatePid(desk.engines.host) : undefined;
  if (output === 'json') {
    const own = isPrivate ? { pid, dataRoot: privateEngine.dataRoot, log: privateEngine.log } : undefined;
    desk.io.out(printJson({ schema: 1, host: engine.host, source: engine.source, private: own, ...facts }));
    return;
  }
  const rows = [
    ['engine', `${engine.host} (${engine.source})`],
    ['version', `${facts.version}, API ${facts.apiVersion}`],
    ['system', `${facts.operatingSystem}, Linux ${facts.kernel}, ${facts.architecture}`],
    ['cgroups', `version ${facts.cgroupVersion}`],
    ['storage', facts.storageDriver],
    ['room', `${facts.cpus} CPUs, ${(facts.memoryBytes / 2 ** 30).toFixed(1)} GiB of memory`],
    ...(isPrivate
      ? [
          ['process', `${pid}`],
          ['data', privateEngine.dataRoot],
          ['log', privateEngine.log],
        ]
      : []),
  ];
  for (const [name = '', value = ''] of rows) desk.io.out(`${name.padEnd(8)} ${value}`);
}
