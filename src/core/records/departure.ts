/** Whether the services of a container that died are taken back. @see registrator.md 6.2 */
import type { ContainerFacts } from './container.ts';

export type DeregisterPolicy = 'always' | 'on-success';

/** @param container as it is after its death; undefined when it is gone altogether */
export function leavesServices(
  policy: DeregisterPolicy,
  container: Pick<ContainerFacts, 'running' | 'exitCode'> | undefined,
): boolean {
  if (policy === 'always' || container === undefined) return false;
  const stopped = !container.running && (container.exitCode === 0 || (container.exitCode & 128) !== 0);
  return !stopped;
}
