/** Our container specs in the engine's words, and the engine's failures in ours. */

import { OperatingError } from '../../core/errors/define.ts';
import {
  EngineRefused,
  EngineUnreachable,
  ImageMissing,
  NameTaken,
  PortTaken,
  StartFailed,
  SubnetTaken,
} from '../../core/errors/docker.ts';
import type { ContainerSpec, Mount } from '../../core/topology/types.ts';
import type { ContainerCreateOptions, MountSettings } from './client.ts';

export function createOptions(spec: ContainerSpec): ContainerCreateOptions {
  const tmpfs = spec.mounts.filter((mount) => mount.kind === 'tmpfs');
  const exposed = spec.publish.map(({ port }) => `${port}/tcp`);
  return {
    name: spec.name,
    Image: spec.image,
    Labels: { ...spec.labels },
    Env: Object.entries(spec.environment).map(([name, value]) => `${name}=${value}`),
    Tty: spec.tty,
    ExposedPorts: Object.fromEntries(exposed.map((port) => [port, {}])),
    ...(spec.hostname === undefined ? {} : { Hostname: spec.hostname }),
    ...(spec.entrypoint === undefined ? {} : { Entrypoint: [...spec.entrypoint] }),
    ...(spec.command === undefined ? {} : { Cmd: [...spec.command] }),
    ...(spec.stopSignal === undefined ? {} : { StopSignal: spec.stopSignal }),
    HostConfig: {
      // An engine may be configured to put its own init first; then systemd would not be PID 1.
      Init: false,
      CapAdd: [...spec.capabilities],
      Mounts: spec.mounts.flatMap((mount) => mountSettings(mount, spec.labels)),
      Tmpfs: Object.fromEntries(tmpfs.map(({ target, options }) => [target, options ?? ''])),
      PortBindings: Object.fromEntries(
        spec.publish.map(({ address, hostPort, port }) => [
          `${port}/tcp`,
          [{ HostIp: address, HostPort: String(hostPort) }],
        ]),
      ),
      ...(spec.network === undefined ? {} : { NetworkMode: spec.network.name }),
      ...(spec.sysctls === undefined ? {} : { Sysctls: { ...spec.sysctls } }),
      ...(spec.privateCgroupNamespace ? { CgroupnsMode: 'private' as const } : {}),
      ...(spec.unconfined ? unconfined : {}),
      ...(spec.restartsOnFailure === undefined
        ? {}
        : { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: spec.restartsOnFailure } }),
    },
    ...(spec.network === undefined
      ? {}
      : {
          NetworkingConfig: {
            EndpointsConfig: {
              [spec.network.name]: {
                Aliases: [...spec.network.aliases],
                ...(spec.network.address === undefined ? {} : { IPAMConfig: { IPv4Address: spec.network.address } }),
              },
            },
          },
        }),
  };
}

/** The command line's `systempaths=unconfined` is no security option of the API: it is these two empty lists. */
const unconfined = {
  SecurityOpt: ['seccomp=unconfined', 'apparmor=unconfined'],
  MaskedPaths: [],
  ReadonlyPaths: [],
};

function mountSettings(mount: Mount, labels: ContainerSpec['labels']): readonly MountSettings[] {
  switch (mount.kind) {
    case 'tmpfs':
      return [];
    case 'bind':
      return [{ Type: 'bind', Source: mount.source, Target: mount.target, ReadOnly: mount.readOnly ?? false }];
    case 'volume':
      return [
        {
          Type: 'volume',
          Source: mount.name,
          Target: mount.target,
          ReadOnly: mount.readOnly ?? false,
          // The engine makes a missing volume on the way; labelled like its container, so that `down` finds it.
          VolumeOptions: { NoCopy: false, Labels: { ...labels }, DriverConfig: { Name: '', Options: {} } },
        },
      ];
    default:
      return mount satisfies never;
  }
}

/** A failed call as the engine and its client report it. */
export interface Failure {
  readonly status: number | undefined;
  /** Of the connection: `ECONNREFUSED`, `ENOENT` … */
  readonly code: string | undefined;
  readonly reason: string;
}

export function failureOf(error: unknown): Failure {
  const { statusCode, code, json, message } = error as {
    statusCode?: number;
    code?: string;
    json?: { message?: string };
    message?: string;
  };
  return { status: statusCode, code, reason: json?.message ?? message ?? String(error) };
}

export const isGone = (error: unknown): boolean => failureOf(error).status === 404;
/** Already as asked: started, stopped, or being removed by somebody else. */
export const isSettled = (error: unknown): boolean => {
  const { status, reason } = failureOf(error);
  return status === 304 || (status === 409 && /is already in progress|is not running/.test(reason));
};

/**
 * The engine speaks in sentences; what tells one refusal from another has to be read from them.
 *
 * @param doing ends the sentence "the engine could not …"
 */
export function translate(
  error: unknown,
  doing: string,
  host: string,
  spec?: { readonly name: string; readonly image?: string; readonly subnet?: string },
): Error {
  if (error instanceof OperatingError) return error;
  const { status, code, reason } = failureOf(error);
  const cause = { cause: error };
  if (status === undefined) return new EngineUnreachable({ host, reason: code ?? reason }, cause);
  if (spec?.image !== undefined && status === 404 && /no such image/i.test(reason)) {
    return new ImageMissing({ image: spec.image }, cause);
  }
  if (spec?.subnet !== undefined && /overlap|could not find an available/i.test(reason)) {
    return new SubnetTaken({ subnet: spec.subnet, by: `another network of the engine (${reason})` }, cause);
  }
  if (spec !== undefined && status === 409 && /already in use by container|already exists/i.test(reason)) {
    return new NameTaken({ name: spec.name }, cause);
  }
  const port = /(?:port is already allocated|address already in use)/i.test(reason)
    ? /(?:127\.0\.0\.1|0\.0\.0\.0|\[::\]):(\d+)/.exec(reason)?.[1]
    : undefined;
  if (port !== undefined) return new PortTaken({ port: Number(port) }, cause);
  if (spec !== undefined && doing.startsWith('start')) return new StartFailed({ container: spec.name, reason }, cause);
  return new EngineRefused({ doing, reason }, cause);
}
