/** One endpoint of an etcd cluster: plain calls, with deadlines, and no opinion about what to do when they fail. */
import { rootCertificates } from 'node:tls';
import type {
  Etcd3,
  ICompare,
  IKeyValue,
  IRequestOp,
  ITxnRequest,
  ITxnResponse,
  IWatchRequest,
  IWatchResponse,
} from 'etcd3';
import type { Millis } from '../../core/base/time.ts';
import type { Clock } from '../clock/index.ts';
import { type RenewalLimits, Renewals } from './renewals.ts';

export type { ICompare, IKeyValue, IRequestOp, ITxnRequest, ITxnResponse, IWatchResponse };

export interface MemberOptions {
  readonly clock: Clock;
  /** How long one call may take. */
  readonly timeout: Millis;
  readonly username?: string;
  readonly password?: string;
  /** PEM texts. Without an authority, Node's own list of them decides whom to trust. */
  readonly authority?: Buffer;
  readonly certificate?: Buffer;
  readonly key?: Buffer;
}

export interface Member {
  readonly endpoint: string;
  transact(request: ITxnRequest): Promise<ITxnResponse>;
  /** @returns the term in seconds that the server chose */
  grant(id: string, seconds: number): Promise<number>;
  /** @returns the seconds that the lease has from now on; not above zero when it is gone */
  renew(id: string, limits: RenewalLimits): Promise<number>;
  revoke(id: string): Promise<void>;
  /** @returns seconds left; not above zero when the lease is gone */
  timeToLive(id: string): Promise<number>;
  watch(listener: WatchListener): Promise<WatchStream>;
  close(): void;
}

export interface WatchListener {
  heard(response: IWatchResponse): void;
  /** At most once; nothing is heard after it. */
  ended(cause: unknown): void;
}

export interface WatchStream {
  send(request: IWatchRequest): void;
  cancel(): void;
}

/** A call that failed for a reason outside of us. Anything else that a member throws is a bug. */
export class MemberTrouble extends Error {
  readonly kind: 'unreachable' | 'denied' | 'lease gone';

  constructor(kind: MemberTrouble['kind'], cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.kind = kind;
  }
}

type CallOptions = NonNullable<Parameters<Etcd3['kv']['txn']>[1]>;
type Interceptor = NonNullable<CallOptions['interceptors']>[number];
type Policy = NonNullable<NonNullable<ConstructorParameters<typeof Etcd3>[0]>['faultHandling']>['global'] & {};

/**
 * A frozen or cut-off member keeps its connection, so each is probed. Not more often than every 5 s, which servers take
 * for abuse unless configured otherwise; and not without calls, which they never allow.
 */
const channel = {
  'grpc.keepalive_time_ms': 6_000,
  'grpc.keepalive_timeout_ms': 1_500,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 500,
  'grpc.max_receive_message_length': -1,
  // A proxy for the web is none for the members of our own cluster.
  'grpc.enable_http_proxy': 0,
};

/** Loads the client library, which takes longer than anything else here: not before somebody needs it. */
export async function memberFactory(options: MemberOptions): Promise<(endpoint: string) => Member> {
  const imported = await import('etcd3');
  // A bundle that is split into chunks hands out a CommonJS package under `default` alone.
  const library = 'Etcd3' in imported ? imported : (imported as { default: typeof imported }).default;
  return (endpoint) => {
    const { protocol, host } = new URL(endpoint);
    const client = new library.Etcd3({
      hosts: `${protocol}//${host}`,
      grpcOptions: channel,
      faultHandling: { global: once, host: () => once },
      ...credentials(protocol === 'https:', options),
      // Every call has a deadline, the exchange of a password for a token too. Streams are watched over by their users.
      defaultCallOptions: ({ isStream }) =>
        isStream ? { interceptors: [requireLeader] } : { deadline: Date.now() + options.timeout },
    });
    return member(options.clock, endpoint, client, (error) => explained(library, error));
  };
}

function member(clock: Clock, endpoint: string, client: Etcd3, explain: (error: unknown) => unknown): Member {
  const { kv, leaseClient, watchClient } = client;
  const told = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw explain(error);
    }
  };
  const renewals = new Renewals(
    clock,
    () => leaseClient.leaseKeepAlive(),
    (what) => new MemberTrouble('unreachable', what),
  );
  return {
    endpoint,
    transact: (request) => told(() => kv.txn(request)),
    grant: (id, seconds) => told(async () => Number((await leaseClient.leaseGrant({ ID: id, TTL: seconds })).TTL)),
    renew: (id, limits) => told(() => renewals.renew(id, limits)),
    revoke: (id) => told(async () => void (await leaseClient.leaseRevoke({ ID: id }))),
    timeToLive: (id) => told(async () => Number((await leaseClient.leaseTimeToLive({ ID: id })).TTL)),
    watch: ({ heard, ended }) =>
      told(async () => {
        const stream = await watchClient.watch();
        let over = false;
        const end = (cause: unknown) => {
          if (!over) ended(explain(cause));
          over = true;
        };
        stream.on('data', (response) => {
          if (!over) heard(response);
        });
        stream.on('error', end);
        stream.on('end', () => end(new MemberTrouble('unreachable', 'the server ended the watch')));
        return {
          send: (request) => {
            if (!over) stream.write(request);
          },
          cancel: () => {
            over = true;
            stream.cancel();
          },
        };
      }),
    close: () => client.close(),
  };
}

/** @see etcd `api/v3rpc/rpctypes/error.go` for what servers say */
function explained(library: typeof import('etcd3'), error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof MemberTrouble) return error;
  const cause = library.castGrpcError(error);
  const is = (...kinds: readonly (abstract new (...args: never[]) => Error)[]) =>
    kinds.some((kind) => cause instanceof kind);
  if (is(library.EtcdLeaseInvalidError, library.GRPCNotFoundError)) return new MemberTrouble('lease gone', cause);
  const denied =
    is(
      library.EtcdAuthenticationFailedError,
      library.EtcdPermissionDeniedError,
      library.EtcdInvalidAuthTokenError,
      library.GRPCUnauthenticatedError,
    ) || /user name is empty|authentication is not enabled/.test(cause.message);
  if (denied) return new MemberTrouble('denied', cause);
  // A new member does not serve before it has its vote.
  if (/not supported for learner/.test(cause.message)) return new MemberTrouble('unreachable', cause);
  // Not implemented: what answers there is another server, such as a proxy.
  if (library.isRecoverableError(cause) || is(library.ClientClosedError, library.GRPCNotImplementedError))
    return new MemberTrouble('unreachable', cause);
  return cause;
}

function credentials(secure: boolean, { username, password = '', authority, certificate, key }: MemberOptions) {
  const auth = username ? { auth: { username, password } } : {};
  if (!secure) return auth;
  return {
    ...auth,
    credentials: {
      rootCertificate: authority ?? Buffer.from(rootCertificates.join('\n')),
      ...(key && { privateKey: key }),
      ...(certificate && { certChain: certificate }),
    },
  };
}

/** No retry and no circuit breaker: the client has its own opinion, see `failover.ts`. */
const once: Policy = {
  _altReturn: undefined as never,
  onSuccess: () => ({ dispose() {} }),
  onFailure: () => ({ dispose() {} }),
  execute: async (work) => work({ signal: new AbortController().signal }),
};

/** Asks the server to end a stream when its member loses touch with the cluster, as Go's client can. */
const requireLeader: Interceptor = (options, nextCall) => {
  const call = nextCall(options);
  const start = call.start.bind(call);
  call.start = (metadata, listener) => {
    metadata.set('hasleader', 'true');
    start(metadata, listener);
  };
  return call as ReturnType<Interceptor>;
};
