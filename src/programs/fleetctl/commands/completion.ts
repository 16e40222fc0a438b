import { command, noFlags } from '../command.ts';
import { refuse } from '../failing.ts';

export const completion = command({
  name: 'completion',
  operands: 'bash|zsh|fish',
  summary: 'Print a script that makes a shell complete commands, flags, units and machines',
  details:
    'For bash: source <(fleetctl completion bash)     For zsh, behind compinit: source <(fleetctl completion zsh)\n' +
    'For fish: fleetctl completion fish | source      Names of units and machines are those of the cluster at that moment.',
  ours: true,
  offline: true,
  flags: noFlags,
  async run({ args: [shell, ...more] }, { io }) {
    const { scripts } = await import('../rarely.ts');
    const script = shell === undefined || more.length > 0 ? undefined : scripts.get(shell);
    if (script === undefined) return refuse(io, `One shell must be named: ${[...scripts.keys()].join(', ')}.`);
    io.stdout.write(script);
    return 0;
  },
});
