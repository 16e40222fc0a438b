/** Unit files outlive their units, since another unit may have the same one; the leader removes those that none has. */
import { hours, minutes } from '../../core/base/time.ts';
import { OperatingError } from '../../core/errors/define.ts';
import type { UnitHash } from '../../core/unit/types.ts';
import type { Clock } from '../clock/index.ts';
import type { Condition, Etcd, KeyValue } from '../etcd/index.ts';
import { type Layout, parseUnit } from './layout.ts';

const filesPerTransaction = 100;

/** A new leader has more urgent things to do. */
const firstAfter = minutes(1);
const every = hours(1);

export interface SweepParts {
  readonly etcd: Etcd;
  readonly layout: Layout;
  readonly clock: Clock;
}

/** Sweeps now and then until `stop` aborts. What fails is left for the next time. */
export async function keepSwept(parts: SweepParts, fence: Condition, stop: AbortSignal): Promise<void> {
  const { clock } = parts;
  for (let pause = firstAfter; !stop.aborted; pause = every) {
    await clock.sleep(pause, stop);
    if (stop.aborted) return;
    await sweep(parts, fence).catch((error) => {
      if (!(error instanceof OperatingError)) throw error;
    });
  }
}

/** A file that is put again meanwhile has another revision, and stays. */
async function sweep({ etcd, layout }: SweepParts, fence: Condition): Promise<void> {
  const ops = [{ get: layout.files, keysOnly: true }, { get: layout.units }, { get: layout.placements }];
  const [files = [], ...users] = (await etcd.transact({ ops })).results.map(({ found }) => found);
  const used = new Set<UnitHash | undefined>(users.flat().map(({ value }) => parseUnit(value)?.hash));
  const unused = files.filter(({ key }) => {
    const place = layout.locate(key);
    return place?.kind === 'file' && !used.has(place.hash);
  });
  for (let at = 0; at < unused.length; at += filesPerTransaction) {
    const removals = unused.slice(at, at + filesPerTransaction).map((file) => ({ nested: removalOf(file) }));
    await etcd.transact({ when: [fence], ops: removals });
  }
}

const removalOf = ({ key, modified }: KeyValue) => ({ when: [{ key, modified }], ops: [{ remove: key }] });
