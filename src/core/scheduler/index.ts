/** The engine's part: where units run, why, and where they would. */
export * from './applied.ts';
export * from './decide.ts';
export type { Explanation, Fate } from './explain.ts';
export type { MachineAnswer, Obstacle } from './obstacles.ts';
export type { Picture } from './picture.ts';
export * from './plan-units.ts';
export * from './scheduler.ts';
export * from './types.ts';
