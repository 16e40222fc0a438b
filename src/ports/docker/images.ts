/**
 * The images of a Docker engine: the promise that `images-dockerode.ts` and `images-memory.ts` keep.
 *
 * A reference is a name as units use it (`redis:2.8`); an image's id works too. Whatever somebody waits for says
 * meanwhile what it is doing, one line at a time.
 */
import type { Readable } from 'node:stream';
import type { LabelFilter, Labels } from './index.ts';

export interface ImageFacts {
  readonly id: string;
  /** Every name it has, with its tag. */
  readonly references: readonly string[];
  readonly labels: Labels;
  /** With everything it stands on. */
  readonly bytes: number;
}

export interface BuildSpec {
  /** On this host, with a Dockerfile; its .dockerignore counts. */
  readonly folder: string;
  /** The name it gets; nothing has the name when the build fails. */
  readonly reference: string;
  /** Values for its ARG lines. */
  readonly arguments: Readonly<Record<string, string>>;
  readonly labels: Labels;
}

export interface ImportSpec {
  /** The name it gets. */
  readonly reference: string;
  readonly labels: Labels;
}

export type Said = (line: string) => void;

export interface ImageStore {
  find(reference: string): Promise<ImageFacts | undefined>;
  images(filter: LabelFilter): Promise<readonly ImageFacts[]>;
  /**
   * @param stop gives up when it aborts
   * @throws {ImagePullFailed} no registry has it, none can be reached, or nobody wants to wait any longer
   */
  pull(reference: string, said: Said, stop?: AbortSignal): Promise<void>;
  /**
   * Makes an image of one layer from an archive of a whole file system.
   *
   * @returns the image's id
   */
  import(archive: Readable, spec: ImportSpec): Promise<string>;
  /**
   * With the network of the engine's host, since an engine's own bridge may be missing or blocked.
   *
   * @returns the image's id
   * @throws {ImageBuildFailed} with the last lines of the build
   */
  build(spec: BuildSpec, said: Said): Promise<string>;
  tag(reference: string, as: string): Promise<void>;
  /** Takes the name away, and the image with it when that was its last. Succeeds when it is gone already. */
  remove(reference: string): Promise<void>;
  /** An archive for `docker load`: layers that the images share are in it once. */
  export(references: readonly string[]): Promise<Readable>;
}
