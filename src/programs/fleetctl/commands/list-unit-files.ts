import { type ApiUnit, encodeUnit } from '../../../core/api/entities.ts';
import { descriptionOf, hashOf, isGlobal, shortHash } from '../../../core/unit/index.ts';
import { command } from '../command.ts';
import { fail, refuse } from '../failing.ts';
import { type Field, fieldProblem, listFlags, listShorts, orDash, printJson, printList } from '../listing.ts';
import { byId, type MachinesById, placeOf } from '../places.ts';

function fieldsFor(full: boolean, machines: MachinesById) {
  const target = ({ options, machine }: ApiUnit): string => {
    if (isGlobal(options)) return 'global';
    return machine === undefined ? '-' : placeOf(machine, machines, full);
  };
  return {
    unit: ({ name }) => name,
    global: ({ options }) => String(isGlobal(options)),
    dstate: ({ desired }) => orDash(desired),
    state: ({ options, current }) => (isGlobal(options) ? '-' : orDash(current)),
    target,
    tmachine: target,
    hash: ({ options }) => (full ? hashOf(options) : shortHash(hashOf(options))),
    desc: ({ options }) => orDash(descriptionOf(options)),
  } satisfies Record<string, Field<ApiUnit>>;
}

const noMachines: MachinesById = new Map();

export const listUnitFiles = command({
  name: 'list-unit-files',
  operands: '',
  summary: 'List the units that exist in the cluster',
  flags: listFlags(fieldsFor(false, noMachines), ['unit', 'hash', 'dstate', 'state', 'target']),
  shorts: listShorts,
  async run({ flags }, { io, fleet }) {
    const problem = fieldProblem(fieldsFor(false, noMachines), flags.fields);
    if (problem !== undefined) return refuse(io, problem);
    if (flags.fields.split(',').includes('tmachine')) {
      io.err('WARNING: The "tmachine" field is deprecated. Use "target" instead');
    }
    try {
      const [units, machines] = await Promise.all([fleet.units(), flags.output === 'table' ? fleet.machines() : []]);
      if (flags.output === 'json') printJson({ units: units.map(encodeUnit) }, io);
      else printList(units, fieldsFor(flags.full, byId(machines)), flags, io);
      return 0;
    } catch (cause) {
      return fail(io, cause, (why) => `Error retrieving list of units from repository: ${why}`);
    }
  },
});
