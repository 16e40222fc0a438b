/** Which keys of the store an earlier registrator of this host wrote: those with an id of the default form. @see registrator.md 6.3 */
import type { Backend } from './backend.ts';
import { lowerName } from './name.ts';

/** Whose services: a unit's name ends in its type, which a container's name seldom does. */
export type Claimants = 'containers' | 'units';

/** @returns whether a key was made for a container, or a unit, of the host of this name by a default id */
export function madeBy(hostname: string, claimants: Claimants, backend: Backend): (key: string) => boolean {
  const host = backend.kind === 'skydns2' ? lowerName(hostname) : hostname;
  return (key) => {
    const id = key.slice(key.lastIndexOf('/') + 1);
    if (host === '' || !id.startsWith(`${host}:`)) return false;
    const [, claimant] = /^([^:]+):\d+(?::udp)?$/.exec(id.slice(host.length + 1)) ?? [];
    return claimant !== undefined && claimant.endsWith('.service') === (claimants === 'units');
  };
}
