/** Hands images of this host's engine to a command in a container that loads them into another engine. */
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { GoldenFailed } from '../../../core/errors/images.ts';
import type { ImageStore } from '../../../ports/docker/images.ts';
import type { DockerEngine } from '../../../ports/docker/index.ts';
import type { ProvidedImage } from './provide.ts';

/** Enough of what the other engine said to see what was wrong. */
const tailLength = 15;

/**
 * @param command reads the archive from its input, where images have the names that this host's engine has for them
 * @throws {GoldenFailed} with the last lines of its errors
 */
export async function feedImages(
  { engine, images }: { readonly engine: DockerEngine; readonly images: ImageStore },
  container: string,
  command: readonly string[],
  provided: readonly ProvidedImage[],
): Promise<void> {
  using loading = await engine.exec(container, { command, stdin: true });
  const archive = await images.export(provided.map(({ name }) => name));
  // A command that gives up reads no further; its exit code says so, and the broken pipe adds nothing.
  const feeding = pipeline(archive, loading.stdin).catch(() => {});
  const [, errors, code] = await Promise.all([text(loading.stdout), text(loading.stderr), loading.exitCode]);
  archive.destroy();
  await feeding;
  if (code === 0) return;
  const reason = errors.trim().split('\n').slice(-tailLength).join('\n');
  throw new GoldenFailed({ images: referencesOf(provided), reason: reason || `exit code ${code}` });
}

export const referencesOf = (provided: readonly ProvidedImage[]): string[] =>
  provided.map(({ reference }) => reference).sort();
