/** Ed25519 keys in OpenSSH's own formats. */
import type { KeyPair } from '../../core/topology/types.ts';

const algorithm = 'ssh-ed25519';

/** The raw halves of a key, and a random number that the format repeats as its only check. */
export interface RawKey {
  readonly seed: Buffer;
  readonly publicKey: Buffer;
  readonly check: number;
}

/** @see OpenSSH `PROTOCOL.key`: the private key format, here without a passphrase */
export function printKeyPair({ seed, publicKey, check }: RawKey, comment: string): KeyPair {
  const publicBlob = Buffer.concat([string(algorithm), string(publicKey)]);
  const unpadded = Buffer.concat([
    number(check),
    number(check),
    publicBlob,
    string(Buffer.concat([seed, publicKey])),
    string(comment),
  ]);
  const padding = Buffer.from(Array.from({ length: (8 - (unpadded.length % 8)) % 8 }, (_, at) => at + 1));
  const whole = Buffer.concat([
    Buffer.from('openssh-key-v1\u0000'),
    string('none'),
    string('none'),
    string(''),
    number(1),
    string(publicBlob),
    string(Buffer.concat([unpadded, padding])),
  ]);
  const lines = whole.toString('base64').match(/.{1,70}/g) ?? [];
  return {
    privateKey: ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n'),
    publicKey: `${algorithm} ${publicBlob.toString('base64')}`,
  };
}

/** The public half of an unencrypted private key that `printKeyPair` wrote. */
export function publicKeyOf(privateKey: string): string {
  const body = Buffer.from(privateKey.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  const at = body.indexOf(string(algorithm));
  const length = string(algorithm).length + 4 + 32;
  return `${algorithm} ${body.subarray(at, at + length).toString('base64')}`;
}

const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

const string = (value: string | Buffer): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([number(bytes.length), bytes]);
};
