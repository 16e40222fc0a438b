/** Orders that do not depend on locale, so that every machine sorts alike. */

/** Compares by code unit; for the ASCII of unit names and machine ids this is the bytewise order that fleet uses. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A comparator over one property: `units.toSorted(by((unit) => unit.name))`. */
export const by =
  <T>(key: (item: T) => string) =>
  (a: T, b: T): number =>
    compareText(key(a), key(b));
