/** Decides whether a machine is the one it was: compares with known_hosts, and asks about machines seen first. */
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HostKeyMismatch, HostNotAuthorised, KnownHostsUnreadable } from '../../core/errors/ssh.ts';
import type { Io } from '../io/index.ts';
import {
  algorithmName,
  fingerprint,
  type HostKey,
  type KnownHost,
  keysFor,
  parseKnownHosts,
  printKnownHost,
  sameKey,
} from './known-hosts.ts';

/** The part of an `Io` that a question needs. */
export type Asking = Pick<Io, 'err' | 'ask'>;

export interface HostKeys {
  /**
   * The types of the keys stored under any of these names; none when the machine is not known.
   *
   * @throws {KnownHostsUnreadable}
   */
  typesFor(names: readonly string[]): Promise<readonly string[]>;
  /**
   * Accepts the key, or explains on stderr why not and throws.
   *
   * @throws {HostKeyMismatch}
   * @throws {HostNotAuthorised}
   */
  check(host: string, key: HostKey): Promise<void>;
}

export interface KnownHostsFile {
  /** Need not exist; it is made when a key is accepted. */
  readonly path: string;
  readonly asking: Asking;
  /** Told about lines that cannot be used. */
  readonly warn: (message: string) => void;
}

/** @see fleet.md 7.7, for every word that is printed here */
export function knownHostsFile({ path, asking, warn }: KnownHostsFile): HostKeys {
  let warned = false;
  const read = async (): Promise<readonly KnownHost[]> => {
    const { entries, skipped } = parseKnownHosts(await textOf(path));
    if (!warned) for (const { line, why } of skipped) warn(`${path}:${line} - ${why}`);
    warned = true;
    return entries;
  };

  const remember = async (host: string, key: HostKey): Promise<void> => {
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await appendFile(path, printKnownHost({ hosts: host, key }), { mode: 0o644 });
      asking.err(`Warning: Permanently added '${host}' (${algorithmName(key)}) to the list of known hosts.`);
    } catch {
      asking.err(`Failed to add the host to the list of known hosts (${path}).`);
    }
  };

  return {
    async typesFor(names) {
      const entries = await read();
      return [...new Set(names.flatMap((name) => keysFor(entries, name)).map(({ type }) => type))];
    },
    async check(host, key) {
      const stored = keysFor(await read(), host);
      if (stored.some((known) => sameKey(known, key))) return;
      if (stored.length > 0) {
        for (const line of mismatch(key, path)) asking.err(line);
        throw new HostKeyMismatch({ host, file: path });
      }
      asking.err(`The authenticity of host '${host}' can't be established.`);
      asking.err(`${algorithmName(key)} key fingerprint is ${fingerprint(key)}.`);
      const answer = await asking.ask('Are you sure you want to continue connecting (yes/no)? ');
      if (!/^(y|yes)$/i.test(answer?.trim() ?? '')) {
        asking.err('Host key verification failed.');
        throw new HostNotAuthorised({ host, file: path });
      }
      await remember(host, key);
    },
  };
}

/** Checks nothing, reads nothing, writes nothing. */
export const anyHostKey: HostKeys = { typesFor: async () => [], check: async () => {} };

const frame = '@'.repeat(59);

const mismatch = (key: HostKey, path: string): readonly string[] => [
  frame,
  '@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @',
  frame,
  'Somebody may be between you and that machine, reading along.',
  'Or the machine was made anew, and its key with it.',
  `The ${algorithmName(key)} key that it sent has the fingerprint`,
  `${fingerprint(key)}.`,
  `Put the right key into ${path} to be rid of this message.`,
  'Host key verification failed.',
];

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR')) return '';
    throw new KnownHostsUnreadable(
      { file: path, why: cause instanceof Error ? cause.message : String(cause) },
      { cause },
    );
  }
}
