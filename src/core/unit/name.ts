/** Unit names: which are valid, what their parts mean, and how a command line argument becomes one. @see fleet.md 1.1 */
import { TargetStateInvalid, UnitNameInvalid } from '../errors/unit.ts';
import { quoteCharacter, quoteText } from './quote.ts';
import { type TargetState, targetStates, type UnitName } from './types.ts';

/** The types that the API accepts. */
const unitTypes: ReadonlySet<string> = new Set(
  'automount busname device mount path scope service slice snapshot socket swap target timer'.split(' '),
);
const templateTypes: ReadonlySet<string> = new Set(['path', 'service', 'socket', 'target', 'timer']);

/**
 * The types that can run, and that command line arguments may leave out. Fewer than the API accepts: `a.target` is
 * completed to `a.target.service`.
 */
const recognisedSuffixes = ['.service', '.socket', '.timer', '.path', '.device', '.mount', '.automount'];

const lengthMax = 256;

/**
 * Makes a unit name out of text.
 *
 * @throws {UnitNameInvalid} with fleet's words for the first rule that the text breaks
 */
export function unitName(text: string): UnitName {
  const why = nameProblem(text);
  if (why !== undefined) throw new UnitNameInvalid({ name: text, why });
  return text as UnitName;
}

/** Whether `unitName` would accept the text. */
export const isUnitName = (text: string): text is UnitName => nameProblem(text) === undefined;

function nameProblem(text: string): string | undefined {
  if (text === '') return 'unit name cannot be empty';
  if (byteLength(text) > lengthMax) return `unit name exceeds maximum length (${lengthMax})`;
  const dot = text.lastIndexOf('.');
  if (dot < 0) return 'unit name must contain "."';
  if (dot === text.length - 1) return 'unit name cannot end in "."';
  const type = text.slice(dot + 1);
  if (!unitTypes.has(type)) return `invalid unit type: ${quoteText(type)}`;
  if (text.includes('@') && !templateTypes.has(type)) return `invalid unit type for template: ${quoteText(type)}`;
  const strange = /[^0-9A-Za-z:\-_.\\@]/u.exec(text.slice(0, dot))?.[0];
  if (strange !== undefined) return `invalid character ${quoteCharacter(strange)} in unit name`;
  if (text.startsWith('@')) return 'unit name cannot start in "@"';
  return undefined;
}

const byteLength = (text: string): number =>
  text.length > lengthMax ? text.length : new TextEncoder().encode(text).byteLength;

/** The parts of a unit name. */
export interface NameParts {
  /** From the last dot on: `.service`. */
  readonly suffix: string;
  /** Everything before the suffix; `%N`. */
  readonly stem: string;
  /** The stem up to its first `@`; `%p`. */
  readonly prefix: string;
  /** What follows the first `@`, perhaps with more of them: empty in a template, undefined without `@`; `%i`. */
  readonly instance: string | undefined;
  /** The name of the template; undefined without `@`. */
  readonly template: string | undefined;
}

/** Takes a name apart. @returns undefined when it has no dot, and so no parts */
export function decompose(name: string): NameParts | undefined {
  const dot = name.lastIndexOf('.');
  if (dot < 0) return undefined;
  const suffix = name.slice(dot);
  const stem = name.slice(0, dot);
  const at = stem.indexOf('@');
  if (at < 0) return { suffix, stem, prefix: stem, instance: undefined, template: undefined };
  const prefix = stem.slice(0, at);
  return { suffix, stem, prefix, instance: stem.slice(at + 1), template: `${prefix}@${suffix}` };
}

/** Whether this is a template: `web@.service`. A template is never run itself. */
export const isTemplate = (name: string): boolean => decompose(name)?.instance === '';

/** Whether this is an instance of a template: `web@1.service`. */
export const isInstance = (name: string): boolean => (decompose(name)?.instance ?? '') !== '';

/** The template of an instance. @returns undefined for everything that is no instance */
export const templateOf = (name: string): UnitName | undefined =>
  isInstance(name) ? (decompose(name)?.template as UnitName) : undefined;

/** Whether a name, or a path, ends in one of the types that can run. */
const hasRecognisedSuffix = (name: string): boolean => recognisedSuffixes.some((suffix) => name.endsWith(suffix));

/** Completes a name, or a path, with `.service` unless it ends in a type that can run. */
export const withSuffix = (nameOrPath: string): string =>
  hasRecognisedSuffix(nameOrPath) ? nameOrPath : `${nameOrPath}.service`;

/**
 * The unit name that a command line argument stands for: its base name, completed. Not validated, since fleet validates
 * only before it creates. @see fleet.md 7.2
 */
export const mangle = (argument: string): string => withSuffix(baseName(argument));

/** The last part of a path; "." for an empty one and "/" for slashes alone, as Go has it. */
function baseName(path: string): string {
  if (path === '') return '.';
  const trimmed = path.replace(/\/+$/, '');
  return trimmed === '' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1);
}

/** @throws {TargetStateInvalid} */
export function targetState(text: string): TargetState {
  const state = targetStates.find((known) => known === text);
  if (state === undefined) throw new TargetStateInvalid({ state: text });
  return state;
}
