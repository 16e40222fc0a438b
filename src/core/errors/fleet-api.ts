/** What goes wrong between a client and a fleet API, in the words that fleetctl prints. @see fleet.md 7.1 */
import { defineError } from './define.ts';

/** The server answered, and not as hoped. */
export const ApiRefused = defineError<{ status: number; message: string; body: string }>({
  code: 'API_REFUSED',
  status: 502,
  message: ({ status, message, body }) =>
    message === ''
      ? `googleapi: got HTTP response code ${status} with body: ${body}`
      : `googleapi: Error ${status}: ${message}`,
  remedy: ({ status }) =>
    status === 404
      ? 'Check that --endpoint names a fleet API: nothing of it is there.'
      : status >= 500
        ? 'Look at the log of fleetd on that machine: journalctl -u fleet.'
        : undefined,
});

export const ApiUnreachable = defineError<{ endpoint: string; why: string }>({
  code: 'API_UNREACHABLE',
  status: 502,
  message: ({ endpoint, why }) => `cannot reach the fleet API at ${endpoint}: ${why}`,
  remedy: () =>
    'Name a machine of the cluster with --tunnel or an API with --endpoint; on a machine, see: systemctl status fleet.socket fleet.',
});

/** Something answered that does not speak the API. */
export const ApiUnintelligible = defineError<{ endpoint: string; why: string }>({
  code: 'API_UNINTELLIGIBLE',
  status: 502,
  message: ({ endpoint, why }) => `${endpoint} does not answer as a fleet API does: ${why}`,
  remedy: () => 'Check that --endpoint names the API of a fleetd.',
});
