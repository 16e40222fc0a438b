import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BootstrapFailed, DebianMissing } from '../../../core/errors/machine-image.ts';
import { ensureDebian } from './debian.ts';
import { deliver, type TestImageWorld, TestPackage, testImageWorld } from './fixtures.ts';

let own: TestPackage;
let world: TestImageWorld;
beforeEach(() => {
  own = new TestPackage();
  world = testImageWorld(own.folder);
});
afterEach(() => own[Symbol.dispose]());

const ensure = (changes: Partial<TestImageWorld> = {}) => ensureDebian({ ...world, ...changes }, () => {});
const programs = () => world.processes.runs.map((run) => run.split(' ')[0]);

describe('a Debian to build on', () => {
  it.each(['debian:trixie-slim', 'devcluster/debian:trixie-amd64'])('is %s when the engine has it', async (name) => {
    world.images.add(name);
    expect(await ensure()).toBe(name);
    expect(world.images.calls).toEqual([]);
  });

  it('comes from a registry that has it', async () => {
    world.images.onPull = () => true;
    expect(await ensure()).toBe('debian:trixie-slim');
    expect(programs()).toEqual([]);
  });

  it('is made from the mirror when no registry has it', async () => {
    expect(await ensure()).toBe('devcluster/debian:trixie-amd64');
    expect(world.images.calls.at(-1)).toBe('import devcluster/debian:trixie-amd64');
    expect(world.processes.runs.at(-1)).toMatch(
      /^mmdebstrap .*--architectures=amd64 .*trixie .*http:\/\/mirror\/debian$/,
    );
  });

  it('has what it is made with installed first, if need be', async () => {
    world.processes.onRun = (run) =>
      run.command === 'mmdebstrap' && run.args.includes('--version') ? { code: 127 } : deliver(run);
    await ensure();
    expect(programs()).toEqual(['mmdebstrap', 'apt-get', 'mmdebstrap']);
  });

  it('says what the bootstrap said last', async () => {
    world.processes.onRun = ({ args }) =>
      args.includes('--version') ? {} : { code: 1, err: 'E: cannot reach the mirror' };
    await expect(ensure()).rejects.toBeInstanceOf(BootstrapFailed);
    await expect(ensure()).rejects.toThrow(/cannot reach the mirror/);
  });

  it('is to be brought by somebody where it can be neither pulled nor made', async () => {
    await expect(ensure({ canBootstrap: false })).rejects.toBeInstanceOf(DebianMissing);
    expect(programs()).toEqual([]);
  });
});
