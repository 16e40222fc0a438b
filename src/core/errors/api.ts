/** What fleet's HTTP API refuses, with the messages its clients print. @see fleet.md section 6 */
import { defineError } from './define.ts';

export const ServerNotReady = defineError<Record<never, never>>({
  code: 'SERVER_NOT_READY',
  status: 503,
  message: () => 'fleet server unable to communicate with etcd',
  remedy: () => 'Check etcd on that machine (systemctl status etcd); fleetd answers again as soon as it has joined.',
});

/** No such path; the API answers it with an empty message. */
export const RouteUnknown = defineError<{ path: string }>({
  code: 'ROUTE_UNKNOWN',
  status: 404,
  message: () => '',
  remedy: ({ path }) => `There is nothing at ${path}; GET /fleet/v1/discovery lists what there is.`,
});

export const MethodRefused = defineError<{ allowed: string }>({
  code: 'METHOD_REFUSED',
  status: 405,
  message: ({ allowed }) => (allowed === '' ? '' : `only ${allowed} supported against this resource`),
  remedy: ({ allowed }) => (allowed === '' ? 'Use a path of the API below this one.' : `Use ${allowed}.`),
});

/** fleet answers a wrong method on the discovery document with 400, unlike everywhere else. */
export const DiscoveryMethodRefused = defineError<Record<never, never>>({
  code: 'DISCOVERY_METHOD_REFUSED',
  status: 400,
  message: () => 'only HTTP GET supported against this resource',
  remedy: () => 'Use GET.',
});

export const UnitMissing = defineError<{ unit: string }>({
  code: 'UNIT_MISSING',
  status: 404,
  message: () => 'unit does not exist',
  remedy: ({ unit }) => `Submit ${unit} first: fleetctl submit <file>.`,
});

export const UnitStateMissing = defineError<{ unit: string }>({
  code: 'UNIT_STATE_MISSING',
  status: 404,
  message: () => 'unit state does not exist',
  remedy: ({ unit }) => `No machine has loaded ${unit}: fleetctl load ${unit}.`,
});

export const ContentTypeCount = defineError<{ count: number }>({
  code: 'CONTENT_TYPE_COUNT',
  status: 415,
  message: ({ count }) => `expected 1 Content-Type, got ${count}`,
  remedy: () => 'Send one Content-Type header: application/json.',
});

export const ContentTypeRefused = defineError<Record<never, never>>({
  code: 'CONTENT_TYPE_REFUSED',
  status: 415,
  message: () => 'only acceptable Content-Type is application/json',
  remedy: () => 'Send the body as application/json.',
});

export const BodyUndecodable = defineError<{ why: string }>({
  code: 'BODY_UNDECODABLE',
  status: 400,
  message: ({ why }) => `unable to decode body: ${why}`,
  remedy: () => 'Send a JSON object with name, desiredState and options.',
});

export const NamesDiffer = defineError<{ url: string; body: string }>({
  code: 'NAMES_DIFFER',
  status: 400,
  message: ({ url, body }) =>
    `name in URL ${JSON.stringify(url)} differs from unit name in request body ${JSON.stringify(body)}`,
  remedy: () => 'Leave the name out of the body, or make both equal.',
});

export const NewUnitWithoutOptions = defineError<{ unit: string }>({
  code: 'NEW_UNIT_WITHOUT_OPTIONS',
  status: 409,
  message: () => 'unit does not exist and options field empty',
  remedy: ({ unit }) => `Send the options of ${unit} with the request.`,
});

export const DesiredStateMissing = defineError<{ unit: string }>({
  code: 'DESIRED_STATE_MISSING',
  status: 409,
  message: () => 'must provide DesiredState to update existing unit',
  remedy: () => 'Send desiredState: inactive, loaded or launched.',
});

export const TemplateNotActivatable = defineError<{ unit: string }>({
  code: 'TEMPLATE_NOT_ACTIVATABLE',
  status: 400,
  message: ({ unit }) => `cannot activate template ${JSON.stringify(unit)}`,
  remedy: ({ unit }) => `Start an instance of it: fleetctl start ${unit.replace('@.', '@1.')}.`,
});

/** etcd would refuse it, and with it perhaps what travels beside it. */
export const UnitFileTooLarge = defineError<{ unit: string; size: number; most: number }>({
  code: 'UNIT_FILE_TOO_LARGE',
  status: 413,
  message: ({ size, most }) => `unit file of ${size} bytes exceeds the maximum of ${most} bytes`,
  remedy: ({ unit }) => `Let ${unit} read what is large from a file or an image instead.`,
});

export const BatchTooLarge = defineError<{ count: number; most: number }>({
  code: 'BATCH_TOO_LARGE',
  status: 413,
  message: ({ count, most }) => `expected at most ${most} units, got ${count}`,
  remedy: ({ most }) => `Send at most ${most} units in one request.`,
});

export const PageTokenRefused = defineError<{ why: string }>({
  code: 'PAGE_TOKEN_REFUSED',
  status: 400,
  message: ({ why }) => why,
  remedy: () => 'Send back the nextPageToken of the previous page, unchanged, once.',
});

export const MetadataPatchRefused = defineError<{ why: string }>({
  code: 'METADATA_PATCH_REFUSED',
  status: 400,
  message: ({ why }) => why,
  remedy: () => 'Send a JSON array of {"op":"add","path":"/<machine-id>/metadata/<key>","value":"<text>"}.',
});

/** The one failure of its own that fleet tells a client about. */
export const MetadataNotStored = defineError<{ why: string }>({
  code: 'METADATA_NOT_STORED',
  status: 500,
  message: ({ why }) => why,
  remedy: () => 'Send the operations once more: what was done of them is done again without harm.',
});
