/** Certificates for tests, made when they are needed by the openssl of the machine image. */
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Docker } from '../ports/docker/client.ts';
import { split } from '../ports/docker/demux.ts';

export interface KeyedCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** One authority, and what it signed; all of it PEM text. */
export interface Certificates {
  readonly authority: string;
  readonly server: KeyedCertificate;
  readonly client: KeyedCertificate;
}

const script = `
set -e
cd "$(mktemp -d)"
new="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
openssl req -x509 $new -keyout ca.key -out ca.pem -subj /CN=authority 2>/dev/null
printf 'subjectAltName=%s\\nextendedKeyUsage=serverAuth,clientAuth\\n' "$NAMES" > extensions
for who in server client; do
  openssl req $new -keyout $who.key -out $who.csr -subj /CN=$who 2>/dev/null
  openssl x509 -req -in $who.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile extensions -out $who.pem 2>/dev/null
done
for file in ca.pem server.pem server.key client.pem client.key; do cat $file; echo ===; done
`;

/** @param addresses the IP addresses that the server's certificate is for */
export async function makeCertificates(
  docker: Docker,
  image: string,
  addresses: readonly string[],
): Promise<Certificates> {
  const container = await docker.createContainer({
    Image: image,
    Entrypoint: ['/bin/bash', '-c', script],
    Env: [`NAMES=${addresses.map((address) => `IP:${address}`).join(',')}`],
    HostConfig: { NetworkMode: 'none' },
  });
  try {
    const { stdout } = split(
      (await container.attach({ stream: true, stdout: true, stderr: true })) as unknown as Readable,
    );
    const printed = text(stdout);
    await container.start();
    const { StatusCode } = (await container.wait()) as { StatusCode: number };
    if (StatusCode !== 0) throw new Error(`openssl in ${image} made no certificates`);
    const [authority = '', ...pairs] = (await printed).split('===\n');
    const pair = (at: number) => ({ certificate: pairs[at] ?? '', key: pairs[at + 1] ?? '' });
    return { authority, server: pair(0), client: pair(2) };
  } finally {
    await container.remove({ force: true, v: true });
  }
}
