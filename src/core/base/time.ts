/** One shape for every duration inside: milliseconds. Adapters convert at their edge, with the unit in sight. */

declare const unit: unique symbol;

/** A duration, or a monotonic instant, in milliseconds. */
export type Millis = number & { readonly [unit]: 'ms' };

export const ms = (n: number): Millis => n as Millis;
export const seconds = (n: number): Millis => (n * 1_000) as Millis;
export const minutes = (n: number): Millis => (n * 60_000) as Millis;
export const hours = (n: number): Millis => (n * 3_600_000) as Millis;

/** Whole seconds, rounded up, for things that count them (etcd leases). At least 1. */
export const wholeSeconds = (duration: Millis): number => Math.max(1, Math.ceil(duration / 1_000));
