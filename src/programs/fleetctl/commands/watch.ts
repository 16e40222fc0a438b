import { oneOf, yesNo } from '../../../core/base/settings.ts';
import { command } from '../command.ts';

export const watchFlags = {
  full: yesNo(false, 'Do not shorten what is long.'),
  changesOnly: yesNo(false, 'Do not begin with what is there.'),
  output: oneOf(['text', 'json'], 'text', 'How to print: text, or one JSON object per line.'),
};

export const watch = command({
  name: 'watch',
  operands: '[UNIT...]',
  summary: 'Tell what changes in the cluster, or about some units, as it happens',
  details:
    'Prints what is there, and then a line for each change, until ^C. What changes to and fro between two looks at the\n' +
    'cluster is not seen. A lost connection is told on stderr and opened again.',
  ours: true,
  flags: watchFlags,
  shorts: { l: 'full', o: 'output' },
  run: async (invocation, world) => (await import('../rarely.ts')).runWatch(invocation, world),
});
