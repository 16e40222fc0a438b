/** Versions of fleet, as machines announce them: which of two is older. @see fleet.md 7.1, semver.org */

interface Version {
  readonly numbers: readonly number[];
  /** What stands behind a dash, part by part; a version without it is the later one. */
  readonly preview: readonly string[];
}

/** @returns undefined for text that is no version */
function parse(text: string): Version | undefined {
  const [, numbers = '', preview = ''] =
    /^(\d+\.\d+\.\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/.exec(text) ?? [];
  if (numbers === '') return undefined;
  return { numbers: numbers.split('.').map(Number), preview: preview === '' ? [] : preview.split('.') };
}

/** The highest of those that are versions. */
export const latestVersion = (versions: Iterable<string>): string | undefined =>
  [...versions]
    .filter((text) => parse(text) !== undefined)
    .reduce<string | undefined>(
      (latest, text) => (latest === undefined || isOlderVersion(latest, text) ? text : latest),
      undefined,
    );

/** Whether `one` is a version that comes before `other`; what is no version is not older than anything. */
export function isOlderVersion(one: string, other: string): boolean {
  const [a, b] = [parse(one), parse(other)];
  if (a === undefined || b === undefined) return false;
  for (const [at, number] of a.numbers.entries()) {
    if (number !== b.numbers[at]) return number < (b.numbers[at] ?? 0);
  }
  return isEarlierPreview(a.preview, b.preview);
}

function isEarlierPreview(a: readonly string[], b: readonly string[]): boolean {
  if (a.length === 0 || b.length === 0) return a.length > b.length;
  for (const [at, part] of a.entries()) {
    const other = b[at];
    if (other === undefined) return false;
    if (part === other) continue;
    const [number, otherNumber] = [part, other].map((text) => (/^\d+$/.test(text) ? Number(text) : undefined));
    if (number !== undefined && otherNumber !== undefined) return number < otherNumber;
    if (number !== undefined || otherNumber !== undefined) return number !== undefined;
    return part < other;
  }
  return a.length < b.length;
}
