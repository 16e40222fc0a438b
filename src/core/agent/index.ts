/** The agent's part: which units belong on this machine, and the tasks that bring them there. */
export * from './desire.ts';
export * from './plan.ts';
export * from './types.ts';
