import { describe, expect, it } from 'vitest';
import { ms, seconds } from '../../core/base/time.ts';
import { ManualClock } from '../../ports/clock/manual.ts';
import { captureIo } from '../../testing/capture-io.ts';
import { printDuration, stepReporter } from './reporter.ts';
import { screenOf } from './screen.ts';

const onTerminal = (environment: Readonly<Record<string, string>>) => {
  const io = captureIo();
  Object.assign(io.stderr, { isTTY: true, columns: 60 });
  return { io, screen: screenOf(io, environment) };
};

describe('the steps of an up', () => {
  it('are one plain line each where there is no terminal', async () => {
    const io = captureIo();
    const clock = new ManualClock();
    const reporter = stepReporter(screenOf(io, {}), clock, () => 2);
    await reporter.step('first', async ({ note }) => {
      note('half way');
      await clock.advance(seconds(1.5));
      note('done');
    });
    await expect(
      reporter.step('second', async () => {
        throw new Error('broken');
      }),
    ).rejects.toThrow('broken');
    expect(io.errors()).toBe(` ✓ 1/2 ${'first'.padEnd(26)}   1.5s   done\n ✗ 2/2 ${'second'.padEnd(26)}   0.0s\n`);
    expect(io.output()).toBe('');
  });

  it('redraw their line on a terminal, within its width', async () => {
    const { io, screen } = onTerminal({ TERM: 'xterm' });
    await stepReporter(screen, new ManualClock(), () => 1).step('only', async ({ note }) => note('x'.repeat(200)));
    expect(io.errors()).toContain('\r\u001b[2K');
    for (const drawn of io.errors().split('\r\u001b[2K').slice(1, -1)) expect(drawn.length).toBeLessThan(60);
    expect(io.errors()).toContain('\u001b[32m✓\u001b[0m');
  });

  it('have no colours with NO_COLOR, and do not move on a dumb terminal or in CI', async () => {
    expect(onTerminal({ NO_COLOR: '1' }).screen).toMatchObject({ isLive: true, hasColor: false });
    expect(onTerminal({ TERM: 'dumb' }).screen).toMatchObject({ isLive: false, hasColor: false });
    expect(onTerminal({ CI: 'true' }).screen).toMatchObject({ isLive: false, hasColor: false });
  });

  it.each([
    [0, '0.0s'],
    [1_540, '1.5s'],
    [59_900, '59.9s'],
    [61_000, '1m 01s'],
  ])('print %i ms as %s', (duration, text) => {
    expect(printDuration(ms(duration))).toBe(text);
  });
});
