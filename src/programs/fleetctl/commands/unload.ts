import { deactivation } from '../deactivate.ts';

export const unload = deactivation({
  name: 'unload',
  summary: 'Unschedule one or more units in the cluster',
  goal: 'inactive',
  done: 'unloaded',
  judge({ name, current, desired }) {
    // A unit that no machine takes is inactive and asked for; fleet would skip it, and then only destroy could cancel it.
    return current === 'inactive' && desired === 'inactive'
      ? { kind: 'skip', because: `Unit(${name}) already inactive, skipping.` }
      : { kind: 'change' };
  },
});
