import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { authority, client, server } from '../../testing/fixed-certificates.ts';
import { readTlsFiles } from './tls-files.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tls-'));
  const files = { ca: authority, key: client.key, cert: client.cert, 'other-key': server.key, junk: 'junk' };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
});
afterAll(() => rm(folder, { recursive: true }));

const read = ({ key = '', cert = '', ca = '' }) => {
  const [keyFile, certFile, caFile] = [key, cert, ca].map((name) => (name === '' ? '' : join(folder, name)));
  return readTlsFiles({ keyFile: keyFile ?? '', certFile: certFile ?? '', caFile: caFile ?? '' });
};

it('reads those that are named', async () => {
  expect(await read({})).toEqual({ key: undefined, cert: undefined, ca: undefined });
  expect(await read({ ca: 'ca' })).toEqual({ key: undefined, cert: undefined, ca: Buffer.from(authority) });
  expect((await read({ key: 'key', cert: 'cert' })).key?.toString()).toBe(client.key);
});

it.each([
  ['a key alone', { key: 'key' }, '--key-file needs --cert-file'],
  ['a certificate alone', { cert: 'cert' }, '--cert-file needs --key-file'],
  ['a file that is not there', { ca: 'nope' }, 'unable to use the TLS files: ENOENT: no such file or directory'],
  ['a file with something else', { ca: 'junk' }, 'unable to use the TLS files: error:'],
  ['the key of another certificate', { key: 'other-key', cert: 'cert' }, 'unable to use the TLS files: error:'],
])('refuses %s before anything else is done', async (_name, files, why) => {
  await expect(read(files)).rejects.toThrow(`Unable to initialize client: ${why}`);
});
