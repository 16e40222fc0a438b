/** The cluster: the snapshot that decisions read, and what lists derive from it. */
export * from './engine-version.ts';
export * from './status.ts';
export * from './types.ts';
