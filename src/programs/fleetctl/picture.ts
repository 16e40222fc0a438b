/** The cluster as the scheduler's explanations want it, from the lists that the API gives. */
import type { ApiMachine, ApiUnit } from '../../core/api/entities.ts';
import type { Picture } from '../../core/scheduler/picture.ts';
import { unitFrom } from '../../core/unit/index.ts';

export const pictureOf = (machines: readonly ApiMachine[], units: readonly ApiUnit[]): Picture => ({
  machines,
  units: units.map(({ name, options, desired }) => unitFrom(name, options, desired)),
  placements: units.flatMap(({ name, machine }) => (machine === undefined ? [] : [{ unit: name, machine }])),
});
