import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { News } from './news.ts';

it('what is told before somebody reads is not lost', async () => {
  const news = new News<string>();
  news.tell('a');
  const { value } = await news.read(new AbortController().signal).next();
  expect([...(value ?? [])]).toEqual(['a']);
});

it('what is told while the reader is busy is merged', async () => {
  const news = new News<string>();
  const reader = news.read(new AbortController().signal);
  const first = reader.next();
  news.tell('a');
  expect([...((await first).value ?? [])]).toEqual(['a']);
  news.tell('b');
  news.tell('a');
  news.tell('b');
  expect([...((await reader.next()).value ?? [])]).toEqual(['b', 'a']);
});

it('what a reader did not take waits for the next one', async () => {
  const news = new News<string>();
  const stop = new AbortController();
  const waiting = news.read(stop.signal).next();
  stop.abort();
  expect((await waiting).done).toBe(true);
  expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
  news.tell('late');
  const { value } = await news.read(new AbortController().signal).next();
  expect([...(value ?? [])]).toEqual(['late']);
});
