/**
 * Stopping what must not run twice, before anybody else may start it.
 *
 * When a lease runs out, the engine starts the machine's units elsewhere. A machine that is cut off does not hear of it;
 * under `partition_policy=fence` it stops them by its own clock, and early enough: whoever does not stop in time is
 * killed while the lease still holds.
 */
import { type Millis, ms } from '../../core/base/time.ts';
import { OperatingError } from '../../core/errors/define.ts';
import type { Clock } from '../../ports/clock/index.ts';
import type { Log } from '../../ports/log/index.ts';
import type { Membership } from '../../ports/registry/index.ts';
import type { ManagedUnit, UnitManager } from '../../ports/unit-manager/index.ts';

export interface FenceWorld {
  readonly clock: Clock;
  readonly log: Log;
  readonly units: UnitManager;
}

/** A lease is renewed each third of its term; one third before its end, two renewals in a row have failed. */
export const fenceMargin = (term: Millis): Millis => ms(term / 3);
/** What is left of the lease when units that have not stopped are killed. */
const killMargin = (term: Millis): Millis => ms(term / 12);

type Lease = Pick<Membership, 'validUntil'>;

/** How long it is until this lease is about to run out; zero and less when it is. */
export const timeLeft = (lease: Lease, term: Millis, clock: Clock): Millis =>
  ms(lease.validUntil() - fenceMargin(term) - clock.now());

/** Resolves when the lease is about to run out, or `stop` aborts. */
export async function runningOut(lease: Lease, term: Millis, clock: Clock, stop: AbortSignal): Promise<void> {
  while (!stop.aborted && timeLeft(lease, term, clock) > 0) await clock.sleep(timeLeft(lease, term, clock), stop);
}

/** Resolves when the lease holds for long again, or `stop` aborts. */
export async function renewed(lease: Lease, term: Millis, clock: Clock, stop: AbortSignal): Promise<void> {
  while (!stop.aborted && timeLeft(lease, term, clock) <= 0) await clock.sleep(ms(term / 12), stop);
}

/** When what has not stopped is killed, for a lease that runs out then. */
export const killAt = (validUntil: Millis, term: Millis): Millis => ms(validUntil - killMargin(term));

/**
 * Stops every unit that is not global, and kills at `deadline` those that have not stopped by then. Resolves when none
 * of them runs any more.
 */
export async function fence({ clock, log, units }: FenceWorld, deadline: Millis): Promise<void> {
  const threats = units.units().filter(mayRunElsewhere);
  if (threats.length === 0) return;
  log.warn('Cut off from the cluster: stopping the units that it may start elsewhere', { units: threats.length });
  const stopping = new Set(threats.map(({ name }) => name));
  const kill = (name: ManagedUnit['name']) =>
    attempted(
      () => units.kill(name),
      (err) => log.error('A unit could not be killed:', { unit: name, err }),
    );
  const stops = Promise.all(
    threats.map(async ({ name }) => {
      await attempted(
        () => units.stop(name),
        (err) => {
          log.error('A unit refused to stop and is killed:', { unit: name, err });
          return kill(name);
        },
      );
      stopping.delete(name);
    }),
  );
  const patience = new AbortController();
  await Promise.race([stops, clock.sleep(ms(deadline - clock.now()), patience.signal)]);
  patience.abort();
  for (const unit of stopping) log.error('A unit does not stop in time and is killed:', { unit });
  await Promise.all([...stopping].map(kill));
  await stops;
}

/** Global units run everywhere by themselves; all others may be started by the engine on another machine. */
const mayRunElsewhere = ({ global, active }: ManagedUnit): boolean =>
  !global && active !== 'inactive' && active !== 'failed';

async function attempted(act: () => Promise<void>, failed: (cause: OperatingError) => unknown): Promise<void> {
  try {
    await act();
  } catch (cause) {
    if (!(cause instanceof OperatingError)) throw cause;
    await failed(cause);
  }
}
