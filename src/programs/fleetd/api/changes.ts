/** The stream of changes that clients wait on instead of polling. */
import { changeLine, changesMediaType } from '../../../core/api/changes.ts';
import type { Registry } from '../../../ports/registry/index.ts';

/** Ends when `stop` aborts, so that a client notices and asks elsewhere or later. */
export function streamChanges(registry: Registry, stop: AbortSignal): Response {
  const gone = new AbortController();
  const end = () => gone.abort();
  if (stop.aborted) end();
  stop.addEventListener('abort', end, { once: true });
  const line = new TextEncoder().encode(changeLine);
  // Read on demand only, so that changes are merged for as long as a slow client does not take its lines.
  const changes = registry.changes(gone.signal)[Symbol.asyncIterator]();
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done } = await changes.next();
        if (!done) return controller.enqueue(line);
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
  return new Response(body, { headers: { 'content-type': changesMediaType } });
}
