import { describe, expect, it } from 'vitest';
import { seconds } from '../../../core/base/time.ts';
import { ManualClock } from '../../../ports/clock/manual.ts';
import { Gate } from './gate.ts';

describe('the gate of the API', () => {
  it('lets nobody through before the machine has joined, and says so after a while', async () => {
    const clock = new ManualClock();
    const refused = expect(new Gate(clock).pass()).rejects.toMatchObject({ code: 'SERVER_NOT_READY', status: 503 });
    await clock.advance(seconds(2));
    await refused;
  });

  it('lets those through that came while the daemon was starting', async () => {
    const gate = new Gate(new ManualClock());
    const passing = gate.pass();
    const member = new AbortController();
    gate.open(member.signal);
    expect(await passing).toBe(member.signal);
  });

  it('refuses at once when the first attempt to join failed', async () => {
    const gate = new Gate(new ManualClock());
    const passing = gate.pass();
    gate.shut();
    await expect(passing).rejects.toMatchObject({ status: 503 });
    await expect(gate.pass()).rejects.toMatchObject({ status: 503 });
  });

  it('refuses at once when the machine has left, and lets through again when it is back', async () => {
    const gate = new Gate(new ManualClock());
    const [first, second] = [new AbortController(), new AbortController()];
    gate.open(first.signal);
    first.abort();
    await expect(gate.pass()).rejects.toMatchObject({ status: 503 });
    gate.open(second.signal);
    expect(await gate.pass()).toBe(second.signal);
  });
});
