/** The images of a real engine, over its HTTP API. */
import { readdir } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { ImageBuildFailed, ImagePullFailed } from '../../core/errors/images.ts';
import type { Docker } from './client.ts';
import { labelFilters } from './dockerode.ts';
import type { BuildSpec, ImageFacts, ImageStore, ImportSpec, Said } from './images.ts';
import type { LabelFilter, Labels } from './index.ts';
import { failureOf, isGone, translate } from './translate.ts';

/** The client can do more than its type declarations know. */
type FullDocker = Docker & {
  getImages(options: { names: string[] }): Promise<Readable>;
  importImage(archive: Readable, options: { repo: string; tag: string; changes: string[] }): Promise<Readable>;
};

/** Enough of a build's output to see what it stumbled over. */
const tailLength = 15;

export class DockerodeImages implements ImageStore {
  readonly #docker: Docker;
  readonly #host: string;

  constructor(docker: Docker, host: string) {
    this.#docker = docker;
    this.#host = host;
  }

  async find(reference: string): Promise<ImageFacts | undefined> {
    try {
      const facts = await this.#docker.getImage(reference).inspect();
      return imageFacts(facts.Id, facts.RepoTags, facts.Config?.Labels, facts.Size);
    } catch (error) {
      if (isGone(error)) return undefined;
      throw translate(error, `look at the image ${reference}`, this.#host);
    }
  }

  async images(filter: LabelFilter): Promise<readonly ImageFacts[]> {
    return this.#ask('list images', async () => {
      const list = await this.#docker.listImages({ filters: { label: labelFilters(filter) } });
      return list.map((image) => imageFacts(image.Id, image.RepoTags, image.Labels, image.Size));
    });
  }

  async pull(image: string, said: Said, stop?: AbortSignal): Promise<void> {
    try {
      const options = stop === undefined ? {} : { abortSignal: stop };
      const problem = await follow((await this.#docker.pull(withTag(image), options)) as Readable, said);
      if (problem !== undefined) throw new ImagePullFailed({ image, reason: problem });
    } catch (error) {
      if (stop?.aborted) throw new ImagePullFailed({ image, reason: 'nothing came in time' }, { cause: error });
      const { status, reason } = failureOf(error);
      if (status === undefined) throw translate(error, `pull ${image}`, this.#host);
      throw new ImagePullFailed({ image, reason }, { cause: error });
    }
  }

  async import(archive: Readable, { reference, labels }: ImportSpec): Promise<string> {
    const { repository: repo, tag } = splitTag(reference);
    const changes = Object.entries(labels).map(([name, value]) => `LABEL ${name}=${JSON.stringify(value)}`);
    return this.#ask(`import ${reference}`, async () => {
      const reports = await (this.#docker as FullDocker).importImage(archive, { repo, tag, changes });
      const problem = await follow(reports, () => {});
      if (problem !== undefined) throw new Error(problem);
      return (await this.#docker.getImage(reference).inspect()).Id;
    });
  }

  async build({ folder, reference: image, ...spec }: BuildSpec, said: Said): Promise<string> {
    const lines: string[] = [];
    const fail = (reason: string, cause?: unknown) =>
      new ImageBuildFailed({ image, folder, reason, lines: lines.slice(-tailLength) }, { cause });

    const src = await readdir(folder).catch((error: Error) => {
      throw fail('the folder cannot be read', error);
    });
    try {
      const output = await this.#docker.buildImage(
        { context: folder, src },
        {
          t: image,
          buildargs: { ...spec.arguments },
          labels: { ...spec.labels },
          networkmode: 'host',
          rm: true,
          forcerm: true,
        },
      );
      const problem = await follow(output as Readable, (line) => {
        lines.push(line);
        said(line);
      });
      if (problem !== undefined) throw fail(problem);
    } catch (error) {
      const { status, reason } = failureOf(error);
      if (status === undefined) throw translate(error, `build ${image}`, this.#host);
      throw fail(reason, error);
    }
    return (await this.#ask(`look at the image ${image}`, () => this.#docker.getImage(image).inspect())).Id;
  }

  async tag(reference: string, as: string): Promise<void> {
    const { repository, tag } = splitTag(as);
    await this.#ask(`name the image ${reference}`, () =>
      this.#docker.getImage(reference).tag({ repo: repository, tag }),
    );
  }

  async remove(reference: string): Promise<void> {
    try {
      await this.#docker.getImage(reference).remove();
    } catch (error) {
      if (!isGone(error)) throw translate(error, `remove the image ${reference}`, this.#host);
    }
  }

  async export(references: readonly string[]): Promise<Readable> {
    return this.#ask(`save the images ${references.join(', ')}`, () =>
      (this.#docker as FullDocker).getImages({ names: [...references] }),
    );
  }

  async #ask<T>(doing: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw translate(error, doing, this.#host);
    }
  }
}

const imageFacts = (
  id: string,
  references: readonly string[] | null | undefined,
  labels: Labels | null | undefined,
  bytes: number,
): ImageFacts => ({
  id,
  references: (references ?? []).filter((reference) => reference !== '<none>:<none>'),
  labels: labels ?? {},
  bytes,
});

/** Without a tag the API would pull every tag there is. */
function withTag(reference: string): string {
  if (reference.includes('@')) return reference;
  const { repository, tag } = splitTag(reference);
  return `${repository}:${tag}`;
}

/** A colon before the last slash belongs to a registry's port. */
function splitTag(reference: string): { readonly repository: string; readonly tag: string } {
  const colon = reference.indexOf(':', reference.lastIndexOf('/') + 1);
  if (colon === -1) return { repository: reference, tag: 'latest' };
  return { repository: reference.slice(0, colon), tag: reference.slice(colon + 1) };
}

interface Report {
  readonly stream?: string;
  readonly status?: string;
  readonly id?: string;
  readonly progress?: string;
  readonly error?: string;
}

/** Reads the reports of a pull or a build to their end. @returns what went wrong, if anything */
async function follow(reports: Readable, said: Said): Promise<string | undefined> {
  let rest = '';
  let problem: string | undefined;
  const hear = (line: string): void => {
    if (line.trim() === '') return;
    const { stream, status, id, progress, error } = JSON.parse(line) as Report;
    problem ??= error;
    const text = stream ?? [id, status, progress].filter((part) => part !== undefined).join(' ');
    for (const part of text.split(/[\r\n]+/)) if (part.trim() !== '') said(part.trimEnd());
  };
  reports.setEncoding('utf8');
  for await (const chunk of reports as AsyncIterable<string>) {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) hear(line);
  }
  hear(rest);
  return problem;
}
