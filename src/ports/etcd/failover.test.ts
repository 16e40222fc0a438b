import { expect, it } from 'vitest';
import { ms, seconds } from '../../core/base/time.ts';
import { EtcdUnreachable } from '../../core/errors/etcd.ts';
import { ManualClock } from '../clock/manual.ts';
import { Failover } from './failover.ts';
import { type Member, MemberTrouble } from './member.ts';

/** Members that are named, and that do nothing by themselves. */
function members(...endpoints: readonly string[]) {
  const clock = new ManualClock();
  const open = (endpoint: string) => ({ endpoint }) as Member;
  return { clock, failover: new Failover({ clock, endpoints, open, timeout: seconds(1) }) };
}
const refused = new Error('connection refused');
const trouble = () => Promise.reject(new MemberTrouble('unreachable', refused));

it('asks the next member when one fails, and stays with it', async () => {
  const { failover } = members('a', 'b');
  const asked: string[] = [];
  const work = async ({ endpoint }: Member) => {
    asked.push(endpoint);
    return endpoint === 'a' ? trouble() : endpoint;
  };
  expect([await failover.call('a test', work), await failover.call('a test', work)]).toEqual(['b', 'b']);
  expect(asked).toEqual(['a', 'b', 'b']);
});

it('says which members did not answer, and once why', async () => {
  const { clock, failover } = members('a', 'b');
  const failure = failover.call('a test', trouble).catch((cause: unknown) => cause);
  await clock.advance(seconds(2));
  expect(await failure).toBeInstanceOf(EtcdUnreachable);
  expect(await failure).toMatchObject({ message: expect.stringContaining('at a, b'), cause: refused });
});

it('knows when a member was asked what it answered', async () => {
  const { clock, failover } = members('a', 'b');
  const [first] = [failover.current];
  expect(failover.livedAt(first)).toBeUndefined();
  await clock.advance(ms(500));
  const answer = failover.call('a test', () => clock.sleep(ms(700)));
  await clock.advance(ms(700));
  await answer;
  expect(failover.livedAt(first)).toBe(500);
});

it('tells all who listen which member failed', () => {
  const { failover } = members('a', 'b');
  const [first] = [failover.current];
  const doubted: string[] = [];
  const listening = failover.onFailure(({ endpoint }) => doubted.push(endpoint));
  failover.after(first);
  listening[Symbol.dispose]();
  failover.after(first);
  expect(doubted).toEqual(['a']);
});
