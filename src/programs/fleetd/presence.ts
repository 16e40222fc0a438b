/** Being in the cluster: join, stay, notice when it is lost, and join again. @see fleet.md 4.1, 4.7, 8.4 */
import { type Millis, ms, seconds } from '../../core/base/time.ts';
import { OperatingError } from '../../core/errors/define.ts';
import { MachineIdTaken } from '../../core/errors/registry.ts';
import type { Machine } from '../../core/machine/types.ts';
import type { Clock } from '../../ports/clock/index.ts';
import type { Log } from '../../ports/log/index.ts';
import type { Membership, Registry } from '../../ports/registry/index.ts';
import { backOff } from './patience.ts';

export interface PresenceWorld {
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
}

/** Somebody else uses our id: fleet's own rhythm, 1, 2, 4 … 60 s. */
const taken = { first: seconds(1), most: seconds(60) };
/** etcd starts beside us at boot, and comes back when it pleases: ask often. */
const unreachable = { first: ms(100), most: seconds(2) };

/**
 * Announces the machine, for as long as it takes.
 *
 * @param describe asked before every try, since address and metadata may change while we wait
 * @param refused called after every try that failed
 * @returns undefined when `stop` aborted first
 */
export async function join(
  { clock, log, registry }: PresenceWorld,
  describe: () => Promise<Machine>,
  token: string,
  ttl: Millis,
  refused: (cause: OperatingError) => void,
  stop: AbortSignal,
): Promise<Membership | undefined> {
  for (let failures = 1; !stop.aborted; failures += 1) {
    try {
      return await registry.join(await describe(), token, ttl);
    } catch (cause) {
      if (!(cause instanceof OperatingError)) throw cause;
      refused(cause);
      const { first, most } = cause.code === MachineIdTaken.code ? taken : unreachable;
      const wait = backOff(failures, first, most);
      log.error(`Server register machine failed: ${cause.message}, retrying in ${wait / 1_000} sec.`, {
        remedy: cause.remedy,
        because: cause.cause,
      });
      await clock.sleep(wait, stop);
    }
  }
  return undefined;
}
