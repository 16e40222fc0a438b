/** The scripts in real shells: bash at a terminal, where it is readline that takes words apart, and others as texts. */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scripts } from './completion-scripts.ts';
import { stage } from './fixtures.ts';

/** Answers as `fleetctl __complete` does for a cluster of a few units, and says what it is called with otherwise. */
const program = `#!/bin/bash
if [[ $1 != __complete ]]; then printf 'ran'; printf ' [%s]' "$@"; echo; exit; fi
echo complaint >&2; cat
printf '[%s]' "\${@:3}" >>asked; echo >>asked
answer() {
  echo ":$1"
  for word in "\${@:2}"; do [[ $word == "$last"* ]] && printf '%s\\tabout\\n' "$word"; done
}
last=\${!#}
case "$*" in
  *--fields=*) answer '' --fields=unit --fields=machine ;;
  *--key-file*) answer files ;;
  *-units\\ -*) answer nospace --fields= ;;
  *start*) answer unit-files,nospace redis@ ;;
  *cat*) answer '' redis@1.service redis@2.service 'x\\x2dy.service' ;;
  *) answer '' start status ;;
esac
`;

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'completion-'));
  mkdirSync(join(directory, 'units'));
  mkdirSync(join(directory, 'bin'));
  for (const name of ['redis@.service', 'readme.md', 'my web.service'])
    writeFileSync(join(directory, 'units', name), '');
  writeFileSync(join(directory, 'bin/fleetctl'), program);
  chmodSync(join(directory, 'bin/fleetctl'), 0o755);
  for (const [shell, script] of scripts) writeFileSync(join(directory, `script.${shell}`), script);
});

afterAll(() => rmSync(directory, { recursive: true }));

/** Types lines at a bash on a terminal. @returns what fleetctl was run with, one for each line */
async function typeInto(lines: readonly string[]): Promise<readonly string[]> {
  const bash = 'bash --norc --noprofile -i';
  const args = process.platform === 'linux' ? ['-qfec', bash, '/dev/null'] : ['-q', '/dev/null', ...bash.split(' ')];
  const env = { HOME: directory, PATH: `${directory}/bin:${process.env['PATH']}`, TERM: 'dumb', INPUTRC: '/dev/null' };
  const terminal = spawn('script', args, { cwd: directory, env, stdio: ['pipe', 'pipe', 'inherit'] });
  terminal.stdin.end(['source script.bash', ...lines, 'exit', ''].join('\n'));
  const output = await text(terminal.stdout);
  return [...output.matchAll(/^ran( \[.*)\r$/gm)].map(([, words = '']) => words.trim());
}

describe('the script for bash', () => {
  it('completes at a terminal', async () => {
    const typed: readonly (readonly [line: string, ran: string])[] = [
      ['fleetctl star\t', '[start]'],
      ['fleetctl sta\t', '[sta]'],
      ['fleetctl cat re\t', '[cat] [redis@]'],
      ['fleetctl cat redis@2\t', '[cat] [redis@2.service]'],
      ['fleetctl cat x\t', '[cat] [x\\x2dy.service]'],
      ['fleetctl cat x\\\\x2\t', '[cat] [x\\x2dy.service]'],
      ['fleetctl list-units --fi\tunit', '[list-units] [--fields=unit]'],
      ['fleetctl list-units --fields=m\t', '[list-units] [--fields=machine]'],
      ['fleetctl start red\t7', '[start] [redis@7]'],
      ['fleetctl start uni\tred\t', '[start] [units/redis@.service]'],
      ['fleetctl start units/redis@\t', '[start] [units/redis@.service]'],
      ['fleetctl start units/my\t', '[start] [units/my web.service]'],
      ['fleetctl start units/rea\t', '[start] [units/rea]'],
      ['fleetctl --key-file=units/rea\t', '[--key-file=units/readme.md]'],
      ['fleetctl --key-file units/rea\t', '[--key-file] [units/readme.md]'],
      ['bin/fleetctl star\t', '[start]'],
      ['fleetctl sta\u0002\u0002r\t', '[srta]'],
    ];
    expect(await typeInto(typed.map(([line]) => line))).toEqual(typed.map(([, ran]) => ran));
    const asked = readFileSync(join(directory, 'asked'), 'utf8').split('\n');
    expect(asked).toContain('[cat][redis@2]');
    expect(asked).toContain('[cat][x\\x2]');
    // The word up to the cursor counts.
    expect(asked.at(-2)).toBe('[sr]');
  }, 20_000);
});

describe.each([...scripts])('the script for %s', (shell, script) => {
  it('is what the command prints', async () => {
    expect(await stage().run('completion', shell)).toEqual({ code: 0, out: script, err: '' });
  });

  it('asks the program that is typed, quietly, with what is typed behind it', () => {
    expect(script).toMatch(/__complete -- .*2>\/dev\/null <\/dev\/null/);
    expect(script).not.toMatch(/^\s*fleetctl /m);
    expect(script).toMatch(/fleetctl'?( -f .*)?\n(fi\n)?$/);
  });

  it('offers files when it is told to', () => {
    expect(script).toContain('*files*');
    for (const type of ['service', 'socket', 'timer', 'path']) expect(script).toMatch(new RegExp(`\\b${type}\\b`));
  });
});

it.each([...scripts.keys()].filter(isInstalled))('%s can read its script', (shell) => {
  execFileSync(shell, ['-n', join(directory, `script.${shell}`)]);
});

it('knows no other shell', async () => {
  const err = 'One shell must be named: bash, zsh, fish.\n';
  expect(await stage().run('completion', 'tcsh')).toEqual({ code: 1, out: '', err });
  expect(await stage().run('completion')).toEqual({ code: 1, out: '', err });
  expect(await stage().run('completion', 'bash', 'zsh')).toEqual({ code: 1, out: '', err });
});

function isInstalled(shell: string): boolean {
  try {
    execFileSync(shell, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
