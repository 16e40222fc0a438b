/** Machine metadata as people write it: `purpose=db,disk=ssd`. */
import type { Parsed } from './parsed.ts';

export type Metadata = Readonly<Record<string, string>>;

/** What a machine has when nobody said anything: the tutorial's two roles. */
export const defaultMetadata = (index: number): Metadata => ({ purpose: index === 1 ? 'app' : 'services' });

/** Sorted by key, so that equal metadata are equal text. */
export const sortedMetadata = (metadata: Metadata): Metadata =>
  Object.fromEntries(Object.entries(metadata).toSorted(([a], [b]) => (a < b ? -1 : 1)));

/** Empty text means no metadata. */
export function parseMetadata(text: string): Parsed<Metadata> {
  const metadata: Record<string, string> = {};
  for (const pair of text.split(',').filter((part) => part.trim() !== '')) {
    const at = pair.indexOf('=');
    const [key, value] = [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
    if (at < 0 || key === '' || value === '') return { wrong: `must be key=value pairs, and "${pair.trim()}" is not` };
    metadata[key] = value;
  }
  return { value: sortedMetadata(metadata) };
}

/** As in a list: sorted by key, `-` when there is none. */
export const printMetadata = (metadata: Metadata): string =>
  Object.entries(sortedMetadata(metadata))
    .map(([key, value]) => `${key}=${value}`)
    .join(',') || '-';
