/** Wakes loops: rings from any side are merged until the loop gets to hear them, and none is lost. */

export class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Yields whenever the bell has rung since the last time. Ends when `stop` aborts. */
  async *rings(stop: AbortSignal): AsyncGenerator<void> {
    const stopped = () => this.#wake?.();
    stop.addEventListener('abort', stopped);
    try {
      while (!stop.aborted) {
        if (this.#rung) {
          this.#rung = false;
          yield;
          continue;
        }
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
    } finally {
      stop.removeEventListener('abort', stopped);
    }
  }
}

/** One ring for several loops, each with a bell of its own for as long as it listens. */
export class Bells {
  readonly #bells = new Set<Bell>();

  ring(): void {
    for (const bell of this.#bells) bell.ring();
  }

  /** Yields after every ring from now on. Ends when `stop` aborts. */
  async *rings(stop: AbortSignal): AsyncGenerator<void> {
    const bell = new Bell();
    this.#bells.add(bell);
    try {
      yield* bell.rings(stop);
    } finally {
      this.#bells.delete(bell);
    }
  }
}
