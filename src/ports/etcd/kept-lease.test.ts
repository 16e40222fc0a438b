import { expect, it } from 'vitest';
import { type Millis, ms, seconds } from '../../core/base/time.ts';
import { EtcdLeaseGone } from '../../core/errors/etcd.ts';
import { ManualClock } from '../clock/manual.ts';
import { Failover } from './failover.ts';
import { KeptLease } from './kept-lease.ts';
import { type Member, MemberTrouble } from './member.ts';

type Renew = (at: Millis) => Promise<number>;

const refuses: Renew = () => Promise.reject(new MemberTrouble('unreachable', 'refused'));
const silent: Renew = () => new Promise(() => {});

/** A lease of three seconds, and what its members were asked and when. */
function aLease(...members: Renew[]) {
  const clock = new ManualClock();
  const asked: [member: number, at: number][] = [];
  const failover = new Failover({
    clock,
    endpoints: members.map((_, n) => String(n)),
    timeout: ms(1_500),
    open: (endpoint) => {
      const renew: Member['renew'] = () => {
        asked.push([Number(endpoint), clock.now()]);
        return (members[Number(endpoint)] as Renew)(clock.now());
      };
      return { endpoint, renew, revoke: async () => {} } as Partial<Member> as Member;
    },
  });
  const lease = new KeptLease({ clock, members: failover, id: '7', term: seconds(3), grantedAt: ms(0) });
  return { clock, asked, lease };
}

it('renews once in each third of the term, and no oftener', async () => {
  const { clock, asked, lease } = aLease(async () => 3);
  await clock.advance(seconds(10));
  expect(asked.map(([, at]) => at)).toEqual([1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000, 9_000, 10_000]);
  expect(lease.validUntil()).toBe(13_000);
});

it('counts from when a renewal was sent, not from when it was answered', async () => {
  const { clock, lease } = aLease(async () => {
    await clock.sleep(ms(400));
    return 3;
  });
  await clock.advance(ms(1_400));
  expect(lease.validUntil()).toBe(4_000);
});

it('asks the next member after a sixth of the term, and stays with the one that answers', async () => {
  const { clock, asked, lease } = aLease(silent, async () => 3);
  await clock.advance(seconds(3));
  expect(asked).toEqual([
    [0, 1_000],
    [1, 1_500],
    [1, 2_500],
  ]);
  expect(lease.lost.aborted).toBe(false);
});

it('takes a late answer too', async () => {
  const { clock, lease } = aLease(async () => {
    await clock.sleep(ms(900));
    return 3;
  });
  await clock.advance(seconds(20));
  expect(lease.lost.aborted).toBe(false);
});

it('asks the next member at once when one refuses, and not without pause when all do', async () => {
  const { clock, asked, lease } = aLease(refuses, refuses);
  await clock.advance(seconds(3));
  expect(asked.slice(0, 3)).toEqual([
    [0, 1_000],
    [1, 1_050],
    [0, 1_100],
  ]);
  expect(asked.length).toBeLessThan(50);
  expect(lease.lost.aborted).toBe(true);
});

it('is lost when its own clock says so, and not before', async () => {
  const { clock, lease } = aLease(silent, silent);
  await clock.advance(ms(2_999));
  expect(lease.lost.aborted).toBe(false);
  await clock.advance(ms(1));
  expect(lease.lost.reason).toBeInstanceOf(EtcdLeaseGone);
});

it('is lost as soon as a member says that it is gone, and asks no more', async () => {
  const { clock, asked, lease } = aLease(async () => 0);
  await clock.advance(seconds(1));
  expect(lease.lost.aborted).toBe(true);
  await clock.advance(seconds(10));
  expect(asked).toHaveLength(1);
});

it('asks no more once it is disposed, and is not lost by that', async () => {
  const { clock, asked, lease } = aLease(async () => 3);
  await lease[Symbol.asyncDispose]();
  await clock.advance(seconds(10));
  expect(asked).toEqual([]);
  expect(lease.lost.aborted).toBe(false);
});
