/** What can be wrong with a unit's name, its file and its options, with the messages fleet's clients print. */
import { defineError } from './define.ts';

/** @see fleet.md 1.1 */
export const UnitNameInvalid = defineError<{ name: string; why: string }>({
  code: 'UNIT_NAME_INVALID',
  status: 400,
  message: ({ why }) => why,
  remedy: ({ name }) =>
    `Rename the unit ("${name}"): letters, digits and :-_.@\\ followed by a type, such as web.service or web@1.service.`,
});

/** @see fleet.md 1.2 */
export const UnitFileMalformed = defineError<{ why: string; line: number }>({
  code: 'UNIT_FILE_MALFORMED',
  status: 400,
  message: ({ why }) => why,
  remedy: ({ line }) =>
    `Look at line ${line} of the unit file: a section is [Name] alone on its line, an option is Name=value on one line of less than 2048 bytes.`,
});

/** @see fleet.md 1.7 */
export const UnitOptionsInvalid = defineError<{ problems: readonly string[] }>({
  code: 'UNIT_OPTIONS_INVALID',
  status: 400,
  message: ({ problems }) => problems[0] ?? 'unit options are invalid',
  remedy: ({ problems }) =>
    problems.length > 1
      ? `Change the [X-Fleet] section; also: ${problems.slice(1).join('; ')}.`
      : 'Change the [X-Fleet] section so that its options do not contradict each other.',
});

/** @see fleet.md 2.1 */
export const TargetStateInvalid = defineError<{ state: string }>({
  code: 'TARGET_STATE_INVALID',
  status: 400,
  message: ({ state }) => `invalid value ${JSON.stringify(state)} for JobState`,
  remedy: () => 'Ask for inactive, loaded or launched.',
});
