import { describe, expect, it } from 'vitest';
import { isOlderVersion, latestVersion } from './version.ts';

describe('versions', () => {
  // In the order of semver.org, each older than all behind it.
  const inOrder = [
    '0.9.0',
    '0.11.7',
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc.1',
    '1.0.0',
    '1.0.1',
    '1.2.0',
    '1.10.0',
    '2.0.0',
  ];

  it('are older and younger as their parts say', () => {
    for (const [a, one] of inOrder.entries()) {
      for (const [b, other] of inOrder.entries()) expect(isOlderVersion(one, other), `${one} < ${other}`).toBe(a < b);
    }
  });

  it('are the same whoever built them', () => {
    expect(isOlderVersion('1.0.0+git', '1.0.0')).toBe(false);
    expect(isOlderVersion('1.0.0', '1.0.0+git')).toBe(false);
  });

  it('have a highest, whatever else machines announce', () => {
    expect(latestVersion(['1.0.0', '', '1.0.1-rc.1', 'unknown', '0.11.7', '1.0.1-rc.0'])).toBe('1.0.1-rc.1');
    expect(latestVersion(['unknown'])).toBeUndefined();
    expect(isOlderVersion('unknown', '1.0.0')).toBe(false);
  });
});
