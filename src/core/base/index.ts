/** The words that every room may use: durations, orders, globs, settings, invariants and choices. */
export * from './choices.ts';
export * from './duration.ts';
export * from './glob.ts';
export * from './group.ts';
export * from './invariant.ts';
export * from './order.ts';
export * as settings from './settings.ts';
export * from './time.ts';
