/** The DNS domain of a cluster. */
import type { Parsed } from './parsed.ts';

/** Under `.test`, which is reserved for this and never resolves outside. @see RFC 6761 section 6.2 */
export const defaultDomain = 'cluster.test';

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Dots at the end and capital letters are forgiven. */
export function parseDomain(text: string): Parsed<string> {
  const domain = text.toLowerCase().replace(/\.$/, '');
  if (domain.length > 200) return { wrong: 'is longer than 200 characters' };
  if (!domain.split('.').every((part) => label.test(part))) {
    return { wrong: 'is not a domain name such as cluster.test' };
  }
  return { value: domain };
}
