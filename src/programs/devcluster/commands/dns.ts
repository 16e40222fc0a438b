/** `devcluster dns`: what the machines answer for a name, or for all names, and whether it is right. */
import { Duplex } from 'node:stream';
import { parseDuration } from '../../../core/base/duration.ts';
import { type Millis, ms } from '../../../core/base/time.ts';
import { UsageWrong } from '../../../core/errors/devcluster.ts';
import { parseEndpoint } from '../../../core/records/address.ts';
import { type NameJudged, Wrongness } from '../../../core/records/agreement.ts';
import type { PresentCluster } from '../../../core/topology/present.ts';
import { presentSpec } from '../../../core/topology/present.ts';
import { selectRunningMachine } from '../clusters.ts';
import { ask } from '../names/dig.ts';
import { lookAtNames } from '../names/look.ts';
import { Relay, serveNames } from '../names/relay.ts';
import { printTable } from '../table.ts';
import type { Desk, Engine } from '../world.ts';
import { type FactsOptions, openCluster, printJson } from './command.ts';

export interface DnsOptions extends FactsOptions {
  readonly type?: string;
  readonly matrix?: boolean;
  /** For how long to go on looking, a duration. */
  readonly watch?: string;
  /** `<ip>:<port>` to answer at. */
  readonly serve?: string;
}

const lookEvery = ms(500);

/** @returns 1 when machines don't agree, or are wrong, or none has an answer */
export async function dns(desk: Desk, name: string | undefined, options: DnsOptions): Promise<number> {
  const watch = durationOf(options.watch);
  if (options.serve !== undefined) return serve(desk, options.serve, options);
  if (options.matrix !== true && name === undefined) {
    throw new UsageWrong({
      message: 'no name was given',
      remedy: 'Ask for one: devcluster dns redis; or for all: --matrix.',
    });
  }
  const { engine, cluster } = await openCluster(desk, options);
  const domain = presentSpec(cluster)?.domain ?? '';
  return options.matrix === true
    ? matrix(desk, engine, cluster, { domain, watch, output: options.output })
    : one(desk, engine, cluster, { name: fullName(name ?? '', domain), ...options });
}

/** Answers on this host until it is interrupted. */
async function serve(desk: Desk, place: string, options: DnsOptions): Promise<number> {
  const at = parseEndpoint(place);
  if (at === undefined) {
    throw new UsageWrong({
      message: `--serve "${place}" is no place to answer at`,
      remedy: 'Use one like 127.0.0.1:5300.',
    });
  }
  const { engine, cluster } = await openCluster(desk, options);
  const dial = async () => {
    const machine = selectRunningMachine(cluster, undefined);
    const { stdin, stdout } = await engine.docker.exec(machine.container, { command: door, stdin: true });
    return Duplex.from({ readable: stdout, writable: stdin });
  };
  const { text, family } = at.address;
  const port = await serveNames(new Relay({ clock: desk.clock, dial }), text, at.port, desk.stop).catch(
    (cause: Error) => {
      throw new UsageWrong({
        message: `cannot answer at ${place}: ${cause.message}`,
        remedy: 'Choose another address or port.',
      });
    },
  );
  const shown = family === 6 ? `[${text}]:${port}` : `${text}:${port}`;
  desk.screen.say(`Names of "${cluster.name}" are answered at ${shown}, UDP and TCP, until Ctrl-C.`);
  await new Promise<void>((resolve) => desk.stop.addEventListener('abort', () => resolve(), { once: true }));
  return 0;
}

/** A stream to the machine's own name server. */
const door = ['bash', '-c', 'exec 3<>/dev/tcp/127.0.0.1/53; cat <&3 & exec cat >&3'];

/** A name without a dot is one of the cluster's. */
const fullName = (name: string, domain: string): string => (name.includes('.') ? name : `${name}.${domain}`);

function durationOf(text: string | undefined): Millis | undefined {
  if (text === undefined) return undefined;
  const duration = parseDuration(text);
  if (duration !== undefined && duration > 0) return duration;
  throw new UsageWrong({ message: `--watch "${text}" is not a duration`, remedy: 'Write it like --watch 30s.' });
}

interface One extends DnsOptions {
  readonly name: string;
}

async function one(desk: Desk, { docker }: Engine, { machines }: PresentCluster, { name, type = 'A', output }: One) {
  const asked = await Promise.all(
    machines
      .filter(({ state }) => state === 'running')
      .map(async (machine) => ({ machine: machine.name, ...(await ask(docker, machine, name, type.toUpperCase())) })),
  );
  if (output === 'json') desk.io.out(printJson({ schema: 1, name, type: type.toUpperCase(), machines: asked }));
  else {
    const rows = asked.flatMap(({ machine, status, answers }) =>
      answers.length === 0
        ? [[machine, status ?? 'no answer', '-', '-', '-']]
        : answers.map((answer) => [machine, status ?? '', answer.type, String(answer.ttl), answer.value]),
    );
    desk.io.out(printTable(['MACHINE', 'STATUS', 'TYPE', 'TTL', 'ANSWER'], rows));
  }
  const sets = new Set(
    asked.map(({ answers }) =>
      answers
        .map((a) => `${a.type} ${a.value}`)
        .sort()
        .join('\n'),
    ),
  );
  return sets.size === 1 && !sets.has('') ? 0 : 1;
}

interface MatrixWish {
  readonly domain: string;
  readonly watch: Millis | undefined;
  readonly output: DnsOptions['output'];
}

async function matrix(
  desk: Desk,
  { docker }: Engine,
  { machines }: PresentCluster,
  { domain, watch, output }: MatrixWish,
) {
  const known = new Set<string>();
  const wrongness = new Wrongness();
  const until = desk.clock.now() + (watch ?? 0);
  let judged: readonly NameJudged[];
  do {
    judged = await lookAtNames(docker, machines, domain, known);
    wrongness.see(desk.clock.now(), judged);
    if (watch !== undefined) await desk.clock.sleep(lookEvery, desk.stop);
  } while (desk.clock.now() < until && !desk.stop.aborted);
  const facts = judged.map(({ name, runsAt, machines: each }) => ({
    name,
    runsAt,
    machines: each.map((answer) => {
      const wrongFor = wrongness.longest(name, answer.machine);
      return watch === undefined || wrongFor === undefined ? answer : { ...answer, wrongForMs: Math.round(wrongFor) };
    }),
  }));
  if (output === 'json') desk.io.out(printJson({ schema: 1, domain, names: facts }));
  else if (facts.length === 0) desk.screen.say(`Nothing has a name below ${domain} yet.`);
  else {
    const header = ['NAME', ...machines.map(({ name }) => name), 'RUNS AT'];
    desk.io.out(
      printTable(
        header,
        facts.map(({ name, runsAt, machines: each }) => [name, ...each.map(cell), list(runsAt)]),
      ),
    );
  }
  return judged.some(({ machines: each }) => each.some(({ verdict }) => verdict === 'stale' || verdict === 'missing'))
    ? 1
    : 0;
}

const list = (addresses: readonly string[]): string => addresses.join(',') || '-';

function cell({ answered, verdict, wrongForMs }: NameJudged['machines'][number] & { wrongForMs?: number }): string {
  if (verdict === 'silent') return 'silent';
  const wrong = verdict === 'right' ? '' : ` ${verdict}`;
  return `${list(answered)}${wrong}${wrongForMs === undefined ? '' : ` (wrong for ${(wrongForMs / 1_000).toFixed(1)} s)`}`;
}
