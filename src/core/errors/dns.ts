/** What can go wrong with skydns and registrator, beyond the stores and engines they talk to. */
import { defineError } from './define.ts';

export const OptionsUnusable = defineError<{ program: string; mistakes: readonly string[] }>({
  code: 'OPTIONS_UNUSABLE',
  status: 400,
  message: ({ mistakes }) => mistakes.join('; '),
  remedy: ({ program }) => `Correct the options; ${program} -help lists them all.`,
});

export const DnsConfigUndecodable = defineError<{ key: string; mistake: string }>({
  code: 'DNS_CONFIG_UNDECODABLE',
  status: 400,
  message: ({ key, mistake }) => `the configuration at ${key} cannot be read: ${mistake}`,
  remedy: ({ key }) => `Put a JSON object there, or remove the key: etcdctl del ${key}.`,
});

export const DnsPortTaken = defineError<{ address: string }>({
  code: 'DNS_PORT_TAKEN',
  status: 500,
  message: ({ address }) => `cannot listen on ${address}`,
  remedy: ({ address }) =>
    `Stop what listens there (ss -lunp; ss -ltnp), run as root for ports below 1024, or give another address with -addr instead of ${address}.`,
});

export const SocketsMissing = defineError<Record<never, never>>({
  code: 'SOCKETS_MISSING',
  status: 500,
  message: () => 'systemd passed no sockets on, though -systemd says that it would',
  remedy: () =>
    'Start skydns by its socket unit, with ListenDatagram= and ListenStream= (systemctl start skydns.socket), or leave -systemd out.',
});

export const StatusPortTaken = defineError<{ port: number }>({
  code: 'STATUS_PORT_TAKEN',
  status: 500,
  message: ({ port }) => `cannot serve metrics on port ${port}`,
  remedy: () => 'Stop what listens there (ss -ltnp), or give another port in PROMETHEUS_PORT.',
});

export const ContainersUnreachable = defineError<{ host: string; doing: string }>({
  code: 'CONTAINERS_UNREACHABLE',
  status: 503,
  message: ({ host, doing }) => `the Docker engine at ${host} did not answer (${doing})`,
  remedy: () => 'Check that it runs (docker info) and that DOCKER_HOST names its socket.',
});

export const BackendUnreachable = defineError<{ uri: string; attempts: number }>({
  code: 'BACKEND_UNREACHABLE',
  status: 503,
  message: ({ uri, attempts }) => `no answer from ${uri} after ${attempts} attempts`,
  remedy: () =>
    'Check the address and that etcd has a majority of its members, or wait longer with -retry-attempts -1.',
});

export const EngineEventsEnded = defineError<Record<never, never>>({
  code: 'ENGINE_EVENTS_ENDED',
  status: 503,
  message: () => 'Docker event loop closed',
  remedy: () => 'Nothing needs doing when a supervisor starts registrator again; its records stay until then.',
});
