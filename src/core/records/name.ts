/**
 * Domain names as text, and the keys of the record tree that they stand for.
 *
 * A name is written without its final dot (the root is the empty text), in the notation of RFC 1035 section 5.1: inside
 * a label a dot is `\.`, a backslash `\\`, and a byte that is not printable ASCII is `\DDD`. So every name that a packet
 * can carry has one text, and the plain names that people use look plain.
 */

const plain = /^[\x21-\x5b\x5d-\x7e]*$/;

/** The labels of a name, left to right, still escaped. */
export function labelsOf(name: string): string[] {
  if (name === '') return [];
  if (!name.includes('\\')) return name.split('.');
  return name.match(/(?:\\(?:\d{3}|.)|[^.\\])+/gs) ?? [];
}

/**
 * Bytes of one label or one key segment as text.
 *
 * @param dots whether dots inside are escaped: yes for a label from a packet; no for a key segment, whose dots SkyDNS
 *   emits verbatim, so that the name it makes does not lead back to its key. @see skydns.md 1.1
 */
export function escapeBytes(bytes: Uint8Array, dots: 'escape dots' | 'keep dots'): string {
  let text = '';
  for (const byte of bytes) {
    if (byte === 0x5c) text += '\\\\';
    else if (byte === 0x2e && dots === 'escape dots') text += '\\.';
    else if (byte > 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else text += `\\${String(byte).padStart(3, '0')}`;
  }
  return text;
}

/** The bytes of an escaped label. */
export function unescapeLabel(label: string): Buffer {
  if (!label.includes('\\')) return Buffer.from(label, 'latin1');
  const bytes = [...label.matchAll(/\\(\d{3})|\\(.)|([^\\])/gs)].map(([, code, escaped, other]) =>
    code === undefined ? (escaped ?? other ?? '').charCodeAt(0) : Number(code),
  );
  return Buffer.from(bytes);
}

/**
 * A host name as people write it, made a name: without the final dot, spelling kept.
 *
 * @returns undefined when no packet could carry it: an empty label, one over 63 bytes, or more than 255 bytes in all
 */
export function parseName(text: string): string | undefined {
  const bare = text.endsWith('.') && !text.endsWith('\\.') ? text.slice(0, -1) : text;
  const name = plain.test(bare) || bare.includes('\\') ? bare : escapeBytes(Buffer.from(bare, 'utf8'), 'keep dots');
  return isCarriable(name) ? name : undefined;
}

/** Whether a packet can carry the name. @see RFC 1035 section 2.3.4 */
export function isCarriable(name: string): boolean {
  if (name === '') return true;
  if (name.startsWith('.') || name.endsWith('.') || name.includes('..')) return false;
  if (name.length <= 63) return true;
  const sizes = labelsOf(name).map((label) => unescapeLabel(label).length);
  return sizes.every((size) => size > 0 && size <= 63) && sizes.reduce((sum, size) => sum + size + 1, 1) <= 255;
}

/** Only A to Z: locale and Unicode have no say in DNS. */
export const lowerName = (name: string): string => name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

/** Whether `name` is `zone` or below it; both in lower case. */
export const isWithin = (name: string, zone: string): boolean =>
  zone === '' || name === zone || (name.endsWith(zone) && name.charAt(name.length - zone.length - 1) === '.');

/** From the root to the leaf: `redis.webapp.dev` is `dev`, `webapp`, `redis`. */
export const pathOfName = (name: string): string[] => labelsOf(name).reverse();

/** Key segments below the prefix, as labels; undefined for a key that is not below the prefix. */
export function pathOfKey(prefix: string, key: string): string[] | undefined {
  if (!key.startsWith(`/${prefix}/`)) return undefined;
  const path = key
    .slice(prefix.length + 2)
    .split('/')
    .filter((segment) => segment !== '');
  return path.map((segment) =>
    plain.test(segment) ? segment : escapeBytes(Buffer.from(segment, 'utf8'), 'keep dots'),
  );
}

/** The key that a name stands for. @example keyOfName('skydns', 'a.webapp.dev') === '/skydns/dev/webapp/a' */
export const keyOfName = (prefix: string, name: string): string => ['', prefix, ...pathOfName(name)].join('/');

/** The name that a path stands for, the inverse of `pathOfName` where no segment contains a dot. */
export const nameOfPath = (path: readonly string[]): string => path.toReversed().join('.');
