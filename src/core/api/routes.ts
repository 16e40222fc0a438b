/** Which methods each resource answers. The handler routes by this table, and `docs/api.md` is compared with it. */
import { DiscoveryMethodRefused, MethodRefused } from '../errors/api.ts';
import { prefixes, type Resource } from './paths.ts';

export type ResourceKind = Resource['kind'];

export interface Route {
  /** As documents write it: `<name>` stands for one segment. */
  readonly path: string;
  readonly methods: readonly string[];
}

const [prefix] = prefixes;

/** The table of 6.1, our extensions below it. @see fleet.md 6.1 */
export const routes: Readonly<Record<ResourceKind, Route>> = {
  root: { path: '/', methods: [] },
  discovery: { path: `${prefix}/discovery`, methods: ['GET'] },
  machines: { path: `${prefix}/machines`, methods: ['GET', 'PATCH'] },
  units: { path: `${prefix}/units`, methods: ['GET'] },
  unit: { path: `${prefix}/units/<name>`, methods: ['GET', 'PUT', 'DELETE'] },
  states: { path: `${prefix}/state`, methods: ['GET'] },
  state: { path: `${prefix}/state/<name>`, methods: ['GET'] },
  metrics: { path: '/metrics', methods: ['GET', 'HEAD'] },
  changes: { path: `${prefix}/changes`, methods: ['GET'] },
  follow: { path: `${prefix}/follow`, methods: ['GET'] },
  batch: { path: `${prefix}/batch`, methods: ['POST'] },
};

/** @throws {MethodRefused} {DiscoveryMethodRefused} fleet answers a wrong method there with 400 */
export function requireMethod(kind: ResourceKind, method: string): void {
  const { methods } = routes[kind];
  if (methods.includes(method)) return;
  if (kind === 'discovery') throw new DiscoveryMethodRefused({});
  throw new MethodRefused({ allowed: inWords(methods) });
}

const inWords = (methods: readonly string[]): string =>
  methods.length < 2 ? methods.join('') : `${methods.slice(0, -1).join(', ')} and ${methods.at(-1)}`;
