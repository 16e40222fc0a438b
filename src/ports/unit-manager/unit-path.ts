/** The object path under which systemd shows a unit on the bus. */

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
