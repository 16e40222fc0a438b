/** The PEM files that a client of etcd is given, read and looked at before anybody is asked with them. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { EtcdCredentialsUnusable } from '../../core/errors/etcd.ts';
import type { MemberOptions } from './member.ts';

export interface CredentialFiles {
  readonly authorityFile?: string;
  readonly certificateFile?: string;
  readonly keyFile?: string;
}

/** @throws {EtcdCredentialsUnusable} a file cannot be read, holds something else, or has no counterpart */
export async function readCredentials({
  authorityFile,
  certificateFile,
  keyFile,
}: CredentialFiles): Promise<Pick<MemberOptions, 'authority' | 'certificate' | 'key'>> {
  if (certificateFile && !keyFile) throw lonely(certificateFile, 'the key that belongs to it is not named');
  if (keyFile && !certificateFile) throw lonely(keyFile, 'the certificate that belongs to it is not named');
  const authority = await readPem(authorityFile, certificateIn);
  const certificate = await readPem(certificateFile, certificateIn);
  const key = await readPem(keyFile, createPrivateKey);
  if (certificate && key && keyFile && !certificateIn(certificate).checkPrivateKey(createPrivateKey(key)))
    throw lonely(keyFile, `it is not the key of ${certificateFile}`);
  return { ...(authority && { authority }), ...(certificate && { certificate }), ...(key && { key }) };
}

async function readPem(path: string | undefined, parse: (content: Buffer) => unknown): Promise<Buffer | undefined> {
  if (!path) return undefined;
  const unusable = (why: string, cause: unknown) => new EtcdCredentialsUnusable({ path, why }, { cause });
  const content = await readFile(path).catch((cause) => {
    throw unusable(`it cannot be read (${cause.code})`, cause);
  });
  try {
    parse(content);
  } catch (cause) {
    throw unusable('it holds no PEM text of the right kind', cause);
  }
  return content;
}

const certificateIn = (content: Buffer): X509Certificate => new X509Certificate(content);

const lonely = (path: string, why: string) => new EtcdCredentialsUnusable({ path, why });
