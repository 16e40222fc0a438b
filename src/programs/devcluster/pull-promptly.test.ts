import { expect, it } from 'vitest';
import { seconds } from '../../core/base/time.ts';
import { ImagePullFailed } from '../../core/errors/images.ts';
import { ManualClock } from '../../ports/clock/manual.ts';
import type { ImageStore } from '../../ports/docker/images.ts';
import { MemoryImages } from '../../ports/docker/images-memory.ts';
import { pullPromptly } from './pull-promptly.ts';

/** A registry that says a line, if any, and then nothing until it is given up. */
const silentAfter = (line?: string): ImageStore => {
  const pull: ImageStore['pull'] = (image, said, stop) =>
    new Promise((_, reject) => {
      if (line !== undefined) said(line);
      stop?.addEventListener('abort', () => reject(new ImagePullFailed({ image, reason: 'given up' })));
    });
  return Object.assign(new MemoryImages(), { pull });
};

it('gives up a registry that says nothing', async () => {
  const clock = new ManualClock();
  const pulling = expect(pullPromptly({ images: silentAfter(), clock }, 'a:1', () => {})).rejects.toThrow('given up');
  await clock.advance(seconds(8));
  await pulling;
});

it('waits for a registry that has begun to answer', async () => {
  const clock = new ManualClock();
  let ended = false;
  void pullPromptly({ images: silentAfter('pulling'), clock }, 'a:1', () => {}).catch(() => {
    ended = true;
  });
  await clock.advance(seconds(600));
  expect(ended).toBe(false);
});
