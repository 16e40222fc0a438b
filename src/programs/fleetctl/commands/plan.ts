import { oneOf } from '../../../core/base/settings.ts';
import { replace } from '../block-flags.ts';
import { command } from '../command.ts';

export const planFlags = {
  replace,
  output: oneOf(['text', 'json'], 'text', 'How to print: text or json.'),
};

export const plan = command({
  name: 'plan',
  operands: 'FILE...',
  summary: 'Tell where units would go if they were started now, without submitting anything',
  details:
    'Finds and checks files as "fleetctl start" does, instances and templates included. Tells which units would wait and\n' +
    'why, and what would become of others. The exit code is 0 when every unit has a place, and 1 when one has none or\n' +
    'a file cannot be used; a template has no place of its own and needs none.',
  ours: true,
  flags: planFlags,
  shorts: { o: 'output' },
  run: async (invocation, world) => (await import('../rarely.ts')).runPlan(invocation, world),
});
