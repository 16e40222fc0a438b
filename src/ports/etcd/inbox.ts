/** Between a watch and its consumer: merges what comes while the consumer is busy, hands over at once when it waits. */
import type { KeyValue, WatchEvent } from './index.ts';

type All = Extract<WatchEvent, { kind: 'all' }>;

export class Inbox {
  #all: All | undefined;
  #changes: Map<string, KeyValue | undefined> | undefined;
  #upTo = 0;
  #trouble: { readonly cause: unknown } | undefined;
  #arrived: () => void = () => {};
  #ended = false;

  /** A new start: what was waiting is outdated by it. */
  all(keys: readonly KeyValue[], upTo: number): void {
    this.#all = { kind: 'all', keys, upTo };
    this.#changes = undefined;
    this.#trouble = undefined;
    this.#arrived();
  }

  changes(changes: Iterable<readonly [string, KeyValue | undefined]>, upTo: number): void {
    this.#changes ??= new Map();
    this.#upTo = upTo;
    for (const [key, value] of changes) this.#changes.set(key, value);
    this.#trouble = undefined;
    this.#arrived();
  }

  unreachable(cause: unknown): void {
    this.#trouble = { cause };
    this.#arrived();
  }

  /** Ends the events as `stop` does. */
  end(): void {
    this.#ended = true;
    this.#arrived();
  }

  /** Ends when `stop` aborts; what was not handed over by then is dropped. */
  async *events(stop: AbortSignal): AsyncGenerator<WatchEvent, void, void> {
    const wake = () => this.#arrived();
    stop.addEventListener('abort', wake, { once: true });
    try {
      while (!stop.aborted && !this.#ended) {
        const event = this.#take();
        if (event !== undefined) yield event;
        else
          await new Promise<void>((resolve) => {
            this.#arrived = resolve;
          });
      }
    } finally {
      stop.removeEventListener('abort', wake);
    }
  }

  #take(): WatchEvent | undefined {
    if (this.#all !== undefined) {
      const all = this.#all;
      this.#all = undefined;
      return all;
    }
    if (this.#changes !== undefined) {
      const changes = this.#changes;
      this.#changes = undefined;
      return { kind: 'changes', changes, upTo: this.#upTo };
    }
    if (this.#trouble !== undefined) {
      const { cause } = this.#trouble;
      this.#trouble = undefined;
      return { kind: 'unreachable', cause };
    }
    return undefined;
  }
}
