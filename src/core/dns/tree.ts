/** The records in memory, indexed by the names they stand for. A question reads this and never the store. */
import { pathOfKey } from '../records/name.ts';
import type { ServiceRecord } from '../records/record.ts';

/** One name: what stands there, and the names below it. Key segments are as written; labels of questions are lower-case. */
export interface Branch {
  readonly record: ServiceRecord | undefined;
  /** Whether there are no names below. */
  readonly isLeaf: boolean;
  child(segment: string): Branch | undefined;
  /** In the order of their segments. */
  children(): Iterable<Branch>;
}

/**
 * Most names have one name below them (a service with one instance), so that one is held without a map: ten thousand maps
 * of one would take more memory than the records.
 */
class Node implements Branch {
  record: ServiceRecord | undefined = undefined;
  #segment: string | undefined = undefined;
  #below: Node | Map<string, Node> | undefined = undefined;

  get isLeaf(): boolean {
    return this.#below === undefined;
  }

  child(segment: string): Node | undefined {
    if (this.#below instanceof Node) return this.#segment === segment ? this.#below : undefined;
    return this.#below?.get(segment);
  }

  *children(): Iterable<Node> {
    if (this.#below instanceof Node) yield this.#below;
    else if (this.#below !== undefined)
      for (const segment of [...this.#below.keys()].sort()) yield this.#below.get(segment) as Node;
  }

  /** Adds the child, which is not there yet. */
  add(segment: string, node: Node): void {
    if (this.#below === undefined) {
      this.#segment = segment;
      this.#below = node;
      return;
    }
    if (this.#below instanceof Node) this.#below = new Map([[this.#segment ?? '', this.#below]]);
    this.#below.set(segment, node);
  }

  remove(segment: string): void {
    if (this.#below instanceof Map) {
      this.#below.delete(segment);
      if (this.#below.size > 0) return;
    }
    this.#below = undefined;
  }
}

export class RecordTree {
  readonly #prefix: string;
  #root = new Node();
  #size = 0;

  /** @param prefix the first segment of every key, without slashes: `skydns` */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  get size(): number {
    return this.#size;
  }

  /** The path that a key stands for; empty when it is outside the prefix. */
  pathOf(key: string): readonly string[] {
    return pathOfKey(this.#prefix, key) ?? [];
  }

  /** @param path from the root: `['dev', 'webapp', 'redis']` */
  at(path: readonly string[]): Branch | undefined {
    let node: Node | undefined = this.#root;
    for (const segment of path) {
      node = node.child(segment);
      if (node === undefined) return undefined;
    }
    return node;
  }

  /** Adds the record, or puts it in the place of the one with its key. A key outside the prefix is left out. */
  put(record: ServiceRecord): void {
    let node = this.#root;
    for (const segment of this.pathOf(record.key)) {
      let child = node.child(segment);
      if (child === undefined) {
        child = new Node();
        node.add(segment, child);
      }
      node = child;
    }
    if (node === this.#root) return;
    if (node.record === undefined) this.#size++;
    node.record = record;
  }

  /** Removes the record and every name that existed only because of it. */
  remove(key: string): void {
    const path = this.pathOf(key);
    const nodes = [this.#root];
    for (const segment of path) {
      const child = nodes.at(-1)?.child(segment);
      if (child === undefined) return;
      nodes.push(child);
    }
    const leaf = nodes.at(-1);
    if (leaf?.record === undefined) return;
    leaf.record = undefined;
    this.#size--;
    for (let depth = path.length; depth > 0; depth--) {
      const [parent, node] = [nodes[depth - 1], nodes[depth]];
      if (node === undefined || node.record !== undefined || !node.isLeaf) return;
      parent?.remove(path[depth - 1] ?? '');
    }
  }

  clear(): void {
    this.#root = new Node();
    this.#size = 0;
  }
}

/** Every record at or below a name, by key; a name with names below it is a directory and has no record of its own. */
export function* leaves(branch: Branch): Iterable<ServiceRecord> {
  if (branch.isLeaf) {
    if (branch.record !== undefined) yield branch.record;
    return;
  }
  for (const child of branch.children()) yield* leaves(child);
}
