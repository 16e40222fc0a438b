/** What fleetctl says when it cannot do what it was asked, in the words that scripts know. @see fleet.md section 7 */
import { defineError } from './define.ts';

/** The command line cannot be understood. */
export const UsageWrong = defineError<{
  problem: string;
  suggestions?: readonly string[];
  command?: { readonly name: string } | undefined;
}>({
  code: 'USAGE_WRONG',
  status: 400,
  message: ({ problem, suggestions = [] }) =>
    suggestions.length === 0
      ? problem
      : `${problem}\n\nDid you mean this?\n${suggestions.map((name) => `\t${name}\n`).join('')}`,
  remedy: ({ command }) => `Run "fleetctl ${command === undefined ? '--help' : `${command.name} --help`}" for usage.`,
});

/** The endpoint, driver or key files given cannot lead to a cluster. */
export const ClientUnusable = defineError<{ why: string; advice: string }>({
  code: 'CLIENT_UNUSABLE',
  status: 400,
  message: ({ why }) => `Unable to initialize client: ${why}`,
  remedy: ({ advice }) => advice,
});

export const UnitUnreadable = defineError<{ unit: string; why: string }>({
  code: 'UNIT_UNREADABLE',
  message: ({ unit, why }) => `error retrieving Unit(${unit}) from Registry: ${why}`,
});

export const UnitNowhere = defineError<{ unit: string }>({
  code: 'UNIT_NOWHERE',
  status: 404,
  message: ({ unit }) => `unable to find Unit(${unit}) in Registry or on filesystem`,
  remedy: ({ unit }) => `Name the path of its file, or go to the directory that ${unit} is in.`,
});

export const UnitFileUnusable = defineError<{ path: string; why: string }>({
  code: 'UNIT_FILE_UNUSABLE',
  status: 400,
  message: ({ path, why }) => `failed getting Unit(${path}) from file: ${why}`,
});

export const TemplateUnusable = defineError<{ path: string; why: string }>({
  code: 'TEMPLATE_UNUSABLE',
  status: 400,
  message: ({ path, why }) => `failed getting Unit(${path}) from template: ${why}`,
});

export const TemplateNowhere = defineError<{ template: string }>({
  code: 'TEMPLATE_NOWHERE',
  status: 404,
  message: ({ template }) => `unable to find template Unit(${template}) in Registry or on filesystem`,
  remedy: ({ template }) => `Submit ${template} first, or put it beside the name that you give.`,
});

export const UnitNotCreated = defineError<{ unit: string; why: string }>({
  code: 'UNIT_NOT_CREATED',
  message: ({ unit, why }) => `failed creating unit ${unit}: ${why}`,
});

/** Units were created, and some of them did not show in time. */
export const UnitsNotCreated = defineError<Record<never, never>>({
  code: 'UNITS_NOT_CREATED',
  message: () => 'One or more errors creating units',
  remedy: () => 'The lines above say which; fleetctl list-unit-files shows what is there.',
});

export const UnitToChangeUnreadable = defineError<{ unit: string; why: string }>({
  code: 'UNIT_TO_CHANGE_UNREADABLE',
  message: ({ unit, why }) => `error retrieving unit ${unit} from registry: ${why}`,
});

export const UnitToChangeMissing = defineError<{ unit: string }>({
  code: 'UNIT_TO_CHANGE_MISSING',
  status: 404,
  message: ({ unit }) => `unable to find unit ${unit}`,
  remedy: ({ unit }) => `Somebody destroyed it meanwhile; submit it again: fleetctl submit ${unit}.`,
});

export const ReplacementMissing = defineError<{ path: string }>({
  code: 'REPLACEMENT_MISSING',
  status: 404,
  message: ({ path }) => `error Unit ${path} does not seem to be a template unit`,
  remedy: ({ path }) => `--replace takes the new content from ${path}, which is not there.`,
});

export const StateTimedOut = defineError<{ unit: string; state: string }>({
  code: 'STATE_TIMED_OUT',
  status: 504,
  message: ({ unit, state }) => `timed out waiting for unit ${unit} to report state ${state}`,
  remedy: ({ unit }) =>
    `See where it stands with fleetctl list-unit-files and fleetctl status ${unit}, or wait longer with --block-attempts.`,
});

export const DestroyedMeanwhile = defineError<{ unit: string }>({
  code: 'DESTROYED_MEANWHILE',
  status: 404,
  message: ({ unit }) => `unit ${unit} was destroyed while it was waited for`,
  remedy: ({ unit }) => `Somebody else ran fleetctl destroy ${unit}; start it again from its file if you need it.`,
});

export const NotActiveInTime = defineError<{ unit: string }>({
  code: 'NOT_ACTIVE_IN_TIME',
  status: 504,
  message: ({ unit }) => `Failed to find an active unit ${unit} within 2s, err: Failed to fetch states within 2s`,
  remedy: ({ unit }) => `Look at what it says: fleetctl status ${unit}; fleetctl journal ${unit}.`,
});

/** `fleetctl ssh` does not know where to go. */
export const NoSuchPlace = defineError<{ why: string; advice: string }>({
  code: 'NO_SUCH_PLACE',
  status: 404,
  message: ({ why }) => why,
  remedy: ({ advice }) => advice,
});

/** A cluster that was there says nothing any more. */
export const ClusterSilent = defineError<{ why: string }>({
  code: 'CLUSTER_SILENT',
  status: 504,
  message: ({ why }) => `the fleet API says nothing any more: ${why}`,
  remedy: () => 'Name another machine with --tunnel or --endpoint; on the machine, see: systemctl status fleet etcd.',
});

/** Somebody asks about a unit that the cluster does not have. @see fleet.md 7.5, status */
export const UnitDoesNotExist = defineError<{ unit: string; near: readonly string[] }>({
  code: 'UNIT_DOES_NOT_EXIST',
  status: 404,
  message: ({ unit }) => `Unit ${unit} does not exist.`,
  remedy: ({ near }) =>
    near.length > 0
      ? `Did you mean ${near.join(' or ')}?`
      : 'See what there is with fleetctl list-unit-files, or where a unit would go with fleetctl plan FILE.',
});
