/** The object path under which systemd shows a unit on the bus, and back. */

const prefix = '/org/freedesktop/systemd1/unit/';

/** Every byte but letters and digits, and a digit in front, is written as `_` and two hex digits. @see fleet.md 5 */
export function unitPath(name: string): string {
  if (name === '') return `${prefix}_`;
  let label = '';
  for (const [at, byte] of Buffer.from(name, 'utf8').entries()) {
    const char = String.fromCharCode(byte);
    const plain = /[A-Za-z]/.test(char) || (at > 0 && /[0-9]/.test(char));
    label += plain ? char : `_${byte.toString(16).padStart(2, '0')}`;
  }
  return prefix + label;
}

/** @returns undefined when the path is not that of a unit */
export function unitOfPath(path: string): string | undefined {
  if (!path.startsWith(prefix)) return undefined;
  const label = path.slice(prefix.length);
  if (label === '_') return '';
  return Buffer.from(
    label.replace(/_([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString('utf8');
}
