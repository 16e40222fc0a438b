import type { ApiMachine } from '../../../core/api/entities.ts';
import { text, yesNo } from '../../../core/base/settings.ts';
import { NoSuchPlace } from '../../../core/errors/fleetctl.ts';
import { isGlobal, mangle, type UnitName } from '../../../core/unit/index.ts';
import type { SshConnection } from '../../../ports/ssh/index.ts';
import { command } from '../command.ts';
import { fail, refuse } from '../failing.ts';
import { sshPort } from '../ssh-flags.ts';
import type { World } from '../world.ts';

export const ssh = command({
  name: 'ssh',
  operands: '[MACHINE|UNIT] [-- COMMAND...]',
  summary: 'Open interactive shell on a machine in the cluster',
  details: 'Give the beginning of a machine id or the name of a unit. Flags of COMMAND need "--" before it.',
  flags: {
    machine: text('', 'Go to this machine (the beginning of its id).'),
    unit: text('', 'Go to the machine of this unit.'),
    forwardAgent: yesNo(false, 'Let the machine use our SSH agent.'),
    sshPort,
  },
  shorts: { m: 'machine', u: 'unit', A: 'forward-agent' },
  async run({ flags, args }, world) {
    const { io } = world;
    if (flags.machine !== '' && flags.unit !== '') {
      return refuse(io, 'Both machine and unit flags provided, please specify only one.');
    }
    let machine: ApiMachine | undefined;
    let words = args;
    try {
      if (flags.machine !== '') machine = await needMachine(world, flags.machine);
      else if (flags.unit !== '') machine = await needMachineOf(world, flags.unit);
      else [machine, ...words] = [await findPlace(world, args[0]), ...args.slice(1)];
    } catch (cause) {
      return fail(io, cause, (why) => `Unable to proceed: ${why}`);
    }
    if (machine === undefined || machine.publicIp === '') return refuse(io, 'Could not determine address of machine.');
    let connection: SshConnection;
    try {
      connection = await world.ssh({ host: machine.publicIp, port: flags.sshPort });
    } catch (cause) {
      return fail(io, cause, (why) => `Failed building SSH client: ${why}`);
    }
    await using _closing = connection;
    return await enter(world, connection, words, flags.forwardAgent);
  },
});

async function enter(
  { io }: World,
  connection: SshConnection,
  words: readonly string[],
  forwardAgent: boolean,
): Promise<number> {
  const { stdin, stdout, stderr, terminal } = io;
  if (words.length > 0) {
    try {
      return await connection.run(words.join(' '), { stdin, stdout, stderr, terminal }, { forwardAgent });
    } catch (cause) {
      return fail(io, cause, (why) => `Failed running command over SSH: ${why}`);
    }
  }
  try {
    await connection.shell({ stdin, stdout, stderr, terminal }, { forwardAgent });
    return 0;
  } catch (cause) {
    return fail(io, cause, (why) => `Failed opening shell over SSH: ${why}`);
  }
}

const nowhere = (why: string, advice: string) => new NoSuchPlace({ why, advice });
const seeMachines = 'fleetctl list-machines --full shows the machines.';
const seeUnits = 'fleetctl list-units shows the units and their machines.';

/** @throws {NoSuchPlace} */
async function needMachine(world: World, id: string): Promise<ApiMachine> {
  const found = await machinesLike(world, id);
  if (found.length > 1) throw nowhere('found more than one machine', 'Give more of the id.');
  if (found[0] === undefined) throw nowhere('machine does not exist', seeMachines);
  return found[0];
}

/** @returns undefined when the unit runs nowhere @throws {NoSuchPlace} */
async function needMachineOf(world: World, unit: string): Promise<ApiMachine | undefined> {
  const found = await world.fleet.unit(mangle(unit) as UnitName);
  if (found === undefined) throw nowhere('unit does not exist', seeUnits);
  if (isGlobal(found.options)) throw nowhere('global units unsupported', `${seeUnits} Name one of them.`);
  return (await world.fleet.machines()).find(({ id }) => id === found.machine);
}

/** What the first argument means, a machine or a unit. @throws {NoSuchPlace} */
async function findPlace(world: World, named: string | undefined): Promise<ApiMachine | undefined> {
  if (named === undefined) throw nowhere('one machine or unit must be provided', seeMachines);
  const [machines, unit] = await Promise.all([machinesLike(world, named), world.fleet.unit(mangle(named) as UnitName)]);
  if (machines.length > 0 && unit !== undefined) {
    throw nowhere(
      `ambiguous argument, both machine and unit found for \`${named}\`.\nPlease use flag \`-m\` or \`-u\` to refine the search`,
      `For the machine: fleetctl ssh -m ${named}; for the unit: fleetctl ssh -u ${named}.`,
    );
  }
  if (machines.length > 0) return needMachine(world, named);
  if (unit !== undefined) return needMachineOf(world, named);
  throw nowhere('could not find matching unit or machine', seeMachines);
}

const machinesLike = async ({ fleet }: World, start: string): Promise<readonly ApiMachine[]> =>
  (await fleet.machines()).filter(({ id }) => id.startsWith(start));
