/** What a daemon tells the service manager that started it. The promise that `memory.ts` and `systemd.ts` keep. */

export interface Notifier {
  /**
   * Tells these facts (`READY=1`, `STATUS=…`) in the order of the calls; nothing where nobody wants to know. Never
   * rejects: a daemon runs whether or not somebody listens.
   *
   * @see sd_notify(3)
   */
  tell(...facts: readonly string[]): Promise<void>;
}
