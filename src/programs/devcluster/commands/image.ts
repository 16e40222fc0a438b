/** `devcluster image`: the image that machines are made from. */
import { EngineRefused } from '../../../core/errors/docker.ts';
import { ownImage } from '../image/labels.ts';
import { stepReporter } from '../reporter.ts';
import { printTable } from '../table.ts';
import type { Desk } from '../world.ts';
import { openEngine, printJson } from './command.ts';

export interface ImageOptions {
  readonly output?: 'text' | 'json';
}

export interface BuildOptions extends ImageOptions {
  /** `--yes`: an engine may be installed and started. */
  readonly yes?: boolean;
}

/** Builds what is missing or out of date; with nothing to do it says so at once. */
export async function imageBuild(desk: Desk, { yes = false, output }: BuildOptions): Promise<void> {
  const reporter = stepReporter(desk.screen, desk.clock, () => 2);
  const engine = await reporter.step('find engine', ({ note }) =>
    desk.engine({ provide: true, agreed: yes, said: note }).then((found) => {
      note(found.host);
      return found;
    }),
  );
  const image = await reporter.step('machine image', ({ note }) =>
    engine.machineImage(note).then((built) => {
      note(built.built ? 'built' : 'present');
      return built;
    }),
  );
  desk.io.out(output === 'json' ? printJson({ schema: 1, ...image }) : image.reference);
}

/** Every image of ours on the engine, and whether machines are made from it. */
export async function imageList(desk: Desk, { output }: ImageOptions): Promise<void> {
  const { images, docker } = await openEngine(desk);
  const [own, containers] = await Promise.all([images.images({ [ownImage]: undefined }), docker.containers({})]);
  const facts = own
    .flatMap(({ id, references, labels, bytes }) =>
      references.map((reference) => ({
        reference,
        id,
        kind: labels[ownImage] ?? '',
        bytes,
        machines: containers.filter(({ imageId }) => imageId === id).length,
      })),
    )
    .toSorted((a, b) => a.reference.localeCompare(b.reference, 'en'));
  if (output === 'json') desk.io.out(printJson({ schema: 1, images: facts }));
  else if (facts.length === 0) desk.screen.say('There is no machine image yet. Build it: devcluster image build');
  else desk.io.out(printTable(['IMAGE', 'SIZE', 'MACHINES'], facts.map(row)));
}

const row = ({ reference, bytes, machines }: { reference: string; bytes: number; machines: number }) => [
  reference,
  `${Math.round(bytes / 1e6)} MB`,
  String(machines),
];

/** Removes images of earlier versions: all of ours but the current one and what it stands on. */
export async function imagePrune(desk: Desk, { output }: ImageOptions): Promise<void> {
  const engine = await openEngine(desk);
  const kept = new Set(await engine.machineImageNames());
  const own = await engine.images.images({ [ownImage]: undefined });
  const removed: string[] = [];
  // Machines' images stand on the others, so they go first.
  for (const kind of ['node', 'base', 'debian']) {
    for (const { references } of own.filter(({ labels }) => labels[ownImage] === kind)) {
      for (const reference of references) {
        if (!kept.has(reference) && (await removeUnused(engine.images, reference))) removed.push(reference);
      }
    }
  }
  if (output === 'json') desk.io.out(printJson({ schema: 1, removed }));
  else desk.screen.say(removed.length === 0 ? 'Nothing to remove.' : `Removed ${removed.join(', ')}.`);
}

/** @returns false when a machine is made from it */
async function removeUnused(images: { remove(reference: string): Promise<void> }, reference: string): Promise<boolean> {
  try {
    await images.remove(reference);
    return true;
  } catch (error) {
    if (error instanceof EngineRefused) return false;
    throw error;
  }
}
