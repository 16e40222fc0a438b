import { expect, it } from 'vitest';
import { notifierContract } from './contract.ts';
import { MemoryNotifier } from './memory.ts';
import { systemdNotifier } from './systemd.ts';

notifierContract('a notifier in memory', async () => {
  const notifier = new MemoryNotifier();
  return { notifier, told: async () => notifier.told };
});

notifierContract('a notifier of systemd', async () => {
  const told: string[] = [];
  const tool = async (args: readonly string[]) => void told.push(...args);
  return { notifier: systemdNotifier('/run/notify', undefined, tool), told: async () => told };
});

it('runs nothing where systemd does not want to be told', async () => {
  const runs: unknown[] = [];
  const notifier = systemdNotifier(undefined, undefined, async (args) => void runs.push(args));
  await notifier.tell('READY=1');
  expect(runs).toEqual([]);
});

it('says why a fact did not arrive, tells the next, and keeps each on one line', async () => {
  const runs: (readonly string[])[] = [];
  const failures: string[] = [];
  const notifier = systemdNotifier(
    '/run/notify',
    (why) => failures.push(why),
    async (args) => {
      runs.push(args);
      return args[0] === 'READY=1' ? 'Failed to notify' : undefined;
    },
  );
  await Promise.all([notifier.tell('READY=1'), notifier.tell('STATUS=one\ntwo')]);
  expect(runs).toEqual([['READY=1'], ['STATUS=one two']]);
  expect(failures).toEqual(['Failed to notify']);
});
