import { type ApiMachine, encodeMachine } from '../../../core/api/entities.ts';
import { compareText } from '../../../core/base/order.ts';
import { command } from '../command.ts';
import { fail, refuse } from '../failing.ts';
import { type Field, fieldProblem, listFlags, listShorts, orDash, printJson, printList } from '../listing.ts';
import { shortId } from '../places.ts';

const fieldsFor = (full: boolean) =>
  ({
    machine: ({ id }) => (full ? id : shortId(id)),
    ip: ({ publicIp }) => orDash(publicIp),
    metadata: ({ metadata }) => orDash(printMetadata(metadata)),
  }) satisfies Record<string, Field<ApiMachine>>;

const printMetadata = (metadata: ApiMachine['metadata']): string =>
  Object.entries(metadata)
    .sort(([a], [b]) => compareText(a, b))
    .map(([key, value]) => `${key}=${value}`)
    .join(',');

export const listMachines = command({
  name: 'list-machines',
  operands: '',
  summary: 'Enumerate the current hosts in the cluster',
  flags: listFlags(fieldsFor(false), ['machine', 'ip', 'metadata']),
  shorts: listShorts,
  async run({ flags }, { io, fleet }) {
    const fields = fieldsFor(flags.full);
    const problem = fieldProblem(fields, flags.fields);
    if (problem !== undefined) return refuse(io, problem);
    try {
      const machines = await fleet.machines();
      if (flags.output === 'json') printJson({ machines: machines.map(encodeMachine) }, io);
      else printList(machines, fields, flags, io);
      return 0;
    } catch (cause) {
      return fail(
        io,
        cause,
        (why) =>
          `Error retrieving list of active machines from fleet API (${why})\nPossible issues:\n` +
          '  etcd is unhealthy and/or lost quorum\n  connection cannot be established to any etcd servers',
      );
    }
  },
});
