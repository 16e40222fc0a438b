/** A unit that fleet started without Docker → the service it offers, when its `Environment=` names one. */
import { readMetadata } from './metadata.ts';
import { anywhere, parsePort } from './ports.ts';
import { problemOf, type Registrar, type Registration, type Registrations } from './registrations.ts';

/** A running unit as registration sees it. */
export interface UnitFacts {
  /** Such as `website.service`. */
  readonly name: string;
  /** `NAME=value` from its `Environment=`, in order, with specifiers replaced. */
  readonly environment: readonly string[];
  /** What its `ExecStart=` lines run: programs with their arguments. */
  readonly commands: readonly (readonly string[])[];
}

/**
 * A unit has no image and no port map, so it must say both: SERVICE_NAME and SERVICE_PORT. All other metadata means what
 * it means for a container.
 */
export function unitRegistrations(unit: UnitFacts, registrar: Registrar): Registrations {
  const plain = readMetadata({ environment: unit.environment, labels: {} });
  const written = plain.forPort(0).value('port');
  if (written === undefined) {
    const named = plain.forPort(0).value('name') !== undefined;
    return { services: [], ignored: named ? ['SERVICE_NAME without SERVICE_PORT'] : [] };
  }
  const port = parsePort(written);
  if (port === undefined) return without(`SERVICE_PORT is "${written}", not a port from 1 to 65535`);
  const said = plain.forPort(port);
  const name = said.value('name');
  if (name === undefined) return without('SERVICE_PORT without SERVICE_NAME');
  if (said.value('ignore') !== undefined) return without(`service on port ${port}`);
  if (unit.commands.some(runsDocker)) return without('it runs a container, which is registered by itself');
  const address = registrar.ip !== '' ? registrar.ip : (registrar.hostAddress ?? anywhere);
  const hostname = registrar.hostname !== '' ? registrar.hostname : address;
  const service: Registration = { name, id: said.value('id') ?? `${hostname}:${unit.name}:${port}`, address, port };
  const problem = problemOf(service);
  return problem === undefined ? { services: [service], ignored: [] } : without(`service on port ${port}: ${problem}`);
}

const without = (reason: string): Registrations => ({ services: [], ignored: [reason] });

/** By itself or in a shell's words. */
const runsDocker = ([program = '', ...words]: readonly string[]): boolean =>
  /(?:^|\/)docker$/.test(program) || words.some((word) => /(?:^|[\s/;&|])docker\s+(?:run|start)\s/.test(word));
