/** fleetd's command line. @see fleet.md 8.1 */
import { goFlagUsage, parseGoFlags } from '../../core/base/go-flags.ts';
import { fromFlags, readSettings, text, yesNo } from '../../core/base/settings.ts';

export type Arguments =
  | { readonly kind: 'run'; readonly config: string | undefined }
  | { readonly kind: 'version' }
  | { readonly kind: 'help' }
  /** Exit 1: somebody took fleetd for its client. */
  | { readonly kind: 'stray' }
  /** Exit 2. */
  | { readonly kind: 'unknown'; readonly problem: string };

const flags = {
  config: text('', 'Path of the config file; /etc/fleet/fleet.conf is read when it exists.'),
  version: yesNo(false, 'Print the version and exit.'),
};

export function parseArguments(argv: readonly string[]): Arguments {
  const parsed = parseGoFlags(flags, argv);
  if (parsed.kind === 'help') return { kind: 'help' };
  if (parsed.kind === 'problem') return { kind: 'unknown', problem: parsed.problem };
  const { values, mistakes, given } = readSettings(flags, [fromFlags(parsed.texts)]);
  const [mistake] = mistakes;
  if (mistake !== undefined) return { kind: 'unknown', problem: mistake.message };
  if (values.version || (parsed.rest.length === 1 && parsed.rest[0] === 'version')) return { kind: 'version' };
  if (parsed.rest.length > 0) return { kind: 'stray' };
  return { kind: 'run', config: given.has('config') ? values.config : undefined };
}

export const usage = `Usage of fleetd:\n${goFlagUsage(flags)}`;
