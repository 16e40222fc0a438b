/** A package with everything that an image is made of, and a host on which nothing real is run. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ManualClock } from '../../../ports/clock/manual.ts';
import { MemoryImages } from '../../../ports/docker/images-memory.ts';
import { MemoryProcesses } from '../../../ports/process/memory.ts';
import { architectureOf } from './architecture.ts';
import type { ImageWorld } from './ensure.ts';

const packContent = 'node for machines';
const integrityOf = (content: string): string => `sha512-${createHash('sha512').update(content).digest('base64')}`;

export class TestPackage implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'devcluster-package-'));

  constructor() {
    this.write('images/node/node-pack.json', JSON.stringify({ version: '24.1.0', integrity: pins }));
    this.write('images/node/base/Dockerfile', 'FROM debian');
    this.write('images/node/Dockerfile', 'FROM base');
    this.write('images/node/rootfs/etc/motd', 'hello');
    this.write('dist/machine/fleetd.mjs', 'fleetd');
    this.write('dist/units/fleet.service', '[Service]');
  }

  write(path: string, content: string): void {
    const full = join(this.folder, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, content);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const pins = { x64: integrityOf(packContent), arm64: integrityOf('arm') };

export interface TestImageWorld extends ImageWorld {
  readonly images: MemoryImages;
  readonly processes: MemoryProcesses;
  readonly clock: ManualClock;
}

/** npm delivers what was pinned, and mmdebstrap makes a file system. */
export function testImageWorld(folder: string, changes: Partial<TestImageWorld> = {}): TestImageWorld {
  const processes = new MemoryProcesses();
  processes.onRun = deliver;
  return {
    folder,
    images: new MemoryImages(),
    processes,
    clock: new ManualClock(),
    architecture: architectureOf('x86_64'),
    canBootstrap: true,
    mirror: 'http://mirror/debian',
    proxies: {},
    ...changes,
  };
}

export const deliver: MemoryProcesses['onRun'] = ({ command, args }) => {
  if (command === 'npm') {
    writeFileSync(join(args[args.indexOf('--pack-destination') + 1] ?? '', 'pack.tgz'), packContent);
    return { out: 'pack.tgz\n' };
  }
  const archive = args.find((argument) => argument.endsWith('.tar'));
  if (command === 'mmdebstrap' && archive !== undefined) writeFileSync(archive, 'debian');
  return {};
};
