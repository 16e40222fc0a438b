import ssh2 from 'ssh2';
import { describe, expect, it } from 'vitest';
import { makeKeyPair } from './keys.ts';
import { publicKeyOf } from './openssh.ts';

describe('a cluster’s key pair', () => {
  it('is read by an ssh implementation, and both halves belong together', () => {
    const { privateKey, publicKey } = makeKeyPair('devcluster lab');
    const parsed = ssh2.utils.parseKey(privateKey);
    if (parsed instanceof Error || Array.isArray(parsed)) throw new Error(`not one key: ${parsed}`);
    expect(parsed.type).toBe('ssh-ed25519');
    expect(parsed.comment).toBe('devcluster lab');
    expect(`ssh-ed25519 ${parsed.getPublicSSH().toString('base64')}`).toBe(publicKey);
    expect(parsed.verify('data', parsed.sign('data') as Buffer)).toBe(true);
  });

  it('tells its public half from the private one', () => {
    const { privateKey, publicKey } = makeKeyPair('any');
    expect(publicKeyOf(privateKey)).toBe(publicKey);
  });

  it('is another one each time', () => {
    expect(makeKeyPair('a').publicKey).not.toBe(makeKeyPair('a').publicKey);
  });
});
