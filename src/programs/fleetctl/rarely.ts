/**
 * What few calls need, to be loaded as one. The bundler makes a file of whatever several parts that are loaded later share
 * with the rest, and every call reads these files: loaded one by one, the parts below would make them 20 instead of 11.
 */
export { complete } from './complete.ts';
export { scripts } from './completion-scripts.ts';
export { runExplain } from './explain-run.ts';
export { runPlan } from './plan-run.ts';
export { runWatch } from './watch-run.ts';
