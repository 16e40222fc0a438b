/** A service manager that remembers what it was told. */
import type { Notifier } from './index.ts';

export class MemoryNotifier implements Notifier {
  readonly told: string[] = [];

  async tell(...facts: readonly string[]): Promise<void> {
    this.told.push(...facts);
  }
}
