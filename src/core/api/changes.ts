/**
 * The stream of changes, an extension of fleet's API: a response that never ends, one line at once and one after every
 * change of the registry, so that a client can wait for a state without asking again and again. A client that gets 404
 * talks to fleet's own daemon and must poll.
 */

/** One JSON value a line; also what followers of units get. */
export const linesMediaType = 'application/x-ndjson';

/** A line says only that something changed; changes close together share one. */
export const changeLine = '{}\n';
