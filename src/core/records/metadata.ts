/** What a container says about its services: `SERVICE_*` in its environment and its labels. @see registrator.md 3 */
import type { ContainerFacts } from './container.ts';

export interface Metadata {
  /** What holds for one port: attributes in lower case, port-specific values laid over the plain ones. */
  forPort(port: number): PortMetadata;
}

export interface PortMetadata {
  /** @returns undefined when not given, and for an empty value */
  value(attribute: string): string | undefined;
  /** Whether the value came from the port-specific form, `SERVICE_<port>_<attribute>`. */
  isPortSpecific(attribute: string): boolean;
}

/** Labels speak after the environment and overwrite it; a plain value never overwrites a port-specific one. */
export function readMetadata({ environment, labels }: Pick<ContainerFacts, 'environment' | 'labels'>): Metadata {
  const plain = new Map<string, string>();
  const specific = new Map<string, string>();
  for (const [name, value] of [...environment.map(splitVariable), ...Object.entries(labels)]) {
    if (!name.startsWith('SERVICE_')) continue;
    const attribute = name.slice('SERVICE_'.length).toLowerCase();
    if (/^\d+_./.test(attribute)) specific.set(attribute, value);
    else if (attribute !== '') plain.set(attribute, value);
  }
  return {
    forPort: (port) => ({
      value(attribute) {
        const value = specific.get(`${port}_${attribute}`) ?? plain.get(attribute);
        return value === '' ? undefined : value;
      },
      isPortSpecific: (attribute) => specific.has(`${port}_${attribute}`),
    }),
  };
}

function splitVariable(variable: string): [string, string] {
  const at = variable.indexOf('=');
  return at < 0 ? [variable, ''] : [variable.slice(0, at), variable.slice(at + 1)];
}
