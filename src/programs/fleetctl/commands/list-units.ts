import { type ApiUnitState, encodeUnitState } from '../../../core/api/entities.ts';
import { shortHash } from '../../../core/unit/index.ts';
import { command } from '../command.ts';
import { fail, refuse } from '../failing.ts';
import { type Field, fieldProblem, listFlags, listShorts, orDash, printJson, printList } from '../listing.ts';
import { byId, type MachinesById, placeOf } from '../places.ts';

const fieldsFor = (full: boolean, machines: MachinesById) =>
  ({
    unit: ({ unit }) => unit,
    load: ({ load }) => orDash(load),
    active: ({ active }) => orDash(active),
    sub: ({ sub }) => orDash(sub),
    machine: ({ machine }) => (machine === '' ? '-' : placeOf(machine, machines, full)),
    hash: ({ hash }) => orDash(full ? hash : shortHash(hash)),
  }) satisfies Record<string, Field<ApiUnitState>>;

const noMachines: MachinesById = new Map();

export const listUnits = command({
  name: 'list-units',
  operands: '',
  summary: 'List the current state of units in the cluster',
  flags: listFlags(fieldsFor(false, noMachines), ['unit', 'machine', 'active', 'sub']),
  shorts: listShorts,
  async run({ flags }, { io, fleet }) {
    const problem = fieldProblem(fieldsFor(false, noMachines), flags.fields);
    if (problem !== undefined) return refuse(io, problem);
    try {
      const namesMachines = flags.output === 'table' && flags.fields.split(',').includes('machine');
      const [states, machines] = await Promise.all([fleet.states(), namesMachines ? fleet.machines() : []]);
      if (flags.output === 'json') printJson({ states: states.map(encodeUnitState) }, io);
      else printList(states, fieldsFor(flags.full, byId(machines)), flags, io);
      return 0;
    } catch (cause) {
      return fail(io, cause, (why) => `Error retrieving list of units from repository: ${why}`);
    }
  },
});
