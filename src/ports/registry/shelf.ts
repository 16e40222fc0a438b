/** Values by key, with their sorted list at hand: rebuilt only after a change, and sorted only after an arrival. */
import { compareText } from '../../core/base/order.ts';

export class Shelf<T> {
  #byKey = new Map<string, T>();
  #list: readonly T[] | undefined = [];
  #sorted = true;

  get(key: string): T | undefined {
    return this.#byKey.get(key);
  }

  put(key: string, value: T): void {
    if (!this.#byKey.has(key)) this.#sorted = false;
    this.#byKey.set(key, value);
    this.#list = undefined;
  }

  remove(key: string): void {
    if (this.#byKey.delete(key)) this.#list = undefined;
  }

  clear(): void {
    this.#byKey.clear();
    this.#list = undefined;
  }

  /** In the order of their keys. The same list as before when nothing changed. */
  list(): readonly T[] {
    if (this.#list !== undefined) return this.#list;
    if (!this.#sorted) this.#byKey = new Map([...this.#byKey].sort(([a], [b]) => compareText(a, b)));
    this.#sorted = true;
    this.#list = [...this.#byKey.values()];
    return this.#list;
  }
}
