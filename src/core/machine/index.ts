/** Machines: identity, metadata, capabilities, and what they can take. */
export * from './capabilities.ts';
export * from './id.ts';
export * from './match.ts';
export * from './metadata.ts';
export * from './types.ts';
export * from './version.ts';
