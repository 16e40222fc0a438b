/** Waiting for systemd's jobs to end. */

/**
 * Who waits for the end of which job. systemd may report the end before the caller has seen the job's path, so a wait
 * begins by unit name, ahead of the order, and is settled by path.
 */
export class Jobs {
  readonly #watches = new Map<string, Set<Watch>>();

  /** Whether anybody waits for a job to end. */
  get awaited(): boolean {
    return this.#watches.size > 0;
  }

  /** Starts to collect the ends of jobs for this unit. */
  watch(unit: string): Watch {
    const watch = new Watch(() => {
      const watches = this.#watches.get(unit);
      watches?.delete(watch);
      if (watches?.size === 0) this.#watches.delete(unit);
    });
    this.#watches.set(unit, (this.#watches.get(unit) ?? new Set()).add(watch));
    return watch;
  }

  ended(unit: string, job: string): void {
    for (const watch of this.#watches.get(unit) ?? []) watch.ended(job);
  }

  /** The connection broke: no end of any job will be heard of. */
  fail(cause: Error): void {
    for (const watches of this.#watches.values()) for (const watch of watches) watch.fail(cause);
  }
}

class Watch implements Disposable {
  readonly #ended = new Set<string>();
  readonly #unwatch: () => void;
  #awaited: { readonly job: string; readonly done: () => void; readonly failed: (cause: Error) => void } | undefined;
  #failure: Error | undefined;

  constructor(unwatch: () => void) {
    this.#unwatch = unwatch;
  }

  ended(job: string): void {
    this.#ended.add(job);
    if (this.#awaited?.job === job) this.#awaited.done();
  }

  fail(cause: Error): void {
    this.#failure = cause;
    this.#awaited?.failed(cause);
  }

  /** Resolves when that job is over, however it ended. @throws what `fail` was told */
  async end(job: string): Promise<void> {
    if (this.#ended.has(job)) return;
    if (this.#failure !== undefined) throw this.#failure;
    await new Promise<void>((done, failed) => {
      this.#awaited = { job, done, failed };
    });
  }

  [Symbol.dispose](): void {
    this.#unwatch();
  }
}
