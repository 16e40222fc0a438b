/** The kernel's table of IPv4 routes, as text. */
import type { UsedRange } from '../../core/topology/subnet.ts';

/** @see proc(5), /proc/net/route: addresses are hexadecimal, their bytes in the order of the host, little-endian everywhere we run */
export function parseRoutes(table: string): readonly UsedRange[] {
  return table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [name = '', destination = '', , , , , , mask = ''] = line.split('\t');
      if (destination.length !== 8 || mask.length !== 8) return [];
      const bits = bytesOf(mask).reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
      const range = `${bytesOf(destination).join('.')}/${bits}`;
      return [{ range, by: `a route of this host through ${name} (${range})` }];
    });
}

const bytesOf = (hex: string): number[] => [6, 4, 2, 0].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
