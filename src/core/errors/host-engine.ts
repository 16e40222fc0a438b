/** What can go wrong on the way to a Docker engine. */
import { defineError } from './define.ts';

export const EngineMissing = defineError<{ seen: readonly string[]; remedy: string }>({
  code: 'ENGINE_MISSING',
  status: 503,
  message: ({ seen }) =>
    ['there is no Docker engine that this user can use', ...seen.map((line) => `    ${line}`)].join('\n'),
  remedy: ({ remedy }) => remedy,
});

/** Of the engine that somebody chose; others are not looked for then. */
export const ChosenEngineUnreachable = defineError<{ host: string; source: string; reason: string }>({
  code: 'CHOSEN_ENGINE_UNREACHABLE',
  status: 503,
  message: ({ host, source, reason }) =>
    `the Docker engine at ${host}, which ${source} names, does not answer: ${reason}`,
  remedy: () =>
    'Start it, or choose another: correct or unset DOCKER_HOST and DOCKER_CONTEXT, or "docker context use default".',
});

export const ContextUnknown = defineError<{ context: string; source: string }>({
  code: 'CONTEXT_UNKNOWN',
  status: 404,
  message: ({ context, source }) => `there is no docker context "${context}", which ${source} names`,
  remedy: () => 'See which there are with "docker context ls", and choose one with "docker context use".',
});

export const EngineStartFailed = defineError<{ reason: string; log: string; lines: readonly string[] }>({
  code: 'ENGINE_START_FAILED',
  status: 503,
  message: ({ reason, lines }) =>
    [`the private Docker engine did not start: ${reason}`, ...lines.map((line) => `    ${line}`)].join('\n'),
  remedy: ({ log }) => `Its log is ${log}. Or install and start Docker yourself; devcluster finds it then.`,
});

export const EngineNotStopped = defineError<{ pid: number; seconds: number }>({
  code: 'ENGINE_NOT_STOPPED',
  message: ({ pid, seconds }) =>
    `the private Docker engine (process ${pid}) still runs ${seconds} s after it was asked to stop`,
  remedy: ({ pid }) => `Wait and see, or end it: kill -9 ${pid}.`,
});
