/** What really runs on a machine and by which names it should be found, whatever its registrator has written. */
import { entryOf } from '../../../core/records/backend.ts';
import { nameOfPath, pathOfKey } from '../../../core/records/name.ts';
import { type Registrar, type Registration, registrations } from '../../../core/records/registrations.ts';
import { type UnitFacts, unitRegistrations } from '../../../core/records/unit.ts';
import type { PresentMachine } from '../../../core/topology/present.ts';
import { containerFacts } from '../../../ports/containers/docker.ts';
import type { DockerEngine } from '../../../ports/docker/index.ts';
import { runOn } from '../shell.ts';

export interface Running {
  readonly name: string;
  readonly address: string;
}

/** Asks nobody who sleeps: an engine that nobody has used yet runs nothing. */
const containers =
  'systemctl is-active --quiet docker.service || exit 0; ids=$(docker ps --quiet --no-trunc); [ -z "$ids" ] || docker inspect $ids || true';
/** The blank line after each unit is systemd's. */
const units =
  'cd /run/fleet/units 2>/dev/null || exit 0; set -- *.service; [ -e "$1" ] || exit 0; systemctl show --property Id,ActiveState,Environment,ExecStart -- "$@"';

/** The names of everything that runs on the machine now: of each service, and of each one of it. */
export async function runningOn(
  docker: DockerEngine,
  machine: PresentMachine,
  domain: string,
): Promise<readonly Running[]> {
  const registrar: Registrar = {
    hostname: machine.name,
    hostAddress: undefined,
    ip: machine.address,
    internal: false,
    explicit: false,
    ipLabel: '',
  };
  const [inspected, shown] = await Promise.all(
    [containers, units].map((line) => runOn(docker, machine, ['/bin/sh', '-c', line])),
  );
  const facts = inspected?.trim()
    ? (JSON.parse(inspected) as Parameters<typeof containerFacts>[0][]).map(containerFacts)
    : [];
  const neighbour = (mode: string) =>
    facts.find(({ id, name }) => mode === `container:${id}` || mode === `container:${name}`);
  const services = [
    ...facts.flatMap((one) => registrations(one, registrar, neighbour(one.networkMode)).services),
    ...parseUnits(shown ?? '').flatMap((unit) => unitRegistrations(unit, registrar).services),
  ];
  return services.flatMap((service) => namesOf(service, domain).map((name) => ({ name, address: service.address })));
}

/** The name of the one, and of all that are called the same. */
function namesOf(service: Registration, domain: string): readonly string[] {
  const { key } = entryOf({ kind: 'skydns2', endpoints: [], domain }, service);
  return namesOfKey(key);
}

/** @param key of a leaf of SkyDNS's tree */
export function namesOfKey(key: string): readonly string[] {
  const path = pathOfKey('skydns', key);
  return path === undefined ? [] : [nameOfPath(path), nameOfPath(path.slice(0, -1))];
}

/** @param shown what `systemctl show` printed, a paragraph for each unit */
export function parseUnits(shown: string): readonly UnitFacts[] {
  return shown
    .split('\n\n')
    .map(
      (paragraph) => new Map([...paragraph.matchAll(/^(\w+)=(.*)$/gm)].map(([, key = '', value = '']) => [key, value])),
    )
    .filter((unit) => unit.get('ActiveState') === 'active')
    .map((unit) => ({
      name: unit.get('Id') ?? '',
      environment: words(unit.get('Environment') ?? ''),
      commands: [...(unit.get('ExecStart') ?? '').matchAll(/argv\[\]=(.*?) ;/g)].map(([, command = '']) =>
        words(command),
      ),
    }));
}

/** What systemctl quotes are whole assignments that hold blanks. */
const words = (text: string): readonly string[] =>
  [...text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(
    ([, quoted, bare]) => quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '',
  );
