/** Whether a machine's DNS server answers. */
import { Resolver } from 'node:dns/promises';
import type { PresentMachine } from '../../core/topology/present.ts';
import type { DockerEngine } from '../../ports/docker/index.ts';
import { type Machine, tryOn } from './shell.ts';

/** Answers all: that there is no such name is as good as a record, if it comes from somebody responsible. */
const answers = new Set(['ENOTFOUND', 'ENODATA']);

export async function dnsAnswers(docker: DockerEngine, machine: PresentMachine, domain: string): Promise<boolean> {
  return (await answersDirectly(machine.address, domain)) || answersInside(docker, machine, domain);
}

/** From here, where the machines' network can be reached; elsewhere this fails after its timeout. */
async function answersDirectly(address: string, domain: string): Promise<boolean> {
  const resolver = new Resolver({ timeout: 300, tries: 1 });
  resolver.setServers([address]);
  try {
    await resolver.resolveSoa(domain);
    return true;
  } catch (error) {
    return answers.has((error as NodeJS.ErrnoException).code ?? '');
  }
}

async function answersInside(docker: DockerEngine, machine: Machine, domain: string): Promise<boolean> {
  const { code, out } = await tryOn(docker, machine, ['dig', '+time=1', '+tries=1', '@127.0.0.1', domain, 'SOA']);
  return code === 0 && /status: (NOERROR|NXDOMAIN)/.test(out);
}
