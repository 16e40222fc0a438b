/** Machine metadata: as configured, as printed, and as changed at run time. */
import { by } from '../base/order.ts';

export type Metadata = Readonly<Record<string, string>>;

/** Reads `k=v,k=v`. Entries without `=` are ignored; the last of several values of one key wins. @see fleet.md 8.2 */
export function parseMetadata(text: string): Metadata {
  const entries = text.split(',').flatMap((entry) => {
    const equals = entry.indexOf('=');
    return equals < 0 ? [] : [[entry.slice(0, equals).trim(), entry.slice(equals + 1).trim()] as const];
  });
  return Object.fromEntries(entries);
}

/** Prints `k=v,k=v`, sorted by key; empty for no metadata. @see fleet.md 7.6 */
export const printMetadata = (metadata: Metadata): string =>
  Object.entries(metadata)
    .sort(by(([key]) => key))
    .map(([key, value]) => `${key}=${value}`)
    .join(',');

/**
 * Static metadata with what was set at run time laid over it.
 *
 * @param dynamic values by key; an empty value hides the key
 * @see fleet.md 2.3 (machine metadata merge)
 */
export function mergeMetadata(announced: Metadata, dynamic: ReadonlyMap<string, string>): Metadata {
  if (dynamic.size === 0) return announced;
  const merged = new Map([...Object.entries(announced), ...dynamic]);
  return Object.fromEntries([...merged].filter(([key]) => dynamic.get(key) !== '').sort(by(([key]) => key)));
}
