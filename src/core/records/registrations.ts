/** Container facts → the services it offers to others. @see registrator.md 4 */
import { isHost } from './address.ts';
import type { ContainerFacts } from './container.ts';
import { readMetadata } from './metadata.ts';
import { anywhere, innerAddress, portsOf, type ServicePort } from './ports.ts';

/** What one registrator knows and was told. */
export interface Registrar {
  /** The hostname of where it runs; part of ids. */
  readonly hostname: string;
  /** What the hostname resolves to; undefined when it resolves to nothing. */
  readonly hostAddress: string | undefined;
  /** Given with `-ip`, else empty. */
  readonly ip: string;
  readonly internal: boolean;
  readonly explicit: boolean;
  /** Given with `-useIpFromLabel`, else empty. */
  readonly ipLabel: string;
}

/** One service of one container: what becomes a record. */
export interface Registration {
  readonly name: string;
  readonly id: string;
  readonly address: string;
  readonly port: number;
}

export interface Registrations {
  readonly services: readonly Registration[];
  /** Why the container, or one port of it, is not registered; in the words of registrator's log. */
  readonly ignored: readonly string[];
}

/**
 * @param neighbour the container whose network this one shares (`--network container:<id>`), when it does
 * @example registrations(redis, registrar).services // [{ name: 'redis', id: 'redis-1', address: '172.17.8.103', port: 6379 }]
 */
export function registrations(
  container: ContainerFacts,
  registrar: Registrar,
  neighbour?: ContainerFacts,
): Registrations {
  const found = portsOf(container);
  const ignored = found.malformed.map((text) => `"${text}" is not a port`);
  const ports = found.ports.filter((port) => {
    const reachable = registrar.internal || port.host !== undefined;
    if (!reachable) ignored.push(`port ${port.exposed} not published on host`);
    return reachable;
  });
  if (ports.length === 0) return { services: [], ignored: ignored.length > 0 ? ignored : ['no published ports'] };

  const metadata = readMetadata(container);
  const services: Registration[] = [];
  for (const port of ports) {
    const said = metadata.forPort(port.exposed);
    const given = said.value('name');
    if (said.value('ignore') !== undefined || (registrar.explicit && given === undefined)) {
      ignored.push(`service on port ${port.exposed}`);
      continue;
    }
    const suffix = ports.length > 1 && !(given !== undefined && said.isPortSpecific('name')) ? `-${port.exposed}` : '';
    const service: Registration = {
      name: `${given ?? imageName(container.image)}${suffix}`,
      id: said.value('id') ?? defaultId(container, registrar, port),
      address: addressOf(container, registrar, port, neighbour),
      port: registrar.internal ? port.exposed : (port.host?.port ?? port.exposed),
    };
    const problem = problemOf(service);
    if (problem === undefined) services.push(service);
    else ignored.push(`service on port ${port.exposed}: ${problem}`);
  }
  return { services, ignored };
}

/**
 * What keeps a service from being written, whoever wrote its metadata: a key must have no empty part, since one that ends
 * in a slash is a whole folder to etcd; and nobody can be led to a host that is none.
 */
export function problemOf({ name, id, address }: Registration): string | undefined {
  for (const [what, text] of Object.entries({ name, id })) {
    if (text.split('/').includes('')) return `its ${what} "${text}" has an empty part`;
  }
  if (address === '') return 'it has no address';
  return isHost(address) ? undefined : `its address "${address}" is neither an IP address nor a host name`;
}

/** The last path segment of an image reference, without digest and tag. */
export function imageName(reference: string): string {
  const [withoutDigest = ''] = reference.split('@');
  return (withoutDigest.split('/').at(-1) ?? '').split(':')[0] ?? '';
}

function defaultId({ name }: ContainerFacts, registrar: Registrar, { exposed, protocol, host }: ServicePort): string {
  const hostname = registrar.hostname !== '' ? registrar.hostname : (host?.address ?? '');
  return `${hostname}:${name}:${exposed}${protocol === 'udp' ? ':udp' : ''}`;
}

function addressOf(
  container: ContainerFacts,
  registrar: Registrar,
  { host }: ServicePort,
  neighbour: ContainerFacts | undefined,
): string {
  if (neighbour !== undefined && innerAddress(neighbour) !== '') return innerAddress(neighbour);
  const labelled = registrar.ipLabel === '' ? undefined : container.labels[registrar.ipLabel]?.split('/')[0];
  if (labelled !== undefined && labelled !== '') return labelled;
  if (registrar.internal) return innerAddress(container);
  if (registrar.ip !== '') return registrar.ip;
  const address = host?.address ?? '';
  return address === anywhere ? (registrar.hostAddress ?? address) : address;
}
