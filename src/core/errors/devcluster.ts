/** What the tool for clusters tells people. */
import { defineError } from './define.ts';

/** `"a"`, `"a" or "b"`. */
const anyOf = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(' or ');

export const UsageWrong = defineError<{ message: string; remedy: string }>({
  code: 'USAGE_WRONG',
  status: 400,
  message: ({ message }) => message,
  remedy: ({ remedy }) => remedy,
});

export const ClusterFileMissing = defineError<{ path: string }>({
  code: 'CLUSTER_FILE_MISSING',
  status: 404,
  message: ({ path }) => `there is no cluster file ${path}`,
  remedy: () => 'Give the path of one with -f, or leave -f out for a cluster of defaults.',
});

export const ClusterFileWrong = defineError<{ path: string; mistakes: readonly string[] }>({
  code: 'CLUSTER_FILE_WRONG',
  status: 400,
  message: ({ path, mistakes }) =>
    `${path} has ${mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`}:\n${mistakes.map((line) => `  ${line}`).join('\n')}`,
  remedy: () => 'Correct the lines above; docs/cluster-file.md explains every key.',
});

export const ClusterUnknown = defineError<{ name: string; near: readonly string[]; known: readonly string[] }>({
  code: 'CLUSTER_UNKNOWN',
  status: 404,
  message: ({ name }) => `there is no cluster named "${name}"`,
  remedy: ({ near, known }) => {
    if (near.length > 0) return `Did you mean ${anyOf(near)}?`;
    return known.length > 0 ? `The clusters are: ${known.join(', ')}.` : 'Make one: devcluster up.';
  },
});

export const NoCluster = defineError<Record<string, never>>({
  code: 'NO_CLUSTER',
  status: 404,
  message: () => 'there is no cluster on this engine',
  remedy: () => 'Make one: devcluster up.',
});

export const ClusterAmbiguous = defineError<{ names: readonly string[] }>({
  code: 'CLUSTER_AMBIGUOUS',
  status: 400,
  message: ({ names }) => `there are ${names.length} clusters: ${names.join(', ')}`,
  remedy: ({ names }) => `Say which one: --name ${names[0]}, or export DEVCLUSTER_NAME=${names[0]}.`,
});

export const MachineUnknown = defineError<{ machine: string; cluster: string; known: readonly string[] }>({
  code: 'MACHINE_UNKNOWN',
  status: 404,
  message: ({ machine, cluster }) => `the cluster "${cluster}" has no machine "${machine}"`,
  remedy: ({ known }) => `Its machines are: ${known.join(', ')}.`,
});

export const MachineStopped = defineError<{ machine: string; state: string }>({
  code: 'MACHINE_STOPPED',
  status: 409,
  message: ({ machine, state }) => `the machine ${machine} is not running: its container is ${state}`,
  remedy: () => 'Start it: devcluster up.',
});

export const ClusterBusy = defineError<{ cluster: string; owner: string }>({
  code: 'CLUSTER_BUSY',
  status: 409,
  message: ({ cluster, owner }) => `the cluster "${cluster}" is being changed by ${owner}`,
  remedy: () => 'Wait until it is done; if you know that it is not running any more, add --force.',
});

export const ConsentNeeded = defineError<{ losses: readonly string[]; flag: string }>({
  code: 'CONSENT_NEEDED',
  status: 409,
  message: ({ losses }) => `this loses something:\n${losses.map((line) => `  ${line}`).join('\n')}`,
  remedy: ({ flag }) => `If you want that, run it again with ${flag}.`,
});

export const NoSubnet = defineError<Record<string, never>>({
  code: 'NO_SUBNET',
  status: 409,
  message: () => 'every private subnet that the tool knows is taken',
  remedy: () => 'Give one with --subnet, or remove clusters: devcluster list.',
});

export const MachineDied = defineError<{ machine: string; exitCode: number; output: string }>({
  code: 'MACHINE_DIED',
  message: ({ machine, exitCode, output }) =>
    `${machine} stopped while it was starting (exit code ${exitCode})${output === '' ? '' : `; it said last:\n${output}`}`,
  remedy: () => 'See whether this engine can run systemd machines: devcluster doctor.',
});

export const UnitFailed = defineError<{
  machine: string;
  unit: string;
  /** How often systemd has started it again. */
  restarts?: number;
  journal: string;
  cluster: string;
}>({
  code: 'UNIT_FAILED',
  message: ({ machine, unit, restarts = 0, journal }) =>
    `${unit} failed on ${machine}${restarts > 0 ? ` again and again (${restarts} restarts)` : ''}; its journal ends with:\n${journal}`,
  remedy: ({ machine, unit, cluster }) =>
    `Keep the machines with --keep and look closer: devcluster logs ${machine} -u ${unit} --name ${cluster}.`,
});

/** The unit that is most likely to blame for a wait. */
export interface Suspect {
  readonly machine: string;
  readonly unit: string;
  /** In systemd's words: `activating (auto-restart)`. */
  readonly state: string;
  readonly restarts: number;
  readonly journal: string;
}

export const WaitedTooLong = defineError<{
  what: string;
  seconds: number;
  seen: string;
  flag: string;
  suspect?: Suspect;
}>({
  code: 'WAITED_TOO_LONG',
  status: 504,
  message: ({ what, seconds, seen, suspect }) =>
    [
      `waited ${seconds} s for ${what}`,
      ...(seen === '' ? [] : [`the last that was seen: ${seen}`]),
      ...(suspect === undefined ? [] : [printSuspect(suspect)]),
    ].join('; '),
  remedy: ({ flag, suspect }) =>
    `On a slow or busy host allow more time with ${flag}; else ${
      suspect === undefined
        ? 'see: devcluster doctor.'
        : `keep the machines with --keep and look closer: devcluster logs ${suspect.machine} -u ${suspect.unit}.`
    }`,
});

const printSuspect = ({ machine, unit, state, restarts, journal }: Suspect): string =>
  `${unit} on ${machine} is ${state}${restarts > 0 ? ` after ${restarts} restarts` : ''}, and its journal ends with:\n${journal}`;

export const CommandMissing = defineError<{ command: string; remedy: string }>({
  code: 'COMMAND_MISSING',
  status: 424,
  message: ({ command }) => `this host has no ${command} command`,
  remedy: ({ remedy }) => remedy,
});

export const MachineCommandFailed = defineError<{ machine: string; command: string; said: string }>({
  code: 'MACHINE_COMMAND_FAILED',
  message: ({ machine, command, said }) => `"${command}" failed on ${machine}: ${said}`,
  remedy: ({ machine }) => `See the machine’s journal: devcluster logs ${machine}.`,
});

export const Interrupted = defineError<{ signal: string }>({
  code: 'INTERRUPTED',
  message: ({ signal }) => `interrupted by ${signal}`,
  remedy: () => 'Finish it with devcluster up, or clean up with devcluster down.',
});
