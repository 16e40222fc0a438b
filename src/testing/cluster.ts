/** The words tests describe clusters in; what a test leaves out does not matter to it. */
import type { Cluster, Placement } from '../core/cluster/types.ts';
import { machineId } from '../core/machine/id.ts';
import { type Metadata, parseMetadata } from '../core/machine/metadata.ts';
import type { Machine } from '../core/machine/types.ts';
import { hashOf, parseUnitFile, unitFrom } from '../core/unit/file.ts';
import { unitName } from '../core/unit/name.ts';
import type { TargetState, Unit } from '../core/unit/types.ts';

/** A unit in the registry. */
export interface UnitWords {
  /** `launched` unless said otherwise. */
  readonly target?: TargetState;
  /** Lines of its [X-Fleet] section, e.g. `['Conflicts=web@*.service']`. */
  readonly fleet?: readonly string[];
  /** The whole unit file instead. */
  readonly file?: string;
}

/** A unit in a cluster. */
export interface PlacedWords extends UnitWords {
  /** The id of the machine it is placed on. */
  readonly on?: string;
  /** The target state its placement tells, when that is not its own. */
  readonly told?: TargetState;
  /** The [X-Fleet] lines of the file its placement tells, when that is not its own. */
  readonly toldFleet?: readonly string[];
}

const serviceText = (fleet: readonly string[] = []): string =>
  `[Service]\nExecStart=/bin/sleep infinity\n${fleet.length > 0 ? `\n[X-Fleet]\n${fleet.join('\n')}\n` : ''}`;

/** A unit that sleeps. */
export const aUnit = (name: string, { target = 'launched', fleet, file }: UnitWords = {}): Unit =>
  unitFrom(unitName(name), parseUnitFile(file ?? serviceText(fleet)), target);

/** A live machine. */
export const aMachine = (
  id: string,
  { metadata = {}, publicIp = '' }: { readonly metadata?: string | Metadata; readonly publicIp?: string } = {},
): Machine => ({
  id: machineId(id),
  publicIp,
  metadata: typeof metadata === 'string' ? parseMetadata(metadata) : metadata,
  capabilities: {},
  version: '1.0.0',
});

/** What a machine was told about a unit. */
export const aPlacement = (
  unit: Unit,
  on: string,
  told: Partial<Pick<Placement, 'hash' | 'target'>> = {},
): Placement => ({
  unit: unit.name,
  machine: machineId(on),
  hash: unit.hash,
  target: unit.target,
  ...told,
});

/**
 * A cluster of machines, by id or with metadata, and units.
 *
 * @example aCluster({ machines: { m1: 'disk=ssd', m2: '' }, units: { 'web.service': { target: 'launched', on: 'm2' } } })
 */
export function aCluster({
  machines = [],
  units = {},
}: {
  readonly machines?: readonly string[] | Readonly<Record<string, string>>;
  readonly units?: Readonly<Record<string, PlacedWords>>;
}): Cluster {
  const described = Object.entries(units).map(([name, words]) => ({ unit: aUnit(name, words), words }));
  return {
    machines: Array.isArray(machines)
      ? machines.map((id) => aMachine(id))
      : Object.entries(machines).map(([id, metadata]) => aMachine(id, { metadata })),
    units: described.map(({ unit }) => unit),
    placements: described.flatMap(({ unit, words: { on, told, toldFleet } }) =>
      on === undefined
        ? []
        : [
            aPlacement(unit, on, {
              ...(told && { target: told }),
              ...(toldFleet && { hash: hashOf(parseUnitFile(serviceText(toldFleet))) }),
            }),
          ],
    ),
  };
}
