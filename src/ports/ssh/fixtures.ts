/** An SSH server on loopback for tests of the client; the package's own, so no sshd is needed. */
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2, { type Connection, type ServerChannel, type Session } from 'ssh2';
import type { SshAddress } from './index.ts';
import { type HostKey, hostKey } from './known-hosts.ts';

export interface SshServer extends AsyncDisposable {
  readonly at: SshAddress;
  readonly hostKey: HostKey;
  /** A private key that the server accepts, and one that it does not. */
  readonly identityFile: string;
  readonly strangeFile: string;
  /** A directory that goes away with the server. */
  readonly directory: string;
  /** A port that echoes. */
  readonly echo: SshAddress;
  /** What clients asked for, in order. */
  readonly asked: readonly string[];
}

/** Behind the server, a machine that swallows every packet. */
export const silentHost = 'silent.test';

const pem = { format: 'pem' } as const;
const ecdsaKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
    .privateKey.export({ type: 'sec1', ...pem })
    .toString();
const rsaKey = (): string =>
  generateKeyPairSync('rsa', { modulusLength: 2048 })
    .privateKey.export({ type: 'pkcs1', ...pem })
    .toString();

export interface SshServerOptions {
  /** Of the key that the server shows. */
  readonly hostKeyType?: 'ecdsa' | 'rsa';
  /** Plays an sshd that opens no unix sockets, on a machine whose `fleetctl fd-forward` leads to this port. */
  readonly forwardTo?: number;
  /** The private key to accept; one of its own when left out. */
  readonly accepting?: string;
}

export async function sshServer({ hostKeyType, forwardTo, accepting }: SshServerOptions = {}): Promise<SshServer> {
  const directory = await mkdtemp(join(tmpdir(), 'ssh-'));
  const identity = accepting === undefined ? ecdsaKey() : await readFile(accepting, 'utf8');
  const host = hostKeyType === 'rsa' ? rsaKey() : ecdsaKey();
  const [identityFile, strangeFile] = [join(directory, 'id'), join(directory, 'strange')];
  await writeFile(identityFile, identity, { mode: 0o600 });
  await writeFile(strangeFile, ecdsaKey(), { mode: 0o600 });
  const asked: string[] = [];
  const allowed = publicKey(identity);
  const server = new ssh2.Server({ hostKeys: [host] }, (client) => serve(client, allowed, asked, forwardTo));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const echo = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  const portOf = (address: unknown) => (address as AddressInfo).port;
  const shown = hostKey(publicKey(host));
  if (shown === undefined) throw new Error('the host key is none');
  return {
    at: { host: '127.0.0.1', port: portOf(server.address()) },
    echo: { host: '127.0.0.1', port: portOf(echo.address()) },
    hostKey: shown,
    identityFile,
    strangeFile,
    directory,
    asked,
    async [Symbol.asyncDispose]() {
      server.close();
      echo.close();
      await rm(directory, { recursive: true });
    },
  };
}

function publicKey(key: string): Buffer {
  const parsed = ssh2.utils.parseKey(key);
  if (parsed instanceof Error) throw parsed;
  const one = Array.isArray(parsed) ? parsed[0] : parsed;
  if (one === undefined) throw new Error('no key there');
  return one.getPublicSSH();
}

function serve(client: Connection, allowed: Buffer, asked: string[], forwardTo: number | undefined): void {
  client.on('authentication', (context) => {
    if (context.method === 'publickey' && context.key.data.equals(allowed)) context.accept();
    else context.reject(['publickey']);
  });
  client.on('error', () => {});
  client.on('session', (accept) => session(accept(), asked, forwardTo));
  client.on('tcpip', (accept, reject, { destIP, destPort }) => {
    if (destIP === silentHost) return;
    const socket = connect(destPort, destIP);
    socket.once('error', () => reject());
    socket.once('connect', () => {
      const channel = accept();
      socket.pipe(channel).pipe(socket);
      socket.on('error', () => channel.close());
      channel.on('error', () => socket.destroy());
    });
  });
  client.on('openssh.streamlocal' as 'tcpip', (accept: () => ServerChannel, reject: () => void) => {
    if (forwardTo !== undefined) return reject();
    const channel = accept();
    channel.pipe(channel);
  });
}

/** As an sshd does it, before it knows the exit code; the package forgets the exit code of a channel that has ended. */
function endOutputs(channel: ServerChannel): void {
  const { _client, outgoing } = channel as unknown as {
    readonly _client: { readonly _protocol: { channelEOF(id: number): void } };
    readonly outgoing: { readonly id: number };
  };
  _client._protocol.channelEOF(outgoing.id);
}

function session(session: Session, asked: string[], forwardTo: number | undefined): void {
  session.on('pty', (accept, _reject, { cols, rows }) => {
    asked.push(`pty ${cols}x${rows}`);
    accept?.();
  });
  session.on('window-change', (accept, _reject, { cols, rows }) => {
    asked.push(`resized ${cols}x${rows}`);
    accept?.();
  });
  session.on('auth-agent', (accept) => {
    asked.push('agent');
    accept?.();
  });
  session.on('exec', (accept, _reject, { command }) => {
    asked.push(`exec ${command}`);
    const channel = accept();
    if (command === 'cat') {
      channel.on('end', () => channel.close());
      channel.pipe(channel);
    } else if (forwardTo !== undefined && command.startsWith('fleetctl fd-forward ')) {
      const socket = connect(forwardTo, '127.0.0.1');
      socket.pipe(channel).pipe(socket);
      socket.on('close', () => channel.close());
    } else if (command === 'exec >&-; sleep 0.05; exit 3') {
      endOutputs(channel);
      setTimeout(() => {
        channel.exit(3);
        channel.close();
      }, 50);
    } else if (command === 'wc -c') {
      let count = 0;
      channel.on('data', (data: Buffer) => {
        count += data.length;
      });
      channel.on('end', () => {
        channel.write(String(count));
        channel.exit(0);
        channel.end();
      });
    } else if (command === 'kill -9 $$') {
      channel.exit('KILL');
      channel.end();
    } else {
      channel.stderr.write(String(command.length));
      channel.write(command);
      channel.exit(3);
      channel.end();
    }
  });
  session.on('shell', (accept) => {
    asked.push('shell');
    const channel = accept();
    channel.on('data', (typed: Buffer) => {
      channel.write(`you typed ${typed}`);
      channel.exit(0);
      channel.end();
    });
  });
}
