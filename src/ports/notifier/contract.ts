/** What every notifier promises: called with the twin, and with a real systemd inside a machine. */
import { describe, expect, it } from 'vitest';
import type { Notifier } from './index.ts';

export interface NotifierUnderTest {
  readonly notifier: Notifier;
  /** What has arrived, in order. */
  readonly told: () => Promise<readonly string[]>;
}

export function notifierContract(name: string, make: () => Promise<NotifierUnderTest>): void {
  describe(`${name} keeps the promise of a notifier`, () => {
    it('passes facts on in the order in which they were told', async () => {
      const { notifier, told } = await make();
      const first = notifier.tell('READY=1', 'STATUS=in the cluster as m1 (10.0.0.1)');
      await notifier.tell('STATUS=stopping its units');
      await first;
      expect(await told()).toEqual(['READY=1', 'STATUS=in the cluster as m1 (10.0.0.1)', 'STATUS=stopping its units']);
    });
  });
}
