/** What a machine's DNS server answers, asked with dig on the machine itself. */
import type { DockerEngine } from '../../../ports/docker/index.ts';
import { type Machine, tryOn } from '../shell.ts';

export interface Answer {
  /** Without the final dot. */
  readonly name: string;
  readonly ttl: number;
  readonly type: string;
  /** As dig writes it. */
  readonly value: string;
}

export interface Asked {
  /** `NOERROR`, `NXDOMAIN`, …; undefined when nobody answered. */
  readonly status: string | undefined;
  readonly answers: readonly Answer[];
}

const patience = ['+tries=1', '+time=2'];

export async function ask(docker: DockerEngine, machine: Machine, name: string, type: string): Promise<Asked> {
  const command = ['dig', '+noall', '+comments', '+answer', ...patience, '@127.0.0.1', name, type];
  const { code, out } = await tryOn(docker, machine, command);
  if (code !== 0) return { status: undefined, answers: [] };
  return { status: /status: ([A-Z]+)/.exec(out)?.[1], answers: parseAnswers(out) };
}

/** The addresses of many names in one go. @returns undefined when nobody answered */
export async function addressesOf(
  docker: DockerEngine,
  machine: Machine,
  names: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]> | undefined> {
  if (names.length === 0) return new Map();
  const questions = names.flatMap((name) => [name, 'A']);
  const command = ['dig', '+noall', '+answer', ...patience, '@127.0.0.1', ...questions];
  const { code, out } = await tryOn(docker, machine, command);
  if (code !== 0) return undefined;
  const found = new Map<string, string[]>(names.map((name) => [name, []]));
  for (const { name, type, value } of parseAnswers(out)) if (type === 'A') found.get(name)?.push(value);
  return found;
}

/** @param out answers in the format of zone files, and comments */
export const parseAnswers = (out: string): readonly Answer[] =>
  [...out.matchAll(/^([^;\s]\S*)\s+(\d+)\s+IN\s+([A-Z0-9]+)\s+(.*)$/gm)].map(
    ([, name = '', ttl, type = '', value = '']) => ({
      name: name.replace(/\.$/, '').toLowerCase(),
      ttl: Number(ttl),
      type,
      value: value.trim(),
    }),
  );
