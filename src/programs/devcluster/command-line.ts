/** The commands and their options, as people type them; the only file that imports commander. */
import { Command, CommanderError, Option } from 'commander';
import { toolVersion } from '../../core/topology/types.ts';
import { dist } from './commands/dist.ts';
import { dns } from './commands/dns.ts';
import { doctor } from './commands/doctor.ts';
import { down } from './commands/down.ts';
import { engineStart, engineStatus, engineStop } from './commands/engine.ts';
import { env } from './commands/env.ts';
import { exec } from './commands/exec.ts';
import { fleetctl } from './commands/fleetctl.ts';
import { imageBuild, imageList, imagePrune } from './commands/image.ts';
import { list } from './commands/list.ts';
import { logs } from './commands/logs.ts';
import { ssh } from './commands/ssh.ts';
import { sshConfig } from './commands/ssh-config.ts';
import { status } from './commands/status.ts';
import { up } from './commands/up.ts';
import { packageFolder } from './image/package.ts';
import type { Desk } from './world.ts';

/** What commands end with: a code of their own, or none for 0. */
type Ending = number | undefined;
// biome-ignore lint/suspicious/noConfusingVoidType: a command that returns nothing ends with 0
type Run = (desk: Desk) => Promise<Ending | void>;

export interface CommandLine {
  readonly run: Run;
  /** Whether an interrupt ends it in order; others just end. */
  readonly endsInOrder: boolean;
}

export interface Surroundings {
  /** Our fleetctl. */
  readonly fleetctlPath: string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/**
 * @param argv without the program's name
 * @returns what to run, or the exit code when that is all: after help, the version or a mistake, which were printed
 */
export function parseCommandLine(argv: readonly string[], around: Surroundings): CommandLine | number {
  // What follows `--` is somebody else's command line, whatever it looks like.
  const at = argv.indexOf('--');
  const own = at === -1 ? argv : argv.slice(0, at);
  const rest = at === -1 ? [] : argv.slice(at + 1);
  if (argv[0] === 'fleetctl') return parseFleetctl(argv.slice(1), around);
  let chosen: CommandLine | undefined;
  const program = programOf(rest, (run, endsInOrder = false) => {
    chosen = { run, endsInOrder };
  });
  for (const command of withSubcommands(program)) {
    command.exitOverride().configureOutput({ writeOut: around.out, writeErr: around.err });
  }
  try {
    program.parse(own, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
  return chosen ?? 2;
}

/** Everything after `fleetctl` is fleetctl's, but for a leading choice of the cluster. */
function parseFleetctl(args: readonly string[], { fleetctlPath }: Surroundings): CommandLine {
  const [first = '', second] = args;
  const name = first === '--name' ? second : /^--name=(.*)$/.exec(first)?.[1];
  const passed = args.slice(first === '--name' ? 2 : name === undefined ? 0 : 1);
  const options = name === undefined ? {} : { name };
  return { run: (desk) => fleetctl(desk, fleetctlPath, passed, options), endsInOrder: false };
}

const withSubcommands = (command: Command): readonly Command[] => [
  command,
  ...command.commands.flatMap(withSubcommands),
];

/** What can stand behind `devcluster`, without aliases. */
export const commandNames = (): readonly string[] => programOf([], () => {}).commands.map((command) => command.name());

type Choose = (run: Run, endsInOrder?: boolean) => void;

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

function programOf(rest: readonly string[], choose: Choose): Command {
  const program = new Command('devcluster')
    .description('A whole fleet cluster on one laptop: systemd machines, etcd, scheduling and service names.')
    .version(toolVersion, '-V, --version')
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .showHelpAfterError('See: devcluster --help');

  const clustered = (command: Command): Command =>
    command.option('--name <name>', 'the cluster; else DEVCLUSTER_NAME, the nearest devcluster.yaml, the only one');
  const printing = (command: Command, choices: readonly string[] = ['text', 'json']): Command =>
    command.addOption(new Option('-o, --output <format>', 'how facts are printed').choices(choices));

  printing(clustered(program.command('up')))
    .description('make a cluster, or make it as wanted')
    .option('-n, --machines <number>', 'how many machines')
    .option('-f, --file <file>', 'a cluster file; else the nearest devcluster.yaml')
    .option('--metadata <machine=key=value,...>', 'metadata of one machine; repeatable', collect)
    .option('--domain <domain>', 'below which service names live (default cluster.test)')
    .option('--subnet <network>', 'a /24 for the machines; else a free one')
    .option('--provide-engine', 'install and start a Docker engine if there is none, without asking')
    .option('-y, --yes', 'the same, and remove machines that are not wanted any more')
    .option('--recreate', 'make changed machines again')
    .option('--keep', 'leave everything as it is when something fails')
    .option('--force', 'even if another devcluster seems to be changing the cluster')
    .option('--timeout <duration>', 'how long to wait for each thing, like 90s, which is the default')
    .action((options) => choose((desk) => up(desk, options), true));

  printing(clustered(program.command('down')))
    .description('remove a cluster without a trace')
    .argument('[name]', 'the cluster')
    .option('-y, --yes', 'accepted for symmetry with up; nothing is asked')
    .option('--force', 'even if another devcluster seems to be changing the cluster')
    .action((name, options) => choose((desk) => down(desk, name, options), true));

  printing(clustered(program.command('status')))
    .description('show the machines of a cluster')
    .action((options) => choose((desk) => status(desk, options)));

  printing(program.command('list'), ['text', 'json', 'name'])
    .alias('ls')
    .description('show all clusters')
    .action((options) => choose((desk) => list(desk, options)));

  clustered(program.command('ssh'))
    .description('enter a machine, or run a command on it, as user core')
    .usage('[options] [machine] [-- command]')
    .argument('[machine]', 'core-01 when not given')
    .argument('[command...]')
    .passThroughOptions()
    .action((machine, command, options) => choose((desk) => ssh(desk, machine, [...command, ...rest], options)));

  printing(clustered(program.command('ssh-config')))
    .description('print how ssh reaches the machines, as vagrant does')
    .argument('[machine]')
    .action((machine, options) => choose((desk) => sshConfig(desk, machine, options)));

  clustered(program.command('exec'))
    .description('run a command on a machine through the engine, as root')
    .usage('[options] [machine] -- command')
    .argument('[machine]', 'the first that runs when not given')
    .argument('[command...]')
    .option('-u, --user <user>')
    .passThroughOptions()
    .action((machine, command, options) => choose((desk) => exec(desk, machine, [...command, ...rest], options)));

  clustered(program.command('logs'))
    .description('show the journal of a machine')
    .argument('[machine]', 'core-01 when not given')
    .option('-u, --unit <unit>', 'of one unit only')
    .option('-f, --follow', 'go on as it grows')
    .option('-n, --lines <number>', 'the last lines only')
    .action((machine, options) => choose((desk) => logs(desk, machine, options)));

  printing(clustered(program.command('env')))
    .description('print what fleetctl and etcdctl need to know: eval "$(devcluster env)"')
    .action((options) => choose((desk) => env(desk, options)));

  printing(clustered(program.command('dns')))
    .description('what the machines answer for a name; for all names, and whether it is right')
    .argument('[name]', 'such as redis, or with dots')
    .option('-t, --type <type>', 'A, AAAA, SRV, TXT, PTR, …', 'A')
    .option('--matrix', 'every name on every machine, beside what really runs')
    .option('--watch <duration>', 'with --matrix: go on looking, and tell for how long answers were wrong')
    .option('--serve <ip:port>', 'answer on this host, for where the machines cannot be reached')
    .action((name, options) => choose((desk) => dns(desk, name, options), true));

  printing(program.command('doctor'))
    .description('look at everything that clusters need, and say what to do about what is wrong')
    .action((options) => choose((desk) => doctor(desk, options)));

  const engine = program.command('engine').description('the Docker engine: which one, and a private one');
  printing(engine.command('status'))
    .description('show the engine that is used')
    .action((options) => choose((desk) => engineStatus(desk, options)));
  printing(engine.command('start'))
    .description('start a private engine, if there is no engine')
    .option('-y, --yes', 'install the package docker.io if it is missing')
    .action((options) => choose((desk) => engineStart(desk, options)));
  printing(engine.command('stop'))
    .description('stop the private engine, and all machines on it')
    .action((options) => choose((desk) => engineStop(desk, options)));

  const image = program.command('image').description('the image that machines are made from');
  printing(image.command('build'))
    .description('build it, unless it is there')
    .option('-y, --yes', 'provide an engine if there is none')
    .action((options) => choose((desk) => imageBuild(desk, options)));
  printing(image.command('ls'))
    .description('show the images of machines and those they stand on')
    .action((options) => choose((desk) => imageList(desk, options)));
  printing(image.command('prune'))
    .description('remove images of earlier versions that no machine uses')
    .action((options) => choose((desk) => imagePrune(desk, options)));

  printing(program.command('dist'))
    .description('make the archive that installs fleet on any systemd host')
    .option('--arch <architecture>', 'x64 or arm64; else that of this host')
    .option('--into <folder>', 'where it goes; else here')
    .action((options) =>
      choose((desk) =>
        dist(desk, options, { folder: packageFolder(), architecture: process.arch, processes: desk.engines.processes }),
      ),
    );

  program
    .command('fleetctl')
    .description('run fleetctl on the cluster: devcluster fleetctl [--name <name>] list-machines')
    .argument('[arguments...]');

  return program;
}
