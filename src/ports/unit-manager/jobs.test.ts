import { describe, expect, it } from 'vitest';
import { Jobs } from './jobs.ts';

describe('waiting for a job', () => {
  it('ends when the job does', async () => {
    const jobs = new Jobs();
    using watch = jobs.watch('a.service');
    const end = watch.end('/job/1');
    jobs.ended('a.service', '/job/1');
    await end;
  });

  it('ends although the job was over before anybody knew its path', async () => {
    const jobs = new Jobs();
    using watch = jobs.watch('a.service');
    jobs.ended('a.service', '/job/1');
    await watch.end('/job/1');
  });

  it('does not end with another job, of the same unit or of another', async () => {
    const jobs = new Jobs();
    using watch = jobs.watch('a.service');
    let over = false;
    const end = watch.end('/job/2').then(() => {
      over = true;
    });
    jobs.ended('a.service', '/job/1');
    jobs.ended('b.service', '/job/2');
    await Promise.resolve();
    expect(over).toBe(false);
    jobs.ended('a.service', '/job/2');
    await end;
  });

  it('fails when the connection breaks, before or after the wait began', async () => {
    const jobs = new Jobs();
    using early = jobs.watch('a.service');
    const end = early.end('/job/1');
    using late = jobs.watch('b.service');
    jobs.fail(new Error('gone'));
    await expect(end).rejects.toThrow('gone');
    await expect(late.end('/job/2')).rejects.toThrow('gone');
  });
});
