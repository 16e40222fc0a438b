/** The latest of a row of pictures, for one who looks when there is time: those in between are never seen. */

export class Pictures<T> {
  #latest: { readonly picture: T } | undefined;
  #failure: { readonly cause: unknown } | undefined;
  #wake: () => void = () => {};

  show(picture: T): void {
    this.#latest = { picture };
    this.#wake();
  }

  /** Whoever looks, looks in vain from now on. */
  fail(cause: unknown): void {
    this.#failure ??= { cause };
    this.#wake();
  }

  async *look(stop: AbortSignal): AsyncGenerator<T, void, void> {
    const stopped = () => this.#wake();
    stop.addEventListener('abort', stopped, { once: true });
    try {
      while (!stop.aborted) {
        if (this.#failure !== undefined) throw this.#failure.cause;
        const latest = this.#latest;
        this.#latest = undefined;
        if (latest !== undefined) yield latest.picture;
        else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } finally {
      stop.removeEventListener('abort', stopped);
    }
  }
}
