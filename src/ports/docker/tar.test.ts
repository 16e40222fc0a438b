import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { firstFileIn, tarOf } from './tar.ts';

const listed = (archive: Buffer): string =>
  execFileSync('tar', ['--numeric-owner', '-tvf', '-'], { input: archive, encoding: 'utf8' });

describe('an archive of files', () => {
  it('is what tar reads: paths, modes, owners and sizes', () => {
    const list = listed(
      tarOf([
        { path: '/etc/machine-id', content: 'abc\n', mode: 0o444 },
        { path: '/home/core/.ssh/key', content: 'x'.repeat(1_000), mode: 0o600, owner: { uid: 500, gid: 501 } },
      ]),
    );
    expect(list).toMatch(
      /^-r--r--r-- 0\/0 +4 .* etc\/machine-id\n-rw------- 500\/501 +1000 .* home\/core\/\.ssh\/key\n$/,
    );
  });

  it('holds paths of more than a hundred bytes, and refuses what no archive holds', () => {
    const path = `/${'folder/'.repeat(20)}file`;
    expect(listed(tarOf([{ path, content: '', mode: 0o644 }]))).toContain(path.slice(1));
    expect(() => tarOf([{ path: `/${'x'.repeat(101)}`, content: '', mode: 0o644 }])).toThrow(RangeError);
  });

  it('counts bytes, not letters', () => {
    expect(firstFileIn(tarOf([{ path: '/a', content: 'größer', mode: 0o644 }]))).toBe('größer');
  });

  it('has no first file when it is empty', () => {
    expect(firstFileIn(tarOf([]))).toBeUndefined();
  });
});
