/**
 * A machine's systemd in memory: the twin of `systemd.ts`, and the machine of a simulation.
 *
 * It knows just enough of unit files to act like the real one: what `Type`, `RemainAfterExit` and a few commands
 * (`sleep N`, `true`, `false`) lead to, and how long a stop may take (`ExecStop=/bin/sleep N`). Every other command runs
 * for ever.
 */
import { compareText } from '../../core/base/order.ts';
import { ms, seconds } from '../../core/base/time.ts';
import { SystemdFailed, SystemdRefused } from '../../core/errors/systemd.ts';
import { isGlobal } from '../../core/unit/requirements.ts';
import type { UnitFile, UnitHash, UnitName } from '../../core/unit/types.ts';
import type { Clock } from '../clock/index.ts';
import type { ManagedUnit, UnitManager } from './index.ts';
import { News } from './news.ts';

interface MemoryUnit {
  readonly name: UnitName;
  file: UnitFile;
  hash: UnitHash;
  global: boolean;
  launched: boolean;
  load: string;
  active: string;
  sub: string;
  /** Ends what runs or stops now, without effect, when something else begins. */
  busy: AbortController;
}

/** The machine: it outlives the agents that drive it. */
export class MemorySystemd {
  readonly clock: Clock;
  readonly units = new Map<UnitName, MemoryUnit>();
  /** How often each unit was asked to start and to stop, for tests that must know what was left alone. */
  readonly orders: string[] = [];
  /** The job that is pending for the agent's own unit. */
  pendingJob: string | undefined;
  readonly #listeners = new Set<(name: UnitName) => void>();
  readonly #broken = new Map<string, string>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** From now on systemd refuses to `action` this unit (none, for a reload); without a reason it obeys again. */
  refuse(action: 'load' | 'start' | 'stop' | 'reload', name: string, why: string | undefined): void {
    if (why === undefined) this.#broken.delete(`${action} ${name}`);
    else this.#broken.set(`${action} ${name}`, why);
  }

  /** Somebody else acts on the unit, or its process ends by itself. */
  happen(name: UnitName, active: string, sub: string): void {
    const unit = this.units.get(name);
    if (unit !== undefined) this.#become(unit, active, sub);
  }

  /** The machine loses power: nothing runs any more and nothing is remembered. */
  powerOff(): void {
    for (const unit of this.units.values()) unit.busy.abort();
    this.units.clear();
  }

  listen(listener: (name: UnitName) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  changed(name: UnitName): void {
    for (const listener of this.#listeners) listener(name);
  }

  refusal(action: string, name: string): string | undefined {
    return this.#broken.get(`${action} ${name}`);
  }

  order(action: 'load' | 'start' | 'stop', name: UnitName): void {
    this.orders.push(`${action} ${name}`);
    const why = this.refusal(action, name);
    if (why !== undefined) throw new SystemdRefused({ unit: name, action, why });
  }

  start(unit: MemoryUnit): void {
    if (unit.load !== 'loaded')
      throw new SystemdRefused({ unit: unit.name, action: 'start', why: 'bad unit file setting' });
    if (unit.active === 'active' || unit.active === 'activating') return;
    const busy = this.#begin(unit);
    const command = settingOf(unit.file, 'ExecStart') ?? '';
    const once = settingOf(unit.file, 'Type') === 'oneshot';
    const end = endOf(command);
    if (end === undefined) {
      this.#become(unit, 'active', 'running');
      return;
    }
    this.#become(unit, once ? 'activating' : 'active', once ? 'start' : 'running');
    const finish = () => {
      if (busy.aborted) return;
      if (end.code !== 0) this.#become(unit, 'failed', 'failed');
      else if (settingOf(unit.file, 'RemainAfterExit') === 'yes') this.#become(unit, 'active', 'exited');
      else this.#become(unit, 'inactive', 'dead');
    };
    void this.clock.sleep(ms(end.afterMs), busy).then(finish);
  }

  async stop(unit: MemoryUnit): Promise<void> {
    if (unit.active === 'inactive' || unit.active === 'failed') return;
    const busy = this.#begin(unit);
    const takes = endOf(settingOf(unit.file, 'ExecStop') ?? '')?.afterMs ?? 0;
    if (takes > 0) {
      this.#become(unit, 'deactivating', 'stop');
      await this.clock.sleep(ms(takes), busy);
    }
    if (!busy.aborted) this.#become(unit, 'inactive', 'dead');
  }

  /** A unit that was being stopped has stopped then; one that ran has failed. */
  kill(unit: MemoryUnit): void {
    if (unit.active === 'inactive' || unit.active === 'failed') return;
    this.#begin(unit);
    this.#become(unit, 'failed', 'failed');
  }

  #begin(unit: MemoryUnit): AbortSignal {
    unit.busy.abort();
    unit.busy = new AbortController();
    return unit.busy.signal;
  }

  #become(unit: MemoryUnit, active: string, sub: string): void {
    unit.active = active;
    unit.sub = sub;
    this.changed(unit.name);
  }
}

/** An agent's handle on the machine; closing it leaves the units alone, as a process's end does. */
export class MemoryUnitManager implements UnitManager {
  readonly #machine: MemorySystemd;
  readonly #news = new News<UnitName>();
  readonly #listening: Disposable;

  constructor(machine: MemorySystemd) {
    this.#machine = machine;
    this.#listening = machine.listen((name) => this.#news.tell(name));
    for (const name of machine.units.keys()) this.#news.tell(name);
  }

  units(): readonly ManagedUnit[] {
    return [...this.#machine.units.values()].map(shown).sort((a, b) => compareText(a.name, b.name));
  }

  unit(name: UnitName): ManagedUnit | undefined {
    const unit = this.#machine.units.get(name);
    return unit && shown(unit);
  }

  changes(stop: AbortSignal): AsyncIterable<ReadonlySet<UnitName>> {
    return this.#news.read(stop);
  }

  async refresh(): Promise<void> {}

  async load(name: UnitName, file: UnitFile, hash: UnitHash): Promise<void> {
    this.#machine.order('load', name);
    const known = this.#machine.units.get(name);
    const global = isGlobal(file, name);
    if (known !== undefined) Object.assign(known, { file, hash, global });
    else {
      const load = isComplete(name, file) ? 'loaded' : 'bad-setting';
      const idle = { launched: false, active: 'inactive', sub: 'dead', busy: new AbortController() };
      this.#machine.units.set(name, { name, file, hash, global, load, ...idle });
    }
    this.#machine.changed(name);
  }

  async reload(): Promise<void> {
    const why = this.#machine.refusal('reload', '');
    if (why !== undefined) throw new SystemdFailed({ doing: 'reload unit files', why });
  }

  async start(name: UnitName): Promise<void> {
    this.#machine.order('start', name);
    const unit = this.#known(name, 'start');
    this.#machine.start(unit);
    this.#setLaunched(unit, true);
  }

  async stop(name: UnitName): Promise<void> {
    this.#machine.order('stop', name);
    const unit = this.#known(name, 'stop');
    this.#setLaunched(unit, false);
    await this.#machine.stop(unit);
  }

  async kill(name: UnitName): Promise<void> {
    this.#machine.orders.push(`kill ${name}`);
    const unit = this.#machine.units.get(name);
    if (unit === undefined) return;
    this.#setLaunched(unit, false);
    this.#machine.kill(unit);
  }

  async unload(name: UnitName): Promise<void> {
    await this.stop(name);
    this.#machine.units.delete(name);
    this.#machine.changed(name);
  }

  async ownJob(): Promise<string | undefined> {
    return this.#machine.pendingJob;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listening[Symbol.dispose]();
  }

  #known(name: UnitName, action: string): MemoryUnit {
    const unit = this.#machine.units.get(name);
    if (unit === undefined) throw new SystemdRefused({ unit: name, action, why: `Unit ${name} not found.` });
    return unit;
  }

  #setLaunched(unit: MemoryUnit, launched: boolean): void {
    if (unit.launched === launched) return;
    unit.launched = launched;
    this.#machine.changed(unit.name);
  }
}

const shown = ({ name, hash, launched, load, active, sub, global }: MemoryUnit): ManagedUnit => ({
  name,
  hash,
  loaded: true,
  launched,
  load,
  active,
  sub,
  global,
});

const settingOf = (file: UnitFile, name: string): string | undefined =>
  file.findLast((option) => option.section === 'Service' && option.name === name)?.value;

/** systemd takes no service that starts nothing, unless it is a oneshot that stops something. */
const isComplete = (name: UnitName, file: UnitFile): boolean =>
  !name.endsWith('.service') || settingOf(file, 'ExecStart') !== undefined || settingOf(file, 'ExecStop') !== undefined;

interface End {
  readonly afterMs: number;
  readonly code: number;
}

/** When a command ends, and how; undefined when it does not. */
function endOf(command: string): End | undefined {
  const [, program = '', argument = ''] = /^(?:\S*\/)?(\S+)\s*(\S*)$/.exec(command.trim()) ?? [];
  if (program === 'true') return { afterMs: 1, code: 0 };
  if (program === 'false') return { afterMs: 1, code: 1 };
  if (program === 'sleep' && /^\d+(\.\d+)?$/.test(argument)) return { afterMs: seconds(Number(argument)), code: 0 };
  return undefined;
}
