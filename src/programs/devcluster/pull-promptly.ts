/** Asks the registries for an image when there is another way to get it: only as long as somebody may still answer. */
import { seconds } from '../../core/base/time.ts';
import type { Clock } from '../../ports/clock/index.ts';
import type { ImageStore, Said } from '../../ports/docker/images.ts';

/** How long a registry may say nothing; a network that drops packets would keep us for minutes. */
const patience = seconds(8);

/** @throws {ImagePullFailed} also when nobody answered */
export async function pullPromptly(
  { images, clock }: { readonly images: ImageStore; readonly clock: Clock },
  reference: string,
  said: Said,
): Promise<void> {
  const silence = new AbortController();
  const answered = new AbortController();
  void clock.sleep(patience, answered.signal).then(() => {
    if (!answered.signal.aborted) silence.abort();
  });
  const hear: Said = (line) => {
    answered.abort();
    said(line);
  };
  try {
    await images.pull(reference, hear, silence.signal);
  } finally {
    answered.abort();
  }
}
