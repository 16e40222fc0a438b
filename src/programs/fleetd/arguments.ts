/** fleetd's command line. @see fleet.md 8.1 */

export type Arguments =
  | { readonly kind: 'run'; readonly config: string | undefined }
  | { readonly kind: 'version' }
  | { readonly kind: 'help' }
  /** Exit 1: somebody took fleetd for its client. */
  | { readonly kind: 'stray' }
  /** Exit 2. */
  | { readonly kind: 'unknown'; readonly problem: string };

export function parseArguments(argv: readonly string[]): Arguments {
  let config: string | undefined;
  for (let at = 0; at < argv.length; at += 1) {
    const argument = argv[at] ?? '';
    if (argument === 'version' && argv.length === 1) return { kind: 'version' };
    const flag = /^--?([^=-][^=]*)(?:=(.*))?$/s.exec(argument);
    if (flag === null) return { kind: 'stray' };
    const [, name = '', attached] = flag;
    if (name === 'version') return { kind: 'version' };
    if (name === 'help' || name === 'h') return { kind: 'help' };
    if (name !== 'config') return { kind: 'unknown', problem: `flag provided but not defined: -${name}` };
    if (attached === undefined) at += 1;
    config = attached ?? argv[at];
    if (config === undefined) return { kind: 'unknown', problem: 'flag needs an argument: -config' };
  }
  return { kind: 'run', config };
}

export const usage = `Usage of fleetd:
  -config string
    \tPath to config file
  -version
    \tPrint the version and exit
`;
