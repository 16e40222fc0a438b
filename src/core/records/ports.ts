/** From container to ports: where each of its ports can be reached. @see registrator.md 2 */
import type { Binding, ContainerFacts } from './container.ts';

export interface ServicePort {
  /** As `port/protocol` names it inside the container. */
  readonly exposed: number;
  readonly protocol: string;
  /** Where the host listens for it; undefined when it is not published. */
  readonly host: Binding | undefined;
}

export interface ServicePorts {
  /** Every port of the container, published or not, in the order of its listing. */
  readonly ports: readonly ServicePort[];
  /** What is listed as a port and is none. */
  readonly malformed: readonly string[];
}

/** What a container or a host is bound to when it answers on every address. */
export const anywhere = '0.0.0.0';

export function portsOf(container: ContainerFacts): ServicePorts {
  const ports = new Map<string, ServicePort>();
  const malformed = new Set<string>();
  const add = (portAndProtocol: string, host: (exposed: number) => Binding | undefined) => {
    const [port = '', protocol = 'tcp'] = portAndProtocol.split('/');
    const exposed = parsePort(port);
    if (exposed === undefined) malformed.add(portAndProtocol);
    else ports.set(`${exposed}/${protocol}`, { exposed, protocol, host: host(exposed) });
  };
  // An exposed port counts as published under its own number until the port map says otherwise: containers on the
  // host's network have no port map, and this is how they are found.
  for (const port of container.exposed) add(port, (exposed) => ({ address: anywhere, port: exposed }));
  for (const [port, bindings] of Object.entries(container.published)) {
    add(port, () => hostBinding(bindings ?? [], container));
  }
  return { ports: [...ports.values()], malformed: [...malformed] };
}

/** @returns undefined for anything but a whole number from 1 to 65535 */
export function parsePort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}

/** Address inside: the default bridge's, else that of any one network. */
export const innerAddress = ({ bridgeAddress, networks }: ContainerFacts): string =>
  bridgeAddress !== '' ? bridgeAddress : (Object.values(networks).find((address) => address !== '') ?? '');

function hostBinding(bindings: readonly Binding[], container: ContainerFacts): Binding | undefined {
  // Engines list dual-stack bindings in either order; names are answered with IPv4 first, so that one is preferred.
  const usable = bindings.filter(({ port }) => parsePort(String(port)) !== undefined);
  const binding = usable.find(({ address }) => !address.includes(':')) ?? usable[0];
  if (binding === undefined) return undefined;
  const { networkMode, networks } = container;
  const ownNetwork = !['bridge', 'default', 'host', ''].includes(networkMode) ? networks[networkMode] : undefined;
  const address = binding.address === '' || binding.address === '::' ? anywhere : binding.address;
  return { address: ownNetwork !== undefined && ownNetwork !== '' ? ownNetwork : address, port: binding.port };
}
