/**
 * Numbered steps with their durations: one live line per step on a terminal, one plain line per finished step elsewhere.
 */
import { type Millis, ms } from '../../core/base/time.ts';
import type { Clock } from '../../ports/clock/index.ts';
import type { Screen } from './screen.ts';

/** What a running step may say about itself. */
export interface Progress {
  /** How far it is; replaces what it said before. */
  note(text: string): void;
}

export interface Reporter {
  /** Runs one step; its note when it ends stays on its line. */
  step<T>(title: string, run: (progress: Progress) => Promise<T>): Promise<T>;
  /** A line between steps. */
  say(text: string): void;
  /** Since the reporter was made. */
  elapsed(): Millis;
}

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameEvery = 80;
const titleWidth = 26;

export function stepReporter(screen: Screen, clock: Clock, count: () => number): Reporter {
  const started = clock.now();
  let number = 0;

  const line = (mark: string, title: string, took: Millis, note: string): string =>
    ` ${mark} ${number}/${count()} ${title.padEnd(titleWidth)} ${printDuration(took).padStart(6)}${note === '' ? '' : `   ${note}`}`;
  const paint = (color: number, text: string): string => (screen.hasColor ? `\u001b[${color}m${text}\u001b[0m` : text);

  return {
    say: (text) => screen.say(text),
    elapsed: () => ms(clock.now() - started),
    async step(title, run) {
      number += 1;
      const began = clock.now();
      const took = (): Millis => ms(clock.now() - began);
      let note = '';
      let frame = 0;
      const draw = (): void => screen.draw(line(frames[frame % frames.length] ?? '', title, took(), note));
      const turn = (): void => {
        frame += 1;
        draw();
      };
      const timer = screen.isLive ? setInterval(turn, frameEvery) : undefined;
      if (screen.isLive) draw();
      const end = (mark: string): void => {
        clearInterval(timer);
        if (screen.isLive) screen.draw('');
        screen.say(line(mark, title, took(), note));
      };
      try {
        const result = await run({
          note(text) {
            note = text;
            if (screen.isLive) draw();
          },
        });
        end(paint(32, '✓'));
        return result;
      } catch (error) {
        end(paint(31, '✗'));
        throw error;
      }
    },
  };
}

export function printDuration(duration: Millis): string {
  const inSeconds = duration / 1_000;
  if (inSeconds < 60) return `${inSeconds.toFixed(1)}s`;
  return `${Math.floor(inSeconds / 60)}m ${String(Math.floor(inSeconds % 60)).padStart(2, '0')}s`;
}
