/** Files to a tar archive in the ustar format, which is how an engine takes files into a container. */
import type { SeedFile } from '../../core/topology/types.ts';

const block = 512;

/**
 * Missing parent folders need no entries: the engine makes them, owned by root.
 *
 * @see POSIX.1-2017 pax, "ustar Interchange Format"
 */
export function tarOf(files: readonly SeedFile[]): Buffer {
  const parts = files.flatMap((file) => {
    const content = Buffer.from(file.content);
    return [header(file, content.length), content, Buffer.alloc(padding(content.length))];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

const padding = (length: number): number => (block - (length % block)) % block;

function header({ path, mode, owner = { uid: 0, gid: 0 } }: SeedFile, length: number): Buffer {
  const { name, prefix } = split(path.replace(/^\/+/, ''));
  const bytes = Buffer.alloc(block);
  bytes.write(name, 0, 100);
  bytes.write(octal(mode, 7), 100);
  bytes.write(octal(owner.uid, 7), 108);
  bytes.write(octal(owner.gid, 7), 116);
  bytes.write(octal(length, 11), 124);
  bytes.write(octal(0, 11), 136);
  bytes.write(' '.repeat(8), 148);
  bytes.write('0', 156);
  bytes.write('ustar\u000000', 257);
  bytes.write(prefix, 345, 155);
  // The sum is over a header whose own field is blank, as it is at this point.
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${octal(sum, 6)}\u0000 `, 148);
  return bytes;
}

const octal = (number: number, digits: number): string => number.toString(8).padStart(digits, '0');

/** A name holds 100 bytes; what is longer leaves its front folders to the prefix. */
function split(path: string): { readonly name: string; readonly prefix: string } {
  if (Buffer.byteLength(path) <= 100) return { name: path, prefix: '' };
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    if (Buffer.byteLength(name) <= 100 && Buffer.byteLength(prefix) <= 155) return { name, prefix };
  }
  throw new RangeError(`no tar archive holds a path this long: ${path}`);
}

/** The content of the first regular file of an archive: the answer to "read this one file". */
export function firstFileIn(archive: Buffer): string | undefined {
  for (let at = 0; at + block <= archive.length; ) {
    const size = Number.parseInt(archive.toString('latin1', at + 124, at + 135), 8) || 0;
    const kind = archive.toString('latin1', at + 156, at + 157);
    if (kind === '0' || kind === '\u0000') {
      return archive[at] === 0 ? undefined : archive.toString('utf8', at + block, at + block + size);
    }
    at += block + size + padding(size);
  }
  return undefined;
}
