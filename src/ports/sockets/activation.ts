/** The sockets that systemd opened for us and passed on. @see sd_listen_fds(3) */

const firstDescriptor = 3;

/**
 * The descriptors of the sockets meant for this process; none when it was not started for a socket, or when the
 * variables are those of a parent.
 */
export function activatedDescriptors(
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
): readonly number[] {
  if (env['LISTEN_PID'] !== String(pid)) return [];
  const count = Number(env['LISTEN_FDS'] ?? '0');
  if (!Number.isInteger(count) || count < 0) return [];
  return Array.from({ length: count }, (_, index) => firstDescriptor + index);
}
