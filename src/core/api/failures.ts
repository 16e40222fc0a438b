/** The error body, in both directions. @see fleet.md 6.1 */
import { MetadataNotStored, ServerNotReady } from '../errors/api.ts';
import { OperatingError } from '../errors/define.ts';
import { field } from './json.ts';

export interface Failure {
  readonly status: number;
  /** Often empty: fleet tells nothing about its own failures but in the log. */
  readonly message: string;
}

/** Failures of ours that a client is told about all the same. */
const toldOf: ReadonlySet<string> = new Set([ServerNotReady.code, MetadataNotStored.code]);

/** What a client is told about an error of ours: a refusal in its own words, anything else as 500 without any. */
export const failureOf = (cause: unknown): Failure =>
  cause instanceof OperatingError && (cause.status < 500 || toldOf.has(cause.code))
    ? { status: cause.status, message: cause.message }
    : { status: 500, message: '' };

export const encodeFailure = ({ status, message }: Failure): object => ({ error: { code: status, message } });

/** @returns the message, or undefined when the body is not fleet's error body */
export function decodeFailure(json: unknown): string | undefined {
  const message = field(field(json, 'error'), 'message');
  return typeof message === 'string' ? message : undefined;
}
