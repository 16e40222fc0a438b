/** Where the Docker engine is, as its own client is told: DOCKER_HOST, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OptionsUnusable } from '../../core/errors/dns.ts';
import type { Tls } from '../../ports/docker/client.ts';

export interface DockerHost {
  readonly host: string;
  readonly tls: Tls | undefined;
}

/** Where the original looks: its container has the machine's socket mounted there. */
const defaultHost = 'unix:///tmp/docker.sock';

/** @throws {OptionsUnusable} with every mistake at once */
export async function dockerHost(env: NodeJS.ProcessEnv): Promise<DockerHost> {
  const host = env['DOCKER_HOST'] || defaultHost;
  const isTcp = /^tcp:\/\/(?:\[[^\]]+\]|[^/:]+)(?::\d+)?\/?$/.test(host);
  if (!isTcp && !/^unix:\/\/\//.test(host)) {
    throw unusable(`DOCKER_HOST is "${host}", expected unix:///<path> or tcp://<host>:<port>`);
  }
  if (!isTcp || !env['DOCKER_TLS_VERIFY']) return { host, tls: undefined };
  const folder = env['DOCKER_CERT_PATH'] || join(env['HOME'] ?? '/root', '.docker');
  const [ca, cert, key] = await Promise.allSettled(
    ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readFile(join(folder, name), 'utf8')),
  );
  if (ca?.status === 'fulfilled' && cert?.status === 'fulfilled' && key?.status === 'fulfilled') {
    return { host, tls: { ca: ca.value, cert: cert.value, key: key.value } };
  }
  const failed = [ca, cert, key].flatMap((read) => (read?.status === 'rejected' ? [String(read.reason)] : []));
  throw unusable(...failed.map((reason) => `DOCKER_TLS_VERIFY is set, but a certificate cannot be read: ${reason}`));
}

const unusable = (...mistakes: readonly string[]) => new OptionsUnusable({ program: 'registrator', mistakes });
