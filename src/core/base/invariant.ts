/** A broken invariant is a bug of ours: nobody catches it, the process ends. */
export class InvariantBroken extends Error {
  override readonly name = 'InvariantBroken';
}

export function invariant(holds: unknown, message: string): asserts holds {
  if (!holds) throw new InvariantBroken(message);
}
