/** What a Docker engine may refuse. */
import { defineError } from './define.ts';

export const EngineUnreachable = defineError<{ host: string; reason: string }>({
  code: 'ENGINE_UNREACHABLE',
  status: 503,
  message: ({ host, reason }) => `the Docker engine at ${host} does not answer: ${reason}`,
  remedy: () => 'Start Docker, or see: devcluster doctor.',
});

export const EngineRefused = defineError<{ doing: string; reason: string }>({
  code: 'ENGINE_REFUSED',
  message: ({ doing, reason }) => `the Docker engine could not ${doing}: ${reason}`,
  remedy: () => 'See what is wrong with the engine: devcluster doctor.',
});

export const NameTaken = defineError<{ name: string }>({
  code: 'NAME_TAKEN',
  status: 409,
  message: ({ name }) => `the engine already has something named "${name}" that is not ours`,
  remedy: ({ name }) => `Choose another cluster name with --name, or remove it: docker rm -f ${name}.`,
});

export const SubnetTaken = defineError<{ subnet: string; by: string }>({
  code: 'SUBNET_TAKEN',
  status: 409,
  message: ({ subnet, by }) => `the subnet ${subnet} is taken: it overlaps ${by}`,
  remedy: () => 'Leave out --subnet to have a free one chosen, or give another, such as --subnet 10.201.7.0/24.',
});

export const PortTaken = defineError<{ port: number }>({
  code: 'PORT_TAKEN',
  status: 409,
  message: ({ port }) => `port ${port} of 127.0.0.1 was taken by another program while the machine was made`,
  remedy: () => 'Run devcluster up again: it chooses another port.',
});

export const ImageMissing = defineError<{ image: string }>({
  code: 'IMAGE_MISSING',
  status: 404,
  message: ({ image }) => `the engine has no image ${image}`,
  remedy: () => 'Build the node image: devcluster image build.',
});

export const StartFailed = defineError<{ container: string; reason: string }>({
  code: 'START_FAILED',
  message: ({ container, reason }) => `the container ${container} did not start: ${reason}`,
  remedy: () => 'See whether this engine can run systemd machines: devcluster doctor.',
});

export const NotRunning = defineError<{ container: string }>({
  code: 'NOT_RUNNING',
  status: 409,
  message: ({ container }) => `the container ${container} is not running`,
  remedy: () => 'Start the machines that are stopped: devcluster up.',
});
