import { expect, it } from 'vitest';
import { ms } from '../../core/base/time.ts';
import { ManualClock, settled } from '../clock/manual.ts';
import { Failover } from './failover.ts';
import { Inbox } from './inbox.ts';
import type { KeyValue, TransactionResult } from './index.ts';
import { type IWatchResponse, type Member, MemberTrouble, type WatchListener } from './member.ts';
import { Watcher } from './watcher.ts';

/** A member that says what a test has it say, and the lists that the watcher gets one after the other. */
function aWatch(lists: readonly number[]) {
  let listener: WatchListener | undefined;
  const sent: unknown[] = [];
  const member = {
    watch: async (given: WatchListener) => {
      listener = given;
      return { send: (request: unknown) => sent.push(request), cancel: () => {} };
    },
  } as unknown as Member;
  const clock = new ManualClock();
  const timeout = ms(1_500);
  const members = new Failover({ clock, endpoints: ['http://one'], open: () => member, timeout });
  const inbox = new Inbox();
  const stop = new AbortController();
  const left = [...lists];
  const list = async () => aList(left.shift() ?? Number.NaN);
  const watcher = new Watcher({
    clock,
    members,
    ranges: ['/a/'],
    inbox,
    stop: stop.signal,
    timeout,
    askAfterSilence: ms(2_000),
    list,
  });
  void watcher.run();
  const events = inbox.events(stop.signal);
  return {
    ...{ watcher, clock, sent, left, members, member },
    next: async () => (await events.next()).value,
    end: (cause: unknown) => listener?.ended(cause),
    say: (response: Partial<IWatchResponse>, revision: number) =>
      listener?.heard({ events: [], watch_id: '1', header: { revision: String(revision) }, ...response } as never),
  };
}

const aKey = (revision: number): KeyValue => ({
  key: `/a/${revision}`,
  value: '',
  created: revision,
  modified: revision,
  lease: undefined,
});
/** The last key that was put by then. */
const aList = (revision: number): TransactionResult => ({
  held: true,
  revision,
  results: [{ found: [aKey(revision)], removed: 0 }],
});
const put = (revision: number) => ({
  events: [
    {
      type: 'Put',
      kv: { key: Buffer.from(`/a/${revision}`), value: Buffer.from(''), ...revisions(revision), lease: '0' },
    },
  ] as unknown as IWatchResponse['events'],
});
const revisions = (at: number) => ({ create_revision: String(at), mod_revision: String(at) });
const created = { created: true };

it('lists again when the watch begins after what was listed', async () => {
  const { say, next, left } = aWatch([5, 8]);
  await settled();
  say(created, 7);
  expect(await next()).toMatchObject({ kind: 'all', keys: [{ modified: 8 }], upTo: 8 });
  expect(left).toEqual([]);
});

it('does not tell again what the list held, and tells what came while it was under way', async () => {
  const { say, next } = aWatch([6]);
  await settled();
  say(created, 5);
  say(put(6), 6);
  say(put(7), 7);
  expect(await next()).toMatchObject({ kind: 'all', upTo: 6 });
  expect(await next()).toMatchObject({ changes: new Map([['/a/7', aKey(7)]]), upTo: 7 });
});

it('asks again when an answer stayed out, and passes on how far the member is', async () => {
  const { say, next, sent, watcher } = aWatch([6]);
  await settled();
  say(created, 6);
  await next();
  await settled();
  watcher.confirm();
  watcher.confirm();
  expect(sent.slice(1)).toEqual([{ progress_request: {} }, { progress_request: {} }]);
  say({ watch_id: '-1' }, 9);
  expect(await next()).toEqual({ kind: 'changes', changes: new Map(), upTo: 9 });
});

it('keeps a sign of life to itself when nobody asked', async () => {
  const { say, next, clock, sent } = aWatch([6]);
  await settled();
  say(created, 6);
  await next();
  await clock.advance(ms(2_000));
  expect(sent.slice(1)).toEqual([{ progress_request: {} }]);
  const told = next();
  say({ watch_id: '-1' }, 9);
  await settled();
  say(put(10), 10);
  expect(await told).toMatchObject({ changes: new Map([['/a/10', aKey(10)]]), upTo: 10 });
});

it('tells when a member can be watched again, though nothing changed', async () => {
  const { say, next, end, clock } = aWatch([6]);
  await settled();
  say(created, 6);
  await next();
  end(new MemberTrouble('unreachable', 'gone'));
  expect(await next()).toMatchObject({ kind: 'unreachable' });
  await clock.advance(ms(200));
  say(created, 6);
  expect(await next()).toEqual({ kind: 'changes', changes: new Map(), upTo: 6 });
});

it('asks at once when somebody else found the member failing', async () => {
  const { say, next, sent, members, member } = aWatch([6]);
  await settled();
  say(created, 6);
  await next();
  await settled();
  members.after(member);
  await settled();
  expect(sent.slice(1)).toEqual([{ progress_request: {} }]);
});

it('asks nothing of a member that answers others, until it has been silent to all', async () => {
  const { say, next, clock, sent, members, member } = aWatch([6]);
  await settled();
  say(created, 6);
  await next();
  await clock.advance(ms(1_500));
  members.answered(member, clock.now());
  await clock.advance(ms(1_999));
  expect(sent.slice(1)).toEqual([]);
  await clock.advance(ms(1));
  expect(sent.slice(1)).toEqual([{ progress_request: {} }]);
});
