/** Shell-style patterns over whole unit names, as `Conflicts` and `Replaces` use them. @see fleet.md 1.6 */

/** A pattern, compiled once and matched often. */
export interface Glob {
  readonly pattern: string;
  /** The text every match starts with; the whole of it when `exact`. */
  readonly prefix: string;
  /** Matches one text only. */
  readonly exact: boolean;
  matches(text: string): boolean;
}

type Range = readonly [from: number, to: number];
type Token =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'run' }
  | { readonly kind: 'class'; readonly negated: boolean; readonly ranges: readonly Range[] };

/**
 * Compiles a pattern: `*` any run without `/`, `?` one character but `/`, `[a-z]` and `[^a-z]` classes, `\` escapes.
 * A malformed pattern is not an error: it matches nothing.
 */
export function glob(pattern: string): Glob {
  const tokens = parseGlob(pattern);
  if (tokens === undefined) return { pattern, prefix: pattern, exact: false, matches: () => false };
  const [first] = tokens;
  const prefix = first?.kind === 'text' ? first.text : '';
  const exact = tokens.length === 0 || (tokens.length === 1 && first?.kind === 'text');
  if (exact) return { pattern, prefix, exact, matches: (text) => text === prefix };
  return { pattern, prefix, exact, matches: (text) => text.startsWith(prefix) && matchTokens(tokens, text) };
}

/** @returns undefined when the pattern is malformed */
function parseGlob(pattern: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  const points = Array.from(pattern);
  let text = '';
  const endText = () => {
    if (text !== '') tokens.push({ kind: 'text', text });
    text = '';
  };
  for (let at = 0; at < points.length; at++) {
    const point = points[at] as string;
    if (point === '\\') {
      const escaped = points[++at];
      if (escaped === undefined) return undefined;
      text += escaped;
    } else if (point === '*') {
      endText();
      if (tokens.at(-1)?.kind !== 'run') tokens.push({ kind: 'run' });
    } else if (point === '?') {
      endText();
      tokens.push({ kind: 'any' });
    } else if (point === '[') {
      endText();
      const parsed = parseClass(points, at + 1);
      if (parsed === undefined) return undefined;
      tokens.push(parsed.token);
      at = parsed.end;
    } else {
      text += point;
    }
  }
  endText();
  return tokens;
}

/** Reads a class from behind its `[`; `end` is where its `]` stands. */
function parseClass(points: readonly string[], start: number): { token: Token; end: number } | undefined {
  let at = start;
  const negated = points[at] === '^';
  if (negated) at++;
  const ranges: Range[] = [];
  const bound = (): number | undefined => {
    if (points[at] === '-' || points[at] === ']') return undefined;
    if (points[at] === '\\') at++;
    return points[at++]?.codePointAt(0);
  };
  while (points[at] !== ']' || ranges.length === 0) {
    const from = bound();
    let to = from;
    if (points[at] === '-') {
      at++;
      to = bound();
    }
    if (from === undefined || to === undefined) return undefined;
    ranges.push([from, to]);
  }
  return { token: { kind: 'class', negated, ranges }, end: at };
}

/**
 * Greedy matching that returns only to the latest `*`, which is enough for globs and keeps hostile patterns from
 * costing more than pattern length times text length.
 */
function matchTokens(tokens: readonly Token[], text: string): boolean {
  let token = 0;
  let at = 0;
  let runToken = -1;
  let runAt = 0;
  while (at < text.length || token < tokens.length) {
    const current = tokens[token];
    if (current?.kind === 'run') {
      runToken = token++;
      runAt = at;
      continue;
    }
    const length = current === undefined ? -1 : lengthMatched(current, text, at);
    if (length >= 0) {
      at += length;
      token++;
      continue;
    }
    if (runToken < 0 || runAt >= text.length || text[runAt] === '/') return false;
    at = ++runAt;
    token = runToken + 1;
  }
  return true;
}

/** How much of the text at `at` the token covers, or -1. */
function lengthMatched(token: Exclude<Token, { kind: 'run' }>, text: string, at: number): number {
  if (token.kind === 'text') return text.startsWith(token.text, at) ? token.text.length : -1;
  const point = text.codePointAt(at);
  if (point === undefined) return -1;
  const length = point > 0xffff ? 2 : 1;
  if (token.kind === 'any') return text[at] === '/' ? -1 : length;
  return token.ranges.some(([from, to]) => from <= point && point <= to) !== token.negated ? length : -1;
}
