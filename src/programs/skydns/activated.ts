/** The sockets that systemd opened for DNS and passed on, told apart. */
import { readFileSync, readlinkSync } from 'node:fs';
import { SocketsMissing } from '../../core/errors/dns.ts';
import { activatedDescriptors } from '../../ports/sockets/activation.ts';

export interface ActivatedSocket {
  readonly fd: number;
  readonly kind: 'udp4' | 'udp6' | 'tcp';
}

/** @throws {SocketsMissing} this process was not started for sockets */
export function activatedSockets(
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
): readonly ActivatedSocket[] {
  const sockets = activatedDescriptors(env, pid).map((fd): ActivatedSocket => ({ fd, kind: kindOf(fd) }));
  if (sockets.length === 0) throw new SocketsMissing({});
  return sockets;
}

/** Node must be told the family of a datagram socket before it has one; the kernel lists both, by the socket's number. */
function kindOf(fd: number): ActivatedSocket['kind'] {
  const [, inode = ''] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`)) ?? [];
  for (const kind of ['udp4', 'udp6'] as const) {
    const table = readFileSync(`/proc/self/net/${kind === 'udp4' ? 'udp' : 'udp6'}`, 'latin1');
    if (table.split('\n').some((line) => line.trim().split(/\s+/)[9] === inode)) return kind;
  }
  return 'tcp';
}
