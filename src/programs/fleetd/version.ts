/** The version of fleet that we are compatible with: what machines announce, and what `Server:` says. */
export const version = '1.0.0';
