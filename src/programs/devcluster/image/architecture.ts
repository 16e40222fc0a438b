/** One architecture by the names that an engine, Debian and Node give it. */
import { ArchitectureUnknown } from '../../../core/errors/machine-image.ts';

export interface Architecture {
  readonly debian: 'amd64' | 'arm64';
  readonly node: 'x64' | 'arm64';
}

const architectures: Readonly<Record<string, Architecture>> = {
  x86_64: { debian: 'amd64', node: 'x64' },
  amd64: { debian: 'amd64', node: 'x64' },
  aarch64: { debian: 'arm64', node: 'arm64' },
  arm64: { debian: 'arm64', node: 'arm64' },
};

/** @param name as the engine spells it @throws {ArchitectureUnknown} */
export function architectureOf(name: string): Architecture {
  const architecture = architectures[name];
  if (architecture === undefined) throw new ArchitectureUnknown({ architecture: name });
  return architecture;
}
