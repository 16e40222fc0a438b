/** The engine's part: where units run. */
export * from './decide.ts';
export * from './scheduler.ts';
export * from './types.ts';
