import { oneOf } from '../../../core/base/settings.ts';
import { command } from '../command.ts';

export const explainFlags = {
  output: oneOf(['text', 'json'], 'text', 'How to print: text or json.'),
};

export const explain = command({
  name: 'explain',
  operands: 'UNIT',
  summary: 'Tell where a unit runs and why, or what keeps it from every machine',
  details:
    'Tells what each machine refuses and what would have to change there, what systemd says where the unit is, and what\n' +
    'to do next. The exit code is 0 whatever becomes of the unit, and 1 when there is no such unit.',
  ours: true,
  flags: explainFlags,
  shorts: { o: 'output' },
  run: async (invocation, world) => (await import('../rarely.ts')).runExplain(invocation, world),
});
