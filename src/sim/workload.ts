/** What operators do to a simulated cluster: units of many kinds come, change and go. */
import type { Choices } from '../core/base/choices.ts';
import { OperatingError } from '../core/errors/define.ts';
import { parseUnitFile } from '../core/unit/file.ts';
import type { UnitFile, UnitName } from '../core/unit/types.ts';
import type { Registry } from '../ports/registry/index.ts';
import type { History } from './history.ts';

export type UnitKind = keyof typeof files;

const service = (more = '') => `[Service]\nExecStart=/bin/sleep infinity\n${more}`;
const fleet = (line: string) => service(`\n[X-Fleet]\n${line}\n`);

/** Unit files by what is special about them. */
const files = {
  plain: service(),
  slow: service('ExecStop=/bin/sleep 20\n'),
  once: '[Service]\nType=oneshot\nExecStart=/bin/sleep 3\n',
  global: fleet('Global=true'),
  lonely: fleet('Conflicts=lonely-*'),
  following: fleet('MachineOf=plain-0.service'),
  replacing: fleet('Replaces=plain-1.service'),
} as const;

export const fileOf = (kind: UnitKind, version = 0): UnitFile =>
  parseUnitFile(`${version === 0 ? '' : `[Unit]\nDescription=${version}\n\n`}${files[kind]}`);

const unitName = (kind: UnitKind, n: number): UnitName => `${kind}-${n}.service` as UnitName;

export interface WorkloadOptions {
  readonly kinds: readonly UnitKind[];
  /**
   * Whether a unit may come back, or move, after it was taken away. It may then run on two machines for a while with nobody
   * cut off: fleet's engine does not wait for the old machine.
   */
  readonly mayMove: boolean;
}

export class Workload {
  readonly #choices: Choices;
  readonly #history: History;
  readonly #options: WorkloadOptions;
  #made = 0;
  readonly #units = new Map<UnitName, UnitKind>();

  constructor(choices: Choices, history: History, options: WorkloadOptions) {
    this.#choices = choices;
    this.#history = history;
    this.#options = options;
  }

  /** One thing that somebody does through that machine; whether it took place may stay unknown. */
  act(through: Registry): void {
    const choices = this.#choices;
    const { mayMove } = this.#options;
    const known = [...this.#units.keys()];
    const doing = choices.below(known.length < 3 ? 2 : 8);
    if (doing < 2 || known.length === 0) {
      this.#submit(through);
      return;
    }
    const unit = choices.oneOf(known);
    if (doing === 2) {
      if (!mayMove) this.#units.delete(unit);
      this.#attempt(`destroys ${unit}`, through.removeUnit(unit));
    } else if (doing === 3) this.#attempt(`stops ${unit}`, through.setTarget(unit, 'loaded'));
    else if (doing === 4 && mayMove) this.#attempt(`unloads ${unit}`, through.setTarget(unit, 'inactive'));
    else if (doing === 5 && mayMove) {
      const file = fileOf(this.#units.get(unit) as UnitKind, choices.below(5));
      this.#attempt(`replaces ${unit}`, through.putUnit(unit, file, 'launched'));
    } else this.#attempt(`starts ${unit}`, through.setTarget(unit, 'launched'));
  }

  #submit(through: Registry): void {
    const kind = this.#choices.oneOf(this.#options.kinds);
    // Few names, so that units meet others that want to be with them, or without them.
    const unit = unitName(kind, this.#options.mayMove ? this.#choices.below(3) : this.#made);
    this.#made += 1;
    this.#units.set(unit, kind);
    this.#attempt(`starts a new ${unit}`, through.putUnit(unit, fileOf(kind), 'launched'));
  }

  #attempt(what: string, work: Promise<unknown>): void {
    this.#history.note('operator', what);
    work.catch((cause) => {
      if (!(cause instanceof OperatingError)) throw cause;
      this.#history.note('operator', `does not know whether it did: ${what}`);
    });
  }
}
