/** The records in memory, indexed by the names they stand for. A question reads this and never the store. */
import { pathOfKey } from '../records/name.ts';
import type { ServiceRecord } from '../records/record.ts';

/** One name: what stands there, and the names below it. Key segments are as written; labels of questions are lower-case. */
export interface Branch {
  readonly record: ServiceRecord | undefined;
  readonly children: ReadonlyMap<string, Branch>;
}

interface Node {
  record: ServiceRecord | undefined;
  children: Map<string, Node>;
}

/** Shared by all leaves, so that ten thousand records do not hold ten thousand empty maps. */
const childless: Map<string, Node> = new Map();

export class RecordTree {
  readonly #prefix: string;
  #root = aNode();
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
      node = node.children.get(segment);
      if (node === undefined) return undefined;
    }
    return node;
  }

  /** Adds the record, or puts it in the place of the one with its key. A key outside the prefix is left out. */
  put(record: ServiceRecord): void {
    let node = this.#root;
    for (const segment of this.pathOf(record.key)) {
      let child = node.children.get(segment);
      if (child === undefined) {
        child = aNode();
        if (node.children === childless) node.children = new Map();
        node.children.set(segment, child);
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
      const child = nodes.at(-1)?.children.get(segment);
      if (child === undefined) return;
      nodes.push(child);
    }
    const leaf = nodes.at(-1);
    if (leaf?.record === undefined) return;
    leaf.record = undefined;
    this.#size--;
    for (let depth = path.length; depth > 0; depth--) {
      const [parent, node] = [nodes[depth - 1], nodes[depth]];
      if (node === undefined || node.record !== undefined || node.children.size > 0) return;
      parent?.children.delete(path[depth - 1] ?? '');
    }
  }

  clear(): void {
    this.#root = aNode();
    this.#size = 0;
  }
}

const aNode = (): Node => ({ record: undefined, children: childless });

/** Every record at or below a name, by key; a name with names below it is a directory and has no record of its own. */
export function* leaves(branch: Branch): Iterable<ServiceRecord> {
  if (branch.children.size === 0) {
    if (branch.record !== undefined) yield branch.record;
    return;
  }
  const segments = [...branch.children.keys()];
  for (const segment of segments.length > 1 ? segments.sort() : segments) {
    const child = branch.children.get(segment);
    if (child !== undefined) yield* leaves(child);
  }
}
