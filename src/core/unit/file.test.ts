import { describe, expect, it } from 'vitest';
import { descriptionOf, hashOf, normalise, parseUnitFile, printUnitFile, shortHash, unitFrom } from './file.ts';
import { unitName } from './name.ts';

const tutorialUnit = `[Unit]
Description=A Redis 2.8 server
After=docker.service
Requires=docker.service

[Service]
ExecStartPre=-/usr/bin/docker rm redis
ExecStart=/usr/bin/docker run --rm --name redis -p 6379:6379 -e SERVICE_ID=redis-%i redis:2.8
ExecStop=/usr/bin/docker stop redis

[X-Fleet]
MachineMetadata=purpose=services
Conflicts=redis@*.service
`;

describe('the canonical text and its hash', () => {
  // fleet.md section 11
  it.each([
    ['', '', 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
    ['[Service]\nExecStart=/bin/sleep 100\n', undefined, '1c6fb6f3684bafb0c173d8b8b957ceff031180c1'],
    ['[Service]\nExecStart=/usr/bin/sleep infinity\n', undefined, '40ea6646945809f4b420a50475ee68503088f127'],
    [
      '[Service]\nExecStart=/usr/bin/sleep infinity',
      '[Service]\nExecStart=/usr/bin/sleep infinity\n',
      '40ea6646945809f4b420a50475ee68503088f127',
    ],
    [
      '\n[Service]\nExecStart=/usr/bin/sleep infinity\n',
      '[Service]\nExecStart=/usr/bin/sleep infinity\n',
      '40ea6646945809f4b420a50475ee68503088f127',
    ],
    [
      '[Service]\nExecStart=/usr/bin/sleep 10',
      '[Service]\nExecStart=/usr/bin/sleep 10\n',
      '5bf16b98c62f35fcdc723d32989cdeba7a2dd2a8',
    ],
    [
      '[Service]\nExecStart=/usr/bin/sleep 2000',
      '[Service]\nExecStart=/usr/bin/sleep 2000\n',
      '5ba5292ab6a82b623ee6086dc90b3354ba004832',
    ],
    ['[Unit]\nDescription=some description\n', undefined, 'a0f275d46bc6ee0eca06be7c339913c07d99c0c7'],
    [
      '[Unit]\nA=1\n[Service]\nX=1\n[Unit]\nB=2\n[Empty]\n[Service]\nX=\nX= two  \n',
      '[Unit]\nA=1\nB=2\n\n[Service]\nX=1\nX=\nX=two\n',
      '1486f56ce02bc9020d128cc7e7d4c923776be387',
    ],
    ['[Service]\nX=a \\\n\nY=2\n', '[Service]\nX=a \\\n\nY=2\n', 'fc6ebadbd9c6277aaa3741433507f8846c44144d'],
    ['[Service]\nX=a \\', '[Service]\nX=a \\\n', 'b3113885cd0f9d2c926645e9e9832a79c1561eb4'],
    ['[Service]\nX=a \\\n', '[Service]\nX=a \\\n\n', '7657a02a2ac10dbf125014f1533bdb8534dc0de9'],
    ['[Service]\nX=a \\ \n b=c\n', '[Service]\nX=a \\\nb=c\n', '8ee42b733d7a9e1f94d7782f370b64059ea5bb72'],
    [
      '# c \\\n[Unit]\nZ=1\n[Service]\nX=1\n; c2 \\\nY=2\nW=3\n',
      '[Service]\nX=1\nW=3\n',
      '950df5fd546ad4da5f238ce97d0d1e5372b9a1cc',
    ],
    ['junk[Service]\nX=1\n', '[Service]\nX=1\n', '6436083e2758bb481b7449d96ffcd18ee38e6877'],
    ['[ Service ]\nX=1\n', undefined, '19c6ce99494b0e7e6cc160a4e6f10b4039012a67'],
    ['[Service]\n=1\n', undefined, '4a1d9c41ab872ab6fd0f9dcc60f704d93972379e'],
  ])('of %j', (text, canonical, hash) => {
    const file = parseUnitFile(text);
    expect(printUnitFile(file)).toBe(canonical ?? text);
    expect(hashOf(file)).toBe(hash);
  });

  it('are those of options, too, that never were a text', () => {
    const file = [{ section: 'Unit', name: 'Description', value: 'some description' }];
    expect(printUnitFile(file)).toBe('[Unit]\nDescription=some description\n');
    expect(hashOf(file)).toBe('a0f275d46bc6ee0eca06be7c339913c07d99c0c7');
    expect(shortHash(hashOf(parseUnitFile('[Service]\nExecStart=/bin/sleep 100\n')))).toBe('1c6fb6f');
  });

  it('of the tutorial’s unit are those the tutorial shows', () => {
    const file = parseUnitFile(tutorialUnit);
    expect(printUnitFile(file)).toBe(tutorialUnit);
    expect(shortHash(hashOf(file))).toBe('1226b31');
  });

  it('do not see comments, spaces around "=" or how sections interleave', () => {
    const plain = parseUnitFile('[A]\nx=1\ny=2\n\n[B]\nz=3\n');
    const dressed = parseUnitFile('# c\n[A]\n x = 1\n[B]\nz=3\n\n[A]\n; c\ny=2');
    expect(hashOf(dressed)).toBe(hashOf(plain));
  });

  it('see the order of options and of sections', () => {
    const hashes = ['[A]\nx=1\ny=2\n[B]\nz=3', '[A]\ny=2\nx=1\n[B]\nz=3', '[B]\nz=3\n[A]\nx=1\ny=2'].map((text) =>
      hashOf(parseUnitFile(text)),
    );
    expect(new Set(hashes).size).toBe(3);
  });

  it('show values from outside as they will be read again', () => {
    const file = [{ section: 'S', name: ' X ', value: ' a ' }];
    expect(normalise(file)).toEqual([{ section: 'S', name: 'X', value: 'a' }]);
  });

  it('replace what UTF-8 cannot store', () => {
    const file = [{ section: 'S', name: 'X', value: 'a\ud800b😀' }];
    const stored = normalise(file);
    expect(stored).toEqual([{ section: 'S', name: 'X', value: 'a\ufffdb😀' }]);
    expect(hashOf(stored)).toBe(hashOf(file));
  });

  it('come with the unit', () => {
    const file = parseUnitFile(tutorialUnit);
    expect(unitFrom(unitName('redis@1.service'), file, 'launched')).toEqual({
      name: 'redis@1.service',
      file,
      hash: hashOf(file),
      target: 'launched',
    });
    expect(descriptionOf(file)).toBe('A Redis 2.8 server');
    expect(descriptionOf([])).toBeUndefined();
  });
});
