/** The syntax of fleetd's config file. @see fleet.md 8.2 */
import { ConfigUnusable } from '../../core/errors/fleetd.ts';

/**
 * The keys outside any section, in lower case, the last of a key winning.
 *
 * `#` and `;` begin a comment, except inside quotes; a line that ends in a backslash goes on in the next, comments
 * included. Sections are read for mistakes and otherwise passed over.
 *
 * @throws {ConfigUnusable} at the first line that means nothing
 */
export function parseIni(path: string, content: string): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  let section = false;
  for (const { text, number } of logicalLines(content)) {
    const mistake = (why: string) => new ConfigUnusable({ path, why: `line ${number} ${why}: ${text}` });
    if (text === '' || text.startsWith('#') || text.startsWith(';')) continue;
    if (text.startsWith('[')) {
      if (!/^\[[^\]]*\]\s*([#;].*)?$/.test(text)) throw mistake('is no [section]');
      section = true;
      continue;
    }
    const at = text.indexOf('=');
    if (at < 0) throw mistake('is not key=value');
    if (at === 0) throw mistake('has no key');
    if (!section) keys.set(text.slice(0, at).trim().toLowerCase(), unquoted(text.slice(at + 1).trim()));
  }
  return keys;
}

/** Lines as they are meant, each with the number of its first. */
function* logicalLines(content: string): Generator<{ readonly text: string; readonly number: number }> {
  let text = '';
  let number = 0;
  for (const [index, line] of content.split(/\r?\n/).entries()) {
    if (text === '') number = index + 1;
    const goesOn = line.endsWith('\\');
    text += goesOn ? line.slice(0, -1).trimStart() : line.trim();
    if (goesOn) continue;
    yield { text, number };
    text = '';
  }
  if (text !== '') yield { text, number };
}

/** A quoted value ends with its quote, whatever comment follows; another ends where a comment begins. */
function unquoted(value: string): string {
  const quoted = /^(["'])(.*?)\1\s*(?:[#;].*)?$/.exec(value);
  return quoted ? (quoted[2] ?? '') : value.replace(/[#;].*$/, '').trim();
}
