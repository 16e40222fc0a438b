import { expect, it } from 'vitest';
import { ms, seconds } from '../../core/base/time.ts';
import { ManualClock, settled } from '../clock/manual.ts';
import { type RenewalStream, Renewals } from './renewals.ts';

/** A member whose streams say what a test has them say. */
function aMember() {
  const clock = new ManualClock();
  const streams: ReturnType<typeof aStream>[] = [];
  const open = async () => {
    const stream = aStream();
    streams.push(stream);
    return stream.stream;
  };
  const renewals = new Renewals(clock, open, (what) => new Error(what));
  return { clock, streams, renew: (id: string) => renewals.renew(id, { patience: ms(500), within: seconds(3) }) };
}

function aStream() {
  const listeners = new Map<string, (told: never) => void>();
  const asked: string[] = [];
  let cancelled = false;
  const stream: RenewalStream = {
    write: ({ ID }) => asked.push(ID),
    cancel: () => {
      cancelled = true;
    },
    on: (event: string, listener: (told: never) => void) => listeners.set(event, listener),
  };
  return {
    stream,
    asked,
    get cancelled() {
      return cancelled;
    },
    say: (ID: string, TTL: string) => listeners.get('data')?.({ ID, TTL } as never),
    fail: (cause: Error) => listeners.get('error')?.(cause as never),
    end: () => listeners.get('end')?.(undefined as never),
  };
}

it('renews all leases on one stream', async () => {
  const { renew, streams } = aMember();
  const both = Promise.all([renew('1'), renew('2')]);
  await settled();
  streams[0]?.say('2', '20');
  streams[0]?.say('1', '10');
  expect(await both).toEqual([10, 20]);
  const again = renew('1');
  await settled();
  streams[0]?.say('1', '9');
  expect(await again).toBe(9);
  expect(streams).toHaveLength(1);
});

it('takes an answer for the oldest question about a lease: a newer one must not count from when it was not yet asked', async () => {
  const { renew, streams } = aMember();
  const answered: string[] = [];
  void renew('1').then(() => answered.push('first'));
  void renew('1').then(() => answered.push('second'));
  await settled();
  streams[0]?.say('1', '3');
  await settled();
  expect(answered).toEqual(['first']);
});

it('gives a member up that leaves one unanswered, and begins anew', async () => {
  const { clock, renew, streams } = aMember();
  const outcomes = Promise.allSettled([renew('1'), renew('2')]);
  await clock.advance(seconds(3));
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(streams[0]?.cancelled).toBe(true);
  const again = renew('1');
  await settled();
  streams[1]?.say('1', '3');
  expect(await again).toBe(3);
});

it.each<[string, (stream: ReturnType<typeof aStream>) => void]>([
  ['breaks', (stream) => stream.fail(new Error('reset'))],
  ['is ended by the server', (stream) => stream.end()],
])('tells all who wait when the stream %s, and keeps the next one when the old one says more', async (_what, hurt) => {
  const { renew, streams } = aMember();
  const outcome = renew('1').catch((cause) => cause);
  await settled();
  const [old] = streams;
  hurt(old as NonNullable<typeof old>);
  expect(await outcome).toBeInstanceOf(Error);
  const again = renew('1');
  await settled();
  old?.end();
  const further = renew('1');
  await settled();
  streams[1]?.say('1', '3');
  streams[1]?.say('1', '2');
  expect(await Promise.all([again, further])).toEqual([3, 2]);
  expect(streams).toHaveLength(2);
});

it('lets no timer run on for what was answered', async () => {
  const { clock, renew, streams } = aMember();
  const asked = renew('1');
  await settled();
  streams[0]?.say('1', '3');
  await asked;
  expect(clock.nextDue()).toBeUndefined();
});

it('sends no more on a stream that left one unanswered, but still takes the answer', async () => {
  const { clock, renew, streams } = aMember();
  const first = renew('1');
  await clock.advance(ms(499));
  const second = renew('2');
  await clock.advance(ms(1));
  const third = renew('1');
  await settled();
  expect(streams.map(({ asked }) => asked)).toEqual([['1', '2'], ['1']]);
  streams[1]?.say('1', '7');
  streams[0]?.say('1', '8');
  expect(streams[0]?.cancelled).toBe(false);
  streams[0]?.say('2', '9');
  expect(await Promise.all([first, second, third])).toEqual([8, 9, 7]);
  expect(streams.map(({ cancelled }) => cancelled)).toEqual([true, false]);
  const fourth = renew('2');
  await settled();
  streams[1]?.say('2', '6');
  expect([await fourth, streams.length]).toEqual([6, 2]);
});
