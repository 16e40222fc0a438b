/** What can go wrong with the images that a cluster's units use. */
import { defineError } from './define.ts';

export const ImageBuildFailed = defineError<{
  image: string;
  folder: string;
  reason: string;
  lines: readonly string[];
}>({
  code: 'IMAGE_BUILD_FAILED',
  message: ({ image, folder, reason, lines }) =>
    [`the image ${image} cannot be built from ${folder}: ${reason}`, ...lines.map((line) => `    ${line}`)].join('\n'),
  remedy: ({ folder }) => `Mend the Dockerfile in ${folder}; the last lines of its build are above.`,
});

export const ImagePullFailed = defineError<{ image: string; reason: string }>({
  code: 'IMAGE_PULL_FAILED',
  status: 404,
  message: ({ image, reason }) => `no registry gives the image ${image}: ${reason}`,
  remedy: ({ image }) =>
    `Say where to build it, with "build: FOLDER" beside "reference: ${image}" in the cluster file, or build or load it yourself under this name.`,
});

export const GoldenFailed = defineError<{ images: readonly string[]; reason: string }>({
  code: 'GOLDEN_FAILED',
  message: ({ images, reason }) => `the images ${images.join(', ')} cannot be prepared for the machines: ${reason}`,
  remedy: () => 'See whether this engine can run a nested one and has space left: devcluster doctor.',
});
