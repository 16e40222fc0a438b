/** What parsing a small text gives: a value, or why not. */

/** `wrong` ends a sentence that begins with what was parsed: `"x" is longer than …`. */
export type Parsed<T> = { readonly value: T } | { readonly wrong: string };
