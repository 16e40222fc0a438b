import { expect, it } from 'vitest';
import { atOnce } from './at-once.ts';

const numbers = Array.from({ length: 30 }, (_, index) => index);
const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
};

it('keeps the order, whoever is ready first', async () => {
  const doubled = await atOnce(numbers, async (n) => {
    await turns((n * 7) % 5);
    return 2 * n;
  });
  expect(doubled).toEqual(numbers.map((n) => 2 * n));
});

it('does several at a time, and not all', async () => {
  let now = 0;
  let most = 0;
  await atOnce(numbers, async () => {
    most = Math.max(most, ++now);
    await turns(2);
    now--;
  });
  expect(most).toBe(8);
});

it('begins nothing after a failure, and throws the one that comes first in order', async () => {
  const begun: number[] = [];
  const attempt = atOnce(numbers, async (n) => {
    begun.push(n);
    await turns(n === 3 ? 1 : 3);
    if (n === 2 || n === 3) throw new Error(`failed at ${n}`);
  });
  await expect(attempt).rejects.toThrow('failed at 2');
  expect(begun).toEqual(numbers.slice(0, 8));
});

it('does nothing for nothing', async () => {
  expect(await atOnce([], async () => 1)).toEqual([]);
});
