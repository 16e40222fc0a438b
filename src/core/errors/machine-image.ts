/** What can go wrong on the way to the image of machines. */
import { defineError } from './define.ts';

export const ArchitectureUnknown = defineError<{ architecture: string }>({
  code: 'ARCHITECTURE_UNKNOWN',
  message: ({ architecture }) => `the Docker engine runs on ${architecture}, for which there is no machine image`,
  remedy: () => 'Use an engine on x86_64 or aarch64.',
});

export const ProgramsMissing = defineError<{ folder: string }>({
  code: 'PROGRAMS_MISSING',
  message: ({ folder }) => `the programs of the machines are not bundled: ${folder} is missing or incomplete`,
  remedy: () => 'Bundle them: npm run build.',
});

export const NodePackFailed = defineError<{ pack: string; reason: string }>({
  code: 'NODE_PACK_FAILED',
  status: 502,
  message: ({ pack, reason }) => `the package ${pack}, which has Node for the machines, cannot be fetched: ${reason}`,
  remedy: ({ pack }) => `See whether npm reaches its registry: npm view ${pack} version.`,
});

export const NodePackWrong = defineError<{ pack: string; expected: string; found: string }>({
  code: 'NODE_PACK_WRONG',
  status: 502,
  message: ({ pack, expected, found }) =>
    `the package ${pack} is not the one that this version of devcluster was made with: its hash is ${found}, not ${expected}`,
  remedy: () => 'Do not use it. Clean the cache with "npm cache clean --force" and see which registry npm asks.',
});

export const ArchiveFailed = defineError<{ archive: string; reason: string }>({
  code: 'ARCHIVE_FAILED',
  message: ({ archive, reason }) => `${archive} cannot be made: ${reason}`,
  remedy: () => 'See whether there is room and whether this host has tar and gzip.',
});

export const DebianMissing = defineError<{ image: string; reason: string }>({
  code: 'DEBIAN_MISSING',
  status: 404,
  message: ({ image, reason }) =>
    `machines are built on ${image}, which the engine neither has nor can pull: ${reason}`,
  remedy: ({ image }) =>
    `Load it where the engine runs (docker load), under the name ${image}; or run this as root on Linux, where it is made from a Debian mirror.`,
});

export const BootstrapFailed = defineError<{ mirror: string; reason: string; lines: readonly string[] }>({
  code: 'BOOTSTRAP_FAILED',
  status: 502,
  message: ({ mirror, reason, lines }) =>
    [`Debian 13 cannot be made from ${mirror}: ${reason}`, ...lines.map((line) => `    ${line}`)].join('\n'),
  remedy: () => 'See whether the mirror can be reached, or give another in DEVCLUSTER_DEBIAN_MIRROR.',
});

export const PackageMissing = defineError<{ command: string; package: string; reason: string }>({
  code: 'PACKAGE_MISSING',
  status: 424,
  message: ({ command, package: name, reason }) =>
    `this host has no ${command}, and the package ${name} cannot be installed: ${reason}`,
  remedy: ({ package: name }) => `Install it: apt-get update && apt-get install ${name}.`,
});
