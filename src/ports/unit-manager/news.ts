/** What changed since somebody last looked, merged while they were busy. */

export class News<T> {
  #items = new Set<T>();
  #wake: (() => void) | undefined;

  tell(item: T): void {
    this.#items.add(item);
    this.#wake?.();
  }

  /** Yields what has been told so far, as soon as that is something. Ends when `stop` aborts. */
  async *read(stop: AbortSignal): AsyncGenerator<ReadonlySet<T>> {
    const stopped = () => this.#wake?.();
    stop.addEventListener('abort', stopped);
    try {
      while (!stop.aborted) {
        if (this.#items.size === 0) {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
          this.#wake = undefined;
          continue;
        }
        const told = this.#items;
        this.#items = new Set();
        yield told;
      }
    } finally {
      stop.removeEventListener('abort', stopped);
    }
  }
}
