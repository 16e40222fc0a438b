/** The streams that clients wait on instead of polling. */
import { changeLine, linesMediaType } from '../../../core/api/changes.ts';
import { encodeNews, Teller } from '../../../core/api/follow.ts';
import { unitParameter } from '../../../core/api/state-filter.ts';
import { type Millis, ms } from '../../../core/base/time.ts';
import type { UnitName } from '../../../core/unit/types.ts';
import type { Clock } from '../../../ports/clock/index.ts';
import type { Registry } from '../../../ports/registry/index.ts';
import type { ApiWorld } from './handler.ts';
import { queryOf } from './responses.ts';

/** One line after every change. Ends when `stop` aborts, so that a client notices and asks elsewhere or later. */
export const streamChanges = ({ registry }: ApiWorld, stop: AbortSignal): Response =>
  streamed(stop, (until) => changeLines(registry, until));

/** What is new about the units that are asked for, or about all. */
export async function streamUnits(
  { registry, clock }: ApiWorld,
  request: Request,
  stop: AbortSignal,
): Promise<Response> {
  const names = queryOf(request).getAll(unitParameter) as UnitName[];
  return streamed(stop, (until) => newsLines(registry, clock, names, until));
}

async function* changeLines(registry: Registry, stop: AbortSignal): AsyncGenerator<string> {
  for await (const _change of registry.changes(stop)) yield changeLine;
}

async function* newsLines(
  registry: Registry,
  clock: Clock,
  names: readonly UnitName[],
  stop: AbortSignal,
): AsyncGenerator<string> {
  const teller = new Teller(names);
  for await (const snapshot of registry.snapshots(stop)) {
    const news = teller.newsOf(snapshot);
    if (news === undefined) continue;
    yield encodeNews(news);
    await clock.sleep(breather(names.length || snapshot.units.length), stop);
  }
}

/** Many units change many times, and who starts them needs the time that telling of each change would take. */
const breather = (units: number): Millis => ms(Math.min(Math.floor(units / 5), 50));

/** Read on demand only, so that changes are merged for as long as a slow client does not take its lines. */
function streamed(stop: AbortSignal, source: (until: AbortSignal) => AsyncGenerator<string>): Response {
  const gone = new AbortController();
  const end = () => gone.abort();
  if (stop.aborted) end();
  stop.addEventListener('abort', end, { once: true });
  const encoder = new TextEncoder();
  const lines = source(gone.signal);
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value, done } = await lines.next();
        if (!done) return controller.enqueue(encoder.encode(value));
        stop.removeEventListener('abort', end);
        controller.close();
      },
      cancel() {
        stop.removeEventListener('abort', end);
        gone.abort();
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { headers: { 'content-type': linesMediaType } });
}
