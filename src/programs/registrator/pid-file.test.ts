import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ManualClock, settled } from '../../ports/clock/manual.ts';
import { processRuns } from './pid-file.ts';

describe('the pid file', () => {
  const inFolder = async (work: (path: string) => Promise<void>) => {
    const folder = await mkdtemp(join(tmpdir(), 'pid-file-'));
    try {
      await work(join(folder, 'docker.pid'));
    } finally {
      await rm(folder, { recursive: true });
    }
  };
  const clock = new ManualClock();

  it('tells of an engine that runs already', () =>
    inFolder(async (path) => {
      await writeFile(path, String(process.pid));
      expect(await processRuns(path, clock, new AbortController().signal)).toBe('already');
    }));

  it('tells of one that starts, without being asked again', () =>
    inFolder(async (path) => {
      const answer = processRuns(path, clock, new AbortController().signal);
      await settled();
      await writeFile(path, String(process.pid));
      expect(await answer).toBe('only now');
    }));

  it('is not believed when its process is gone', () =>
    inFolder(async (path) => {
      await writeFile(path, '4194999');
      const stop = new AbortController();
      let answered = false;
      const answer = processRuns(path, clock, stop.signal).then(() => {
        answered = true;
      });
      for (let turn = 0; turn < 20; turn++) await settled();
      expect(answered).toBe(false);
      stop.abort();
      await answer;
    }));
});
