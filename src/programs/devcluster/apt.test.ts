import { beforeEach, describe, expect, it } from 'vitest';
import { PackageMissing } from '../../core/errors/machine-image.ts';
import { MemoryProcesses } from '../../ports/process/memory.ts';
import { aptInstall } from './apt.ts';

let processes: MemoryProcesses;
beforeEach(() => {
  processes = new MemoryProcesses();
});
const install = () => aptInstall(processes, { packages: ['docker.io'], command: 'dockerd' }, () => {});
const verbs = () => processes.runs.map((run) => /(install|update)/.exec(run)?.[0]);

describe('installing a package', () => {
  it('does not fetch lists of packages when it can do without', async () => {
    await install();
    expect(verbs()).toEqual(['install']);
  });

  it('fetches them when they are missing or old, and tries again', async () => {
    let listed = false;
    processes.onRun = ({ args }) => {
      if (args.includes('update')) listed = true;
      return { code: listed ? 0 : 100 };
    };
    await install();
    expect(verbs()).toEqual(['install', 'update', 'install']);
  });

  it('says what apt said when it cannot', async () => {
    processes.onRun = () => ({ code: 100, err: 'Reading…\nE: Unable to locate package docker.io' });
    await expect(install()).rejects.toBeInstanceOf(PackageMissing);
    await expect(install()).rejects.toThrow(/Unable to locate package docker.io/);
  });

  it('says that a host without apt needs somebody to do it', async () => {
    processes.onRun = () => ({ code: 127 });
    await expect(install()).rejects.toThrow(/there is no apt-get/);
    expect(verbs()).toEqual(['install']);
  });
});
