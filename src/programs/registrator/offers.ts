/** From what a container or a unit offers to what is written, with what its owner should hear about it. */
import { type Backend, entryOf, isLabel } from '../../core/records/backend.ts';
import type { Registrations } from '../../core/records/registrations.ts';
import type { Log } from '../../ports/log/index.ts';
import type { Offer } from './claims.ts';

/** @param claimant whose they are, as registrator's log names it */
export function offersOf({ services, ignored }: Registrations, claimant: string, backend: Backend, log: Log): Offer[] {
  for (const reason of ignored) log.info(`ignored: ${claimant} ${reason}`);
  return services.map((service) => {
    const { name, id } = service;
    if (backend.kind === 'skydns2' && !name.split('/').every(isLabel)) {
      log.warn('no question can ask for this name; set SERVICE_NAME to a host name', { claimant, name });
    }
    if (backend.kind === 'skydns2' && !id.split('/').every(isLabel)) {
      log.warn('no question can ask for this id; set SERVICE_ID to a host name', { claimant, id });
    }
    return { ...entryOf(backend, service), service: `${claimant} ${id}` };
  });
}
