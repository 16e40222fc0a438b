/** The paths of the API: which resource a path names, and the path of a resource. @see fleet.md 6.1 */

/** Both prefixes mean the same; clients of ours use the first. */
export const prefixes = ['/fleet/v1', '/v1-alpha'] as const;

export type Resource =
  | { readonly kind: 'machines' | 'units' | 'states' | 'discovery' | 'changes' | 'follow' | 'batch' }
  /** What the daemon counts, for Prometheus; it stands outside the prefixes. */
  | { readonly kind: 'metrics' }
  /** One unit, or one unit's state; `name` is decoded and not yet checked. */
  | { readonly kind: 'unit' | 'state'; readonly name: string }
  /** The root and the bare prefixes, which exist and allow nothing. */
  | { readonly kind: 'root' };

const collections = {
  machines: 'machines',
  units: 'units',
  state: 'states',
  discovery: 'discovery',
  changes: 'changes',
  follow: 'follow',
  batch: 'batch',
} as const;
const isCollection = (segment: string): segment is keyof typeof collections => Object.hasOwn(collections, segment);

const decoded = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment; // a stray percent sign: the name check refuses it with a message that shows it
  }
};

/** @returns undefined when the path names nothing */
export function parsePath(path: string): Resource | undefined {
  if (path === '/' || prefixes.some((prefix) => path === prefix)) return { kind: 'root' };
  if (path === paths.metrics) return { kind: 'metrics' };
  const prefix = prefixes.find((candidate) => path.startsWith(`${candidate}/`));
  if (prefix === undefined) return undefined;
  const [collection = '', item, ...rest] = path.slice(prefix.length + 1).split('/');
  if (rest.length > 0 || !isCollection(collection)) return undefined;
  if (item === undefined) return { kind: collections[collection] };
  const name = decoded(item);
  if (name === '' || name.includes('/')) return undefined;
  if (collection === 'units') return { kind: 'unit', name };
  if (collection === 'state') return { kind: 'state', name };
  return undefined;
}

const [prefix] = prefixes;

export const paths = {
  machines: `${prefix}/machines`,
  units: `${prefix}/units`,
  unit: (name: string): string => `${prefix}/units/${encodeURIComponent(name)}`,
  states: `${prefix}/state`,
  state: (name: string): string => `${prefix}/state/${encodeURIComponent(name)}`,
  discovery: `${prefix}/discovery`,
  changes: `${prefix}/changes`,
  follow: `${prefix}/follow`,
  batch: `${prefix}/batch`,
  metrics: '/metrics',
} as const;
