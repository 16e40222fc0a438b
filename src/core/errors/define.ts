/**
 * Operating errors: things that go wrong outside our code, each with a stable code and a remedy. An outcome (a refusal,
 * a missing unit) is a return value instead; a bug is an `InvariantBroken`.
 */

/** An error that a person can act upon. Match with `instanceof` inside a process and with `code` across one. */
export class OperatingError extends Error {
  override readonly name: string = 'OperatingError';
  readonly code: string;
  /** The HTTP status it becomes at an API border. */
  readonly status: number;
  /** What to do about it, as a sentence; undefined when nothing sensible can be advised. */
  readonly remedy: string | undefined;

  constructor(
    facts: {
      readonly code: string;
      readonly status: number;
      readonly message: string;
      readonly remedy?: string | undefined;
    },
    options?: ErrorOptions,
  ) {
    super(facts.message, options);
    this.code = facts.code;
    this.status = facts.status;
    this.remedy = facts.remedy;
  }
}

interface ErrorDefinition<Facts> {
  readonly code: string;
  readonly status?: number;
  readonly message: (facts: Facts) => string;
  readonly remedy?: (facts: Facts) => string | undefined;
}

/** A class of operating errors; instances are made from facts, never from text. */
export interface ErrorClass<Facts> {
  new (facts: Facts, options?: ErrorOptions): OperatingError & { readonly facts: Facts };
  readonly code: string;
  readonly status: number;
}

/**
 * Defines one entry of the catalogue.
 *
 * @example
 * export const UnitNotFound = defineError<{ unit: string }>({
 *   code: 'UNIT_NOT_FOUND', status: 404,
 *   message: ({ unit }) => `no unit named "${unit}" in the registry`,
 *   remedy: () => 'Submit it first: fleetctl submit <file>.',
 * });
 */
export function defineError<Facts>(definition: ErrorDefinition<Facts>): ErrorClass<Facts> {
  const { code, status = 500 } = definition;
  return class extends OperatingError {
    static readonly code = code;
    static readonly status = status;
    override readonly name = code;
    readonly facts: Facts;

    constructor(facts: Facts, options?: ErrorOptions) {
      super({ code, status, message: definition.message(facts), remedy: definition.remedy?.(facts) }, options);
      this.facts = facts;
    }
  };
}
