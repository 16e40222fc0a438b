/** Wakes a loop: rings from any side are merged until the loop gets to hear them, and none is lost. */

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
