/** SSH over the `ssh2` package. Load it lazily: most commands need no SSH, and the package takes its time. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { constants } from 'node:os';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
// By its default export: Node finds only some of the names that this CommonJS package exports.
import vendor, {
  type AgentAuthMethod,
  type Client,
  type ClientChannel,
  type PublicKeyAuthMethod,
  type ServerHostKeyAlgorithm,
} from 'ssh2';
import type { Millis } from '../../core/base/time.ts';
import { OperatingError } from '../../core/errors/define.ts';
import {
  SshAgentMissing,
  SshAgentUnreachable,
  SshChannelRefused,
  SshKeyUnusable,
  SshNotAuthenticated,
  SshTimedOut,
  SshUnreachable,
} from '../../core/errors/ssh.ts';
import type { HostKeys } from './host-keys.ts';
import type { Ssh, SshAddress, SshConnection, SshSession, SshStreams } from './index.ts';
import { hostKey, knownAs } from './known-hosts.ts';

export interface Ssh2Options {
  readonly user: string;
  /** How long connecting may take: reaching the port, and the handshake after it, each. */
  readonly timeout: Millis;
  readonly hostKeys: HostKeys;
  /** The path of the agent's socket. */
  readonly agent?: string | undefined;
  /** A private key without a passphrase, offered before the agent's keys. */
  readonly identityFile?: string | undefined;
}

export function ssh2(options: Ssh2Options): Ssh {
  return {
    async connect(to, via) {
      if (options.agent === undefined && options.identityFile === undefined) throw new SshAgentMissing({});
      const key = options.identityFile === undefined ? undefined : await readKey(options.identityFile);
      const { timeout } = options;
      const { stream, address } = via === undefined ? await reach(to, timeout) : await tunnel(to, via, timeout);
      const client = new vendor.Client();
      try {
        await handshake(client, { ...options, to, key, stream, address });
      } catch (cause) {
        client.destroy();
        stream.destroy();
        throw cause;
      }
      return connectionOver(client, to);
    },
  };
}

async function readKey(file: string): Promise<Buffer> {
  try {
    const content = await readFile(file);
    const parsed = vendor.utils.parseKey(content);
    if (parsed instanceof Error) throw parsed;
    return content;
  } catch (cause) {
    throw new SshKeyUnusable({ file, why: reason(cause) }, { cause });
  }
}

interface Reached {
  readonly stream: Duplex;
  /** The address at the other end, which keys are known under. */
  readonly address: string;
}

async function reach({ host, port }: SshAddress, timeout: Millis): Promise<Reached> {
  const socket: Socket = connectTcp({ host, port, noDelay: true });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(timeout) });
  } catch (cause) {
    socket.destroy();
    if (cause instanceof Error && cause.name === 'AbortError') throw new SshTimedOut({ host }, { cause });
    throw new SshUnreachable({ host: `${host}:${port}`, why: reason(cause) }, { cause });
  }
  return { stream: socket, address: socket.remoteAddress?.replace(/^::ffff:/, '') ?? host };
}

/**
 * The other machine resolves the name, so the name is the address that keys are known under. It may wait for minutes for
 * a machine that is gone; we don't.
 */
async function tunnel({ host, port }: SshAddress, via: SshConnection, timeout: Millis): Promise<Reached> {
  const dialing = via.dialTcp(host, port);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new SshTimedOut({ host })), timeout);
  });
  try {
    return { stream: await Promise.race([dialing, late]), address: host };
  } catch (cause) {
    // Should it be opened after all, nobody wants it any more.
    void dialing.then(
      (stream) => stream.destroy(),
      () => {},
    );
    throw cause;
  } finally {
    clearTimeout(timer);
  }
}

interface Handshake extends Ssh2Options, Reached {
  readonly to: SshAddress;
  readonly key: Buffer | undefined;
}

async function handshake(client: Client, facts: Handshake): Promise<void> {
  const { to, user, hostKeys, key, agent, stream, address, timeout } = facts;
  const host = knownAs(address, to.port);
  const known = await hostKeys.typesFor(isIP(to.host) ? [host] : [host, knownAs(to.host, to.port)]);
  const algorithms = known.flatMap((type) => signaturesOf.get(type) ?? []);
  let accepted: Buffer | undefined;
  const verify = async (blob: Buffer): Promise<void> => {
    const offered = hostKey(blob);
    if (offered === undefined) throw new SshUnreachable({ host, why: 'it sent a key that is none' });
    // Keys are checked again whenever the connection renews its secrets; nobody wants to be asked twice.
    if (accepted?.equals(blob)) return;
    await hostKeys.check(host, offered);
    accepted = blob;
  };
  const byKey: PublicKeyAuthMethod[] = key === undefined ? [] : [{ type: 'publickey', username: user, key }];
  const byAgent: AgentAuthMethod[] = agent === undefined ? [] : [{ type: 'agent', username: user, agent }];

  await new Promise<void>((resolve, reject) => {
    const deadline = pausableDeadline(timeout, () => reject(new SshTimedOut({ host: to.host })));
    const settle = (act: () => void) => {
      deadline.pause();
      for (const event of ['ready', 'error', 'close']) client.removeAllListeners(event);
      // What follows the first news is no news, but an error that nobody listens to would end the process.
      client.on('error', () => {});
      act();
    };
    client.on('ready', () => settle(resolve));
    client.on('error', (cause) => settle(() => reject(translate(cause, facts))));
    client.on('close', () => settle(() => reject(new SshUnreachable({ host, why: 'it closed the connection' }))));
    client.connect({
      sock: stream,
      username: user,
      readyTimeout: 0,
      keepaliveInterval: 15_000,
      ...(agent === undefined ? {} : { agent }),
      ...(algorithms.length === 0 ? {} : { algorithms: { serverHostKey: algorithms } }),
      authHandler: [...byKey, ...byAgent],
      hostVerifier: (blob: Buffer, answer: (valid: boolean) => void) => {
        // A person takes as long as a person takes.
        deadline.pause();
        verify(blob).then(
          () => {
            deadline.resume();
            answer(true);
          },
          (cause: unknown) => {
            settle(() => reject(cause));
            answer(false);
          },
        );
      },
    });
  });
}

function pausableDeadline(duration: Millis, expired: () => void) {
  let timer = setTimeout(expired, duration);
  return {
    pause: () => clearTimeout(timer),
    resume: () => {
      timer = setTimeout(expired, duration);
    },
  };
}

/**
 * What a host that is known by a key of some type may sign with. Of a type that we cannot check a host is asked for
 * whatever it has, and then found to have another key than it had.
 */
const signaturesOf: ReadonlyMap<string, readonly ServerHostKeyAlgorithm[]> = new Map<string, ServerHostKeyAlgorithm[]>([
  ['ssh-ed25519', ['ssh-ed25519']],
  ['ecdsa-sha2-nistp256', ['ecdsa-sha2-nistp256']],
  ['ecdsa-sha2-nistp384', ['ecdsa-sha2-nistp384']],
  ['ecdsa-sha2-nistp521', ['ecdsa-sha2-nistp521']],
  ['ssh-rsa', ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa']],
  ['ssh-dss', ['ssh-dss']],
]);

/** `level` is where the package saw the trouble. */
function translate(cause: Error & { level?: string }, { to, user, key, agent = '' }: Handshake): Error {
  const { host, port } = to;
  if (cause instanceof OperatingError) return cause;
  // With a key that was refused before it, the agent was only the last resort.
  const refused = cause.level === 'client-authentication' || (cause.level === 'agent' && key !== undefined);
  if (refused) return new SshNotAuthenticated({ host, user }, { cause });
  if (cause.level === 'agent') return new SshAgentUnreachable({ socket: agent, why: cause.message }, { cause });
  return new SshUnreachable({ host: `${host}:${port}`, why: cause.message }, { cause });
}

function connectionOver(client: Client, { host }: SshAddress): SshConnection {
  const channel = (
    what: string,
    open: (done: (error: Error | undefined, channel: ClientChannel) => void) => void,
  ): Promise<Opened> =>
    new Promise((resolve, reject) => {
      const refuse = (cause: unknown) => reject(new SshChannelRefused({ what, why: reason(cause) }, { cause }));
      try {
        open((error, opened) => (error ? refuse(error) : resolve(Object.assign(opened, { code: exitCode(opened) }))));
      } catch (cause) {
        refuse(cause);
      }
    });

  const execute = (command: string, { forwardAgent = false }: SshSession, pty: object | undefined) =>
    channel(`a session at ${host}`, (done) =>
      client.exec(command, { ...forwarding(forwardAgent), ...(pty === undefined ? {} : { pty }) }, done),
    );

  return {
    async run(command, streams, session = {}) {
      return attach(await execute(command, session, ptyFor(streams)), streams);
    },
    async shell(streams, { forwardAgent = false } = {}) {
      const opened = await channel(`a shell at ${host}`, (done) =>
        client.shell(ptyFor(streams) ?? false, forwarding(forwardAgent), done),
      );
      return attach(opened, streams);
    },
    dialUnix: (path) => channel(path, (done) => client.openssh_forwardOutStreamLocal(path, done)),
    dialTcp: (to, port) => channel(`${to}:${port}`, (done) => client.forwardOut('127.0.0.1', 0, to, port, done)),
    dialCommand: (command, session = {}) => execute(command, session, undefined),
    async [Symbol.asyncDispose]() {
      // The farewell goes out before the line is cut; a machine that froze would never answer it.
      client.end();
      await new Promise(setImmediate);
      client.destroy();
    },
  };
}

/** Asked for once in a connection, and only when we have an agent. The package's types leave this option of a session out. */
const forwarding = (forwardAgent: boolean): object => (forwardAgent ? { agentForward: true } : {});

const ptyFor = ({ terminal }: SshStreams) => {
  if (terminal === undefined) return undefined;
  const { columns, rows } = terminal.size();
  return { term: 'xterm-256color', cols: columns, rows, width: 0, height: 0 };
};

/** Its exit code is listened for from the first moment: a quick command ends in the very packet that says it began. */
type Opened = ClientChannel & { readonly code: Promise<number> };

/**
 * Joins our streams to a channel until what runs there has ended.
 *
 * The end of our input is told without ending the channel: a stream that has ended both ways closes itself, and then a
 * server has nobody any more to tell the exit code to, which comes a little later than the end of the outputs.
 */
async function attach(channel: Opened, { stdin, stdout, stderr, terminal }: SshStreams): Promise<number> {
  using _raw = terminal?.raw();
  using _resized = terminal?.resized(() => {
    const { columns, rows } = terminal.size();
    channel.setWindow(rows, columns, 0, 0);
  });
  const outputs = [pipeline(channel, stdout, { end: false }), pipeline(channel.stderr, stderr, { end: false })];
  const ended = () => void channel.write('', () => channel.eof());
  if (stdin === undefined) ended();
  else stdin.once('end', ended).pipe(channel, { end: false });
  try {
    await Promise.all(outputs);
    return await channel.code;
  } finally {
    stdin?.off('end', ended).unpipe(channel);
    stdin?.pause();
  }
}

const exitCode = (channel: ClientChannel): Promise<number> =>
  new Promise((resolve) => {
    let ended: number | undefined;
    channel.on('exit', (code: number | null, signal?: string) => {
      ended = code ?? 128 + (signalNumbers[`SIG${signal?.replace(/^SIG/, '')}`] ?? 0);
    });
    // No code at all means that the connection broke, which ssh(1) tells as 255.
    channel.on('close', () => resolve(ended ?? 255));
  });

const signalNumbers: Readonly<Record<string, number>> = constants.signals;

const reason = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
