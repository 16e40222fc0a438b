/** The files behind `--key-file`, `--cert-file` and `--ca-file`: read and found good before any command begins. */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { TlsFiles } from '../../ports/fleet-api/dial.ts';
import { unusable } from './endpoint.ts';
import { messageOf } from './failing.ts';
import { expandHome } from './home.ts';
import type { GlobalSettings } from './settings.ts';

const advice = 'Check --key-file, --cert-file and --ca-file: PEM files, the first two together.';

/** @throws {ClientUnusable} */
export async function readTlsFiles({
  keyFile,
  certFile,
  caFile,
}: Pick<GlobalSettings, 'keyFile' | 'certFile' | 'caFile'>): Promise<TlsFiles> {
  if ((keyFile === '') !== (certFile === '')) {
    const [given, missing] = keyFile === '' ? ['--cert-file', '--key-file'] : ['--key-file', '--cert-file'];
    throw unusable(`${given} needs ${missing}`, advice);
  }
  try {
    const read = async (path: string) => (path === '' ? undefined : readFile(expandHome(path)));
    const [key, cert, ca] = await Promise.all([keyFile, certFile, caFile].map(read));
    if (ca !== undefined) new X509Certificate(ca);
    if (key !== undefined && cert !== undefined) (await import('node:tls')).createSecureContext({ key, cert });
    return { key, cert, ca };
  } catch (cause) {
    throw unusable(`unable to use the TLS files: ${messageOf(cause)}`, advice);
  }
}
