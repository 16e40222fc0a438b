/** The version of our engine, which engines compare before one of them leads. @see fleet.md 3.1 */
export const engineVersion = 1;
