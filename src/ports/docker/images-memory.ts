/** Images in memory: the twin that commands are tested with. Builds and pulls go as `onBuild` and `onPull` say. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { EngineRefused } from '../../core/errors/docker.ts';
import { ImageBuildFailed, ImagePullFailed } from '../../core/errors/images.ts';
import type { BuildSpec, ImageFacts, ImageStore, ImportSpec, Said } from './images.ts';
import type { LabelFilter, Labels } from './index.ts';

/** What a build prints, and what it ends with when it fails. */
export interface BuildOutcome {
  readonly lines: readonly string[];
  readonly reason?: string;
}

export class MemoryImages implements ImageStore {
  /** Every change in order, `build redis:2.8`, so that tests can count and compare. */
  readonly calls: string[] = [];
  onBuild: (spec: BuildSpec) => BuildOutcome = () => ({ lines: ['built'] });
  /** Whether a registry has it. */
  onPull: (reference: string) => boolean = () => false;
  #labels = new Map<string, Labels>();
  #names = new Map<string, string>();

  /** Puts an image there, as if somebody had made it before. */
  add(reference: string, labels: Labels = {}): string {
    const id = `sha256:${createHash('sha256')
      .update(`${reference}${JSON.stringify(labels)}`)
      .digest('hex')}`;
    this.#labels.set(id, labels);
    this.#names.set(reference, id);
    return id;
  }

  async find(reference: string): Promise<ImageFacts | undefined> {
    const id = this.#names.get(reference) ?? (this.#labels.has(reference) ? reference : undefined);
    return id === undefined ? undefined : this.#facts(id);
  }

  async images(filter: LabelFilter): Promise<readonly ImageFacts[]> {
    const wanted = Object.entries(filter);
    const matches = (labels: Labels) =>
      wanted.every(([name, value]) => (value === undefined ? name in labels : labels[name] === value));
    return [...this.#labels].filter(([, labels]) => matches(labels)).map(([id]) => this.#facts(id));
  }

  async pull(reference: string, said: Said): Promise<void> {
    this.calls.push(`pull ${reference}`);
    if (!this.onPull(reference)) throw new ImagePullFailed({ image: reference, reason: 'no such host' });
    said(`pulling ${reference}`);
    this.add(reference);
  }

  async import(archive: Readable, spec: ImportSpec): Promise<string> {
    this.calls.push(`import ${spec.reference}`);
    for await (const _ of archive);
    return this.add(spec.reference, spec.labels);
  }

  async build(spec: BuildSpec, said: Said): Promise<string> {
    this.calls.push(`build ${spec.reference}`);
    const { lines, reason } = this.onBuild(spec);
    for (const line of lines) said(line);
    if (reason !== undefined) {
      throw new ImageBuildFailed({ image: spec.reference, folder: spec.folder, reason, lines });
    }
    return this.add(spec.reference, spec.labels);
  }

  async tag(reference: string, as: string): Promise<void> {
    const image = await this.find(reference);
    if (image === undefined) throw new EngineRefused({ doing: `name the image ${reference}`, reason: 'no such image' });
    this.#names.set(as, image.id);
  }

  async remove(reference: string): Promise<void> {
    this.calls.push(`remove ${reference}`);
    const id = this.#names.get(reference);
    if (id === undefined) return;
    this.#names.delete(reference);
    if (![...this.#names.values()].includes(id)) this.#labels.delete(id);
  }

  async export(references: readonly string[]): Promise<Readable> {
    return Readable.from([Buffer.from(`archive of ${references.join(' ')}`)]);
  }

  #facts(id: string): ImageFacts {
    const references = [...this.#names].flatMap(([reference, of]) => (of === id ? [reference] : []));
    return { id, references, labels: this.#labels.get(id) ?? {}, bytes: 1_000_000 };
  }
}
