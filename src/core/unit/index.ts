/** Units: names, files, hashes, and what they ask for. */
export * from './file.ts';
export * from './name.ts';
export { isGlobal, type Requirements, requirementWarnings } from './requirements.ts';
export * from './types.ts';
export { checkOptions } from './validate.ts';
