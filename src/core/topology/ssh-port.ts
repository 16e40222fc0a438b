/** Which ports of the host's loopback lead to the machines' sshd. */

/** Vagrant's first. */
export const firstSshPort = 2222;
const lastPort = 65_535;

/**
 * The next `count` ports from 2222 on that nobody has.
 *
 * @param taken ports of other machines, running or not, and those that the host refuses
 */
export function chooseSshPorts(count: number, taken: ReadonlySet<number>): readonly number[] {
  const ports: number[] = [];
  for (let port = firstSshPort; port <= lastPort && ports.length < count; port += 1) {
    if (!taken.has(port)) ports.push(port);
  }
  return ports;
}
