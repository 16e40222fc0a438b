/** Whether what machines answer for a name is what really runs, and for how long it was not. */
import { type Millis, ms } from '../base/time.ts';

/** What one machine said at one moment: the addresses of each name that it has an answer for. */
export interface Answers {
  readonly machine: string;
  /** Undefined when nobody answered there. */
  readonly names: ReadonlyMap<string, readonly string[]> | undefined;
}

/**
 * `right`: the addresses of what runs, no more and no fewer. `stale`: an address at which nothing of that name runs.
 * `missing`: something runs that is not answered. `silent`: no answer at all, as from a machine that is down.
 */
export type Verdict = 'right' | 'stale' | 'missing' | 'silent';

export interface Judged {
  readonly machine: string;
  readonly answered: readonly string[];
  readonly verdict: Verdict;
}

export interface NameJudged {
  readonly name: string;
  /** Where something of that name runs. */
  readonly runsAt: readonly string[];
  readonly machines: readonly Judged[];
}

/** @param truth the addresses at which something of a name runs; names of which nothing runs may be left out */
export function judgeNames(
  names: Iterable<string>,
  truth: ReadonlyMap<string, readonly string[]>,
  answers: readonly Answers[],
): readonly NameJudged[] {
  return [...new Set([...names, ...truth.keys()])].sort().map((name) => {
    const runsAt = [...new Set(truth.get(name))].sort();
    return { name, runsAt, machines: answers.map((said) => judge(name, runsAt, said)) };
  });
}

function judge(name: string, runsAt: readonly string[], { machine, names }: Answers): Judged {
  if (names === undefined) return { machine, answered: [], verdict: 'silent' };
  const answered = [...new Set(names.get(name))].sort();
  if (answered.some((address) => !runsAt.includes(address))) return { machine, answered, verdict: 'stale' };
  return { machine, answered, verdict: answered.length < runsAt.length ? 'missing' : 'right' };
}

/** Remembers over many looks since when each answer has been wrong, and the longest time that it ever was. */
export class Wrongness {
  readonly #since = new Map<string, Millis>();
  readonly #longest = new Map<string, Millis>();

  /** @param at the moment of the look, on any one clock */
  see(at: Millis, judged: readonly NameJudged[]): void {
    for (const { name, machines } of judged) {
      for (const { machine, verdict } of machines) {
        const key = keyOf(name, machine);
        if (verdict === 'right' || verdict === 'silent') {
          this.#since.delete(key);
          continue;
        }
        const since = this.#since.get(key) ?? at;
        this.#since.set(key, since);
        this.#longest.set(key, ms(Math.max(this.#longest.get(key) ?? 0, at - since)));
      }
    }
  }

  /** Undefined when no look ever found it wrong. */
  longest(name: string, machine: string): Millis | undefined {
    return this.#longest.get(keyOf(name, machine));
  }
}

const keyOf = (name: string, machine: string): string => `${machine} ${name}`;
