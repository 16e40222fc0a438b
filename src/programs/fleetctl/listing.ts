/** What the three list commands share: their flags, fields by name, header and JSON. @see fleet.md 7.6 */
import { oneOf, type Settings, text, type Values, yesNo } from '../../core/base/settings.ts';
import type { Io } from '../../ports/io/index.ts';
import { printTable } from './table.ts';

export const listFlags = <Field extends string>(fields: Readonly<Record<Field, unknown>>, preset: readonly Field[]) =>
  ({
    full: yesNo(false, 'Do not shorten what is long.'),
    noLegend: yesNo(false, 'Print no header.'),
    fields: text(preset.join(','), `Columns to print: ${Object.keys(fields).join(', ')}.`, {
      words: Object.keys(fields),
    }),
    output: oneOf(['table', 'json'], 'table', 'How to print: table or json.'),
  }) satisfies Settings;

export const listShorts = { l: 'full', o: 'output' } as const;

type ListFlags = Values<ReturnType<typeof listFlags>>;

/** What one column shows of an item. */
export type Field<Item> = (item: Item) => string;

/**
 * Prints a table of the fields asked for.
 *
 * @returns the exit code
 */
export function printList<Item>(
  items: readonly Item[],
  fields: Readonly<Record<string, Field<Item>>>,
  { noLegend, fields: asked }: Pick<ListFlags, 'noLegend' | 'fields'>,
  io: Io,
): void {
  const columns = asked.split(',');
  const header = columns.map((name) => name.toUpperCase());
  const rows = items.map((item) => columns.map((name) => fields[name]?.(item) ?? ''));
  for (const line of printTable([...(noLegend ? [] : [header]), ...rows])) io.out(line);
}

/** @returns what is wrong with the fields that somebody asked for */
export function fieldProblem(fields: Readonly<Record<string, unknown>>, asked: string): string | undefined {
  if (asked === '') return 'Must define output format';
  const unknown = asked.split(',').find((name) => !Object.hasOwn(fields, name));
  return unknown === undefined ? undefined : `Invalid key in output format: "${unknown}"`;
}

/** The API's own shape, all of its pages as one. */
export const printJson = (page: object, io: Io): void => io.out(JSON.stringify(page, undefined, 2));

/** A missing value. */
export const orDash = (value: string | undefined): string => value || '-';
