import { deactivation } from '../deactivate.ts';

export const stop = deactivation({
  name: 'stop',
  summary: 'Instruct systemd to stop one or more units in the cluster',
  goal: 'loaded',
  done: 'stopped',
  judge({ name, current, desired }) {
    if (current === 'inactive') return { kind: 'refuse', line: `Unable to stop unit ${name} in state inactive` };
    // One that is loaded because it is on its way to being launched would start after all if it were skipped.
    if (current === 'loaded' && desired !== 'launched') {
      return { kind: 'skip', because: `Unit(${name}) already loaded, skipping.` };
    }
    return { kind: 'change' };
  },
});
