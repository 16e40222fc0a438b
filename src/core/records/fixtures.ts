/** Containers and registrars for tests: what a test leaves out does not matter to it. */
import type { ContainerFacts } from './container.ts';
import type { Registrar } from './registrations.ts';

export const aContainer = (facts: Partial<ContainerFacts> = {}): ContainerFacts => ({
  id: 'c0ffee'.padEnd(64, '0'),
  name: 'n0',
  image: 'nginx',
  hostname: 'c0ffee',
  environment: [],
  labels: {},
  networkMode: 'default',
  exposed: Object.keys(facts.published ?? {}),
  published: {},
  bridgeAddress: '10.1.0.2',
  networks: { bridge: '10.1.0.2' },
  running: true,
  exitCode: 0,
  ...facts,
});

export const aRegistrar = (facts: Partial<Registrar> = {}): Registrar => ({
  hostname: 'H',
  hostAddress: '172.17.8.103',
  ip: '',
  internal: false,
  explicit: false,
  ipLabel: '',
  ...facts,
});

/** A port published on one host port, on every address unless said otherwise. */
export const on = (port: number, address = '0.0.0.0') => [{ address, port }];
