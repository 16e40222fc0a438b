/** An object whose asynchronous methods are watched, and that is the same otherwise. */
import type { Clock } from '../../../ports/clock/index.ts';

/** What becomes of one call. */
export interface Outcome {
  readonly seconds: number;
  readonly failed: boolean;
}

export type Watched<T> = {
  readonly [Name in keyof T]?: {
    /** Told when a call has ended. */
    readonly ended: (outcome: Outcome) => void;
    /** Stands in for what a call resolved with. */
    readonly instead?: T[Name] extends (...args: never[]) => Promise<infer Result> ? (result: Result) => Result : never;
  };
};

export function counted<T extends object>(thing: T, clock: Clock, watched: Watched<T>): T {
  const watch = watched as Readonly<Record<string | symbol, Watched<Record<string, Method>>[string]>>;
  return new Proxy(thing, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      const seen = Object.hasOwn(watch, name) ? watch[name] : undefined;
      if (seen === undefined) return member.bind(target);
      return async (...args: unknown[]) => {
        const started = clock.now();
        const end = (failed: boolean) => seen.ended({ seconds: (clock.now() - started) / 1_000, failed });
        try {
          const result: unknown = await member.apply(target, args);
          end(false);
          return seen.instead === undefined ? result : seen.instead(result);
        } catch (cause) {
          end(true);
          throw cause;
        }
      };
    },
  });
}

type Method = (...args: never[]) => Promise<unknown>;
