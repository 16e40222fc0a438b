/** How far a unit that was launched has come, by what systemd says about it. */
import type { UnitState } from '../cluster/types.ts';

/** `ended`: it is not active and did not fail, as units that do one thing. `unknown`: systemd could not load it. */
export type Progress = 'active' | 'starting' | 'stopping' | 'ended' | 'failed' | 'unknown';

export function progressOf({ load, active, sub }: Pick<UnitState, 'load' | 'active' | 'sub'>): Progress {
  if (load !== 'loaded') return 'unknown';
  switch (active) {
    case 'active':
    case 'reloading':
      return 'active';
    case 'activating':
      // systemd calls a unit that failed and waits for its next chance "activating" as well.
      return sub === 'auto-restart' ? 'failed' : 'starting';
    case 'deactivating':
      return 'stopping';
    case 'inactive':
      return 'ended';
    default:
      return 'failed';
  }
}
