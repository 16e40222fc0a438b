/** The real service manager: systemd, over D-Bus, following its signals. @see fleet.md section 5 */
import { compareText } from '../../core/base/order.ts';
import { type Millis, ms } from '../../core/base/time.ts';
import { SystemdFailed, SystemdRefused, SystemdUnreachable, UnitNotEnabled } from '../../core/errors/systemd.ts';
import { isGlobal, printUnitFile, type UnitFile, type UnitHash, type UnitName } from '../../core/unit/index.ts';
import type { Clock } from '../clock/index.ts';
import type { Log } from '../log/index.ts';
import {
  type Bus,
  type BusAddress,
  DBusFailure,
  openBus,
  privateSocket,
  type Signal,
  systemBus,
  userSocket,
} from './dbus.ts';
import type { ManagedUnit, UnitManager } from './index.ts';
import { Jobs } from './jobs.ts';
import { News } from './news.ts';
import type { SignalHead } from './sieve.ts';
import { UnitDirectory } from './unit-directory.ts';
import { unitPath } from './unit-path.ts';

export interface SystemdOptions {
  readonly clock: Clock;
  /** Told what is asked of systemd. */
  readonly log?: Log;
  /** Where our unit files stand. */
  readonly directory: string;
  /** Where systemd looks for units that do not outlive a boot; the machine's own place unless told otherwise. */
  readonly links?: string;
  /** The private socket as root, the system bus otherwise. */
  readonly address?: BusAddress;
}

/** The systemd of a user, by the user's runtime directory (`XDG_RUNTIME_DIR`). */
export const userSystemd = (runtimeDirectory: string): Required<Pick<SystemdOptions, 'address' | 'links'>> => ({
  address: userSocket(runtimeDirectory),
  links: `${runtimeDirectory}/systemd/user`,
});

/**
 * Connects to systemd and takes over the units that an earlier run left, without touching them.
 *
 * @throws {SystemdUnreachable}
 * @throws {UnitFilesUnusable}
 */
export async function openSystemd(options: SystemdOptions): Promise<UnitManager> {
  const address = options.address ?? (process.getuid?.() === 0 ? privateSocket : systemBus);
  const directory = UnitDirectory.open(options.directory, options.links ?? '/run/systemd/system');
  const manager = new SystemdUnits(options, directory, address);
  await manager.open();
  return manager;
}

const service = 'org.freedesktop.systemd1';
const managerPath = '/org/freedesktop/systemd1';
const properties = 'org.freedesktop.DBus.Properties';

/** How soon a broken connection is tried again; systemd closes them when it re-executes itself. */
const reconnectEvery: Millis = ms(200);

/** Units that have not been started by then are asked about: until then, starting them would make systemd read twice. */
const lookAfter: Millis = ms(50);

/** From here on one list of all units costs less than a question for each. */
const many = 16;

/** How systemd says that there is nothing to stop, to reset or to disable. */
const absent = new Set([
  `${service}.NoSuchUnit`,
  `${service}.LoadFailed`,
  `${service}.BadUnitSetting`,
  `${service}.UnitMasked`,
  'org.freedesktop.DBus.Error.FileNotFound',
]);
const isAbsent = (cause: unknown) => cause instanceof DBusFailure && absent.has(cause.error);

/** What systemd answers when there is no process to end. */
const isDead = (cause: unknown) =>
  cause instanceof DBusFailure && cause.error === 'org.freedesktop.DBus.Error.UnixProcessIdUnknown';

const sigKill = 9;

/** States in which a unit has been launched, whoever remembers. */
const launchedStates = new Set(['active', 'activating', 'reloading', 'failed']);

interface KeptUnit extends ManagedUnit {
  /** Whether it has an [Install] section, which took a second kind of link. */
  readonly installs: boolean;
}

interface Entry extends KeptUnit {
  /** Counts what we heard, so that an answer does not overwrite a signal that came after the question. */
  readonly heardAt: number;
}

class SystemdUnits implements UnitManager {
  readonly #clock: Clock;
  readonly #log: Log | undefined;
  readonly #directory: UnitDirectory;
  readonly #address: BusAddress;
  readonly #units = new Map<UnitName, Entry>();
  /** In name order; made anew when a unit comes or goes. */
  #names: readonly UnitName[] | undefined;
  readonly #byPath = new Map<string, UnitName>();
  /** Loaded since the last reload. */
  readonly #unread = new Set<UnitName>();
  /** Read by systemd in the version that we wrote, as far as we know, but never asked about. */
  readonly #unasked = new Set<UnitName>();
  /** Whether systemd has made links for us, after which it wants a reload. */
  #linksChanged = false;
  #reloading: Promise<void> = Promise.resolve();
  #nextReload: Promise<void> | undefined;
  readonly #jobs = new Jobs();
  readonly #news = new News<UnitName>();
  readonly #closing = new AbortController();
  #bus: Bus | undefined;
  #heard = 0;

  constructor({ clock, log }: SystemdOptions, directory: UnitDirectory, address: BusAddress) {
    this.#clock = clock;
    this.#log = log;
    this.#directory = directory;
    this.#address = address;
  }

  async open(): Promise<void> {
    await this.#connect();
    await this.#adopt();
  }

  units(): readonly ManagedUnit[] {
    this.#names ??= [...this.#units.keys()].sort(compareText);
    return this.#names.map((name) => this.#units.get(name) as Entry);
  }

  unit(name: UnitName): ManagedUnit | undefined {
    return this.#units.get(name);
  }

  changes(stop: AbortSignal): AsyncIterable<ReadonlySet<UnitName>> {
    return this.#news.read(stop);
  }

  async refresh(): Promise<void> {
    const asked = this.#heard;
    try {
      const rows = (await this.#manager('ListUnits')) as readonly UnitRow[];
      const missing = new Set(this.#units.keys());
      for (const row of rows) if (missing.delete(row[0] as UnitName)) this.#seen(row, asked);
      if (missing.size > 0) await this.#ask([...missing]);
    } catch (cause) {
      throw failed('list units', cause);
    }
  }

  async load(unit: UnitName, file: UnitFile, hash: UnitHash): Promise<void> {
    const text = printUnitFile(file);
    this.#log?.info(`Writing systemd unit ${unit} (${Buffer.byteLength(text)}b)`);
    this.#directory.write(unit, text);
    const installs = file.some(({ section }) => section === 'Install');
    try {
      this.#directory.link(unit, this.#clock.date());
      if (installs) await this.#enable(unit);
    } catch (cause) {
      // Why it could not be enabled is worth knowing, and not what followed from it.
      await this.#forgetFile(unit, installs).catch(() => {});
      if (!(cause instanceof DBusFailure)) throw cause;
      throw new UnitNotEnabled({ unit, why: cause.message }, { cause });
    }
    this.#unread.add(unit);
    const known = this.#units.get(unit);
    this.#keep({ ...(known ?? stopped(unit)), hash, loaded: true, installs, global: isGlobal(file, unit) });
  }

  async reload(): Promise<void> {
    const names = [...this.#unread];
    this.#unread.clear();
    try {
      if (this.#linksChanged || (await this.#anyOutdated(names))) {
        this.#linksChanged = false;
        await this.#daemonReload();
      }
    } catch (cause) {
      for (const name of names) this.#unread.add(name);
      this.#linksChanged = true;
      throw failed('reload unit files', cause);
    }
    if (names.length === 0) return;
    for (const name of names) this.#unasked.add(name);
    // Not waited for: what systemd thinks of the files concerns whoever looks, not whoever starts them next.
    void this.#askLater();
  }

  async start(unit: UnitName): Promise<void> {
    try {
      const job = await this.#manager('StartUnit', 'ss', unit, 'replace');
      this.#log?.info(`Triggered systemd unit ${unit} start: job=${jobNumber(job)}`);
    } catch (cause) {
      this.#log?.error(`Failed to trigger systemd unit ${unit} start: ${messageOf(cause)}`);
      if (cause instanceof DBusFailure) await this.#ask([unit]);
      throw refused(unit, 'start', cause);
    }
    this.#unasked.delete(unit);
    this.#setLaunched(unit, true);
  }

  async stop(unit: UnitName): Promise<void> {
    using jobs = this.#jobs.watch(unit);
    let job: unknown;
    try {
      job = await this.#manager('StopUnit', 'ss', unit, 'replace');
      this.#log?.info(`Triggered systemd unit ${unit} stop: job=${jobNumber(job)}`);
    } catch (cause) {
      if (!isAbsent(cause)) {
        this.#log?.warn(`TriggerStop on systemd unit ${unit} returned: ${messageOf(cause)}`);
        throw refused(unit, 'stop', cause);
      }
    }
    this.#setLaunched(unit, false);
    if (typeof job === 'string') await jobs.end(job);
  }

  async kill(unit: UnitName): Promise<void> {
    try {
      await this.#manager('KillUnit', 'ssi', unit, 'all', sigKill);
    } catch (cause) {
      if (!isAbsent(cause) && !isDead(cause)) throw refused(unit, 'kill', cause);
    }
    this.#setLaunched(unit, false);
  }

  async unload(unit: UnitName): Promise<void> {
    await this.stop(unit);
    await this.#forgetFile(unit, this.#units.get(unit)?.installs ?? false);
    try {
      await this.#manager('ResetFailedUnit', 's', unit);
    } catch (cause) {
      if (!isAbsent(cause)) throw refused(unit, 'reset', cause);
    }
    this.#units.delete(unit);
    this.#names = undefined;
    this.#byPath.delete(unitPath(unit));
    this.#news.tell(unit);
  }

  async ownJob(): Promise<string | undefined> {
    let unit: string;
    try {
      unit = (await this.#manager('GetUnitByPID', 'u', process.pid)) as string;
    } catch (cause) {
      // A process that systemd did not start belongs to no unit.
      if (cause instanceof DBusFailure) return undefined;
      throw cause;
    }
    const [id, job] = (await this.#property(unit, `${service}.Unit`, 'Job')) as [number, string];
    return id === 0 ? undefined : ((await this.#property(job, `${service}.Job`, 'JobType')) as string);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#bus?.[Symbol.asyncDispose]();
  }

  async #connect(): Promise<void> {
    const bus = await openBus(this.#address, {
      wanted: (signal) => this.#wanted(signal),
      heard: (signal) => this.#hear(signal),
    });
    this.#bus = bus;
    void bus.closed.then(() => this.#reconnect());
    await this.#manager('Subscribe').catch((cause) => {
      // A second subscription of one connection is refused; the private socket needs none.
      if (!(cause instanceof DBusFailure)) throw cause;
    });
  }

  async #reconnect(): Promise<void> {
    this.#bus = undefined;
    this.#jobs.fail(this.#unreachable());
    while (!this.#closing.signal.aborted) {
      try {
        await this.#connect();
        await this.refresh();
        return;
      } catch (cause) {
        // Connected, and asked in vain: signals come, and whoever uses us asks again.
        if (cause instanceof SystemdFailed) return;
        if (!(cause instanceof SystemdUnreachable)) throw cause;
        // A connection that broke again has started its own mending.
        if (this.#bus !== undefined) return;
        await this.#clock.sleep(reconnectEvery, this.#closing.signal);
      }
    }
  }

  async #adopt(): Promise<void> {
    const { files, strange } = this.#directory.read();
    for (const name of strange) this.#log?.warn(`Found unrecognized file in ${this.#directory.fileOf(name)}, ignoring`);
    for (const { name, hash, launched, linked, installs, global } of files) {
      this.#keep({ ...stopped(name), hash, launched, loaded: linked, installs, global });
    }
    await this.refresh();
    for (const unit of this.#units.values()) {
      if (launchedStates.has(unit.active)) this.#keep({ ...unit, launched: true });
    }
  }

  async #anyOutdated(names: readonly UnitName[]): Promise<boolean> {
    if (names.length < many) return (await Promise.all(names.map((name) => this.#isOutdated(name)))).includes(true);
    const asked = new Set<string>(names);
    const rows = (await this.#manager('ListUnits')) as readonly UnitRow[];
    const held = rows.filter(([name]) => asked.has(name));
    if (held.some(([, , load]) => load === 'not-found')) return true;
    return (await Promise.all(held.map(([name]) => this.#isOutdated(name as UnitName)))).includes(true);
  }

  /** Whether systemd holds an older version of the unit's file, or has looked for it before it was there. */
  async #isOutdated(name: UnitName): Promise<boolean> {
    try {
      await this.#manager('GetUnit', 's', name);
    } catch (cause) {
      // Asked first because it makes systemd read nothing: reading a new unit takes it 10 ms, and it forgets it again.
      if (isAbsent(cause)) return false;
      throw cause;
    }
    const [older, load] = await Promise.all([
      this.#property(unitPath(name), `${service}.Unit`, 'NeedDaemonReload'),
      this.#property(unitPath(name), `${service}.Unit`, 'LoadState'),
    ]);
    return older === true || load === 'not-found';
  }

  async #askLater(): Promise<void> {
    await this.#clock.sleep(lookAfter, this.#closing.signal);
    const names = [...this.#unasked].filter((name) => this.#units.has(name));
    this.#unasked.clear();
    // Systemd out of reach: whoever finds it again asks about every unit.
    if (names.length > 0) await this.#ask(names).catch(() => {});
  }

  /** Asks about these units by name, which makes systemd look at the files of those that it does not hold. */
  async #ask(names: readonly UnitName[]): Promise<void> {
    const asked = this.#heard;
    const rows = (await this.#manager('ListUnitsByNames', 'as', names)) as readonly UnitRow[];
    for (const row of rows) this.#seen(row, asked);
  }

  /** For an [Install] section. systemd takes every unit for changed on disk then, until it is told to reload. */
  async #enable(unit: UnitName): Promise<void> {
    const path = this.#directory.fileOf(unit);
    this.#log?.info(`Enabling systemd unit ${unit}`);
    this.#linksChanged = true;
    const [installs] = (await this.#manager('EnableUnitFiles', 'asbb', [path], true, true)) as [boolean];
    if (!installs) throw new DBusFailure('NoInstallInfo', 'its [Install] section carries no install info');
  }

  async #forgetFile(unit: UnitName, installs: boolean): Promise<void> {
    this.#log?.info(`Removing systemd unit ${unit}`);
    this.#unread.delete(unit);
    this.#unasked.delete(unit);
    try {
      if (installs) {
        await this.#manager('DisableUnitFiles', 'asb', [unit], true);
        await this.#daemonReload();
      }
    } catch (cause) {
      if (!isAbsent(cause)) throw refused(unit, 'disable', cause);
    } finally {
      this.#directory.remove(unit);
    }
  }

  /** One daemon reload for all who ask for it while another is under way. */
  #daemonReload(): Promise<void> {
    this.#nextReload ??= this.#reloading.then(() => {
      this.#nextReload = undefined;
      this.#log?.info('Instructing systemd to reload units');
      const reload = this.#manager('Reload').then(() => {});
      this.#reloading = reload.catch(() => {});
      return reload;
    });
    return this.#nextReload;
  }

  #setLaunched(unit: UnitName, launched: boolean): void {
    const known = this.#units.get(unit);
    if (known !== undefined && known.launched !== launched) this.#keep({ ...known, launched });
    this.#directory.noteLaunched(unit, launched);
  }

  #keep(unit: KeptUnit): void {
    if (!this.#units.has(unit.name)) this.#names = undefined;
    this.#units.set(unit.name, { ...unit, heardAt: this.#heard });
    this.#byPath.set(unitPath(unit.name), unit.name);
    this.#news.tell(unit.name);
  }

  #seen([name, , load, active, sub]: UnitRow, asked: number): void {
    const known = this.#units.get(name as UnitName);
    if (known === undefined || known.heardAt > asked) return;
    if (known.load === load && known.active === active && known.sub === sub) return;
    this.#keep({ ...known, load, active, sub });
  }

  #wanted({ path, member, argument }: SignalHead): boolean {
    if (member === 'JobRemoved') return path === managerPath && this.#jobs.awaited;
    return member === 'PropertiesChanged' && this.#byPath.has(path) && argument() === `${service}.Unit`;
  }

  #hear({ path, member, body }: Signal): void {
    this.#heard += 1;
    if (member === 'JobRemoved') {
      const [, job, unit] = body as readonly [number, string, string];
      this.#jobs.ended(unit, job);
      return;
    }
    const known = this.#units.get(this.#byPath.get(path) ?? ('' as UnitName));
    const { ActiveState: active, SubState: sub } = (body[1] ?? {}) as Readonly<Record<string, unknown>>;
    if (known === undefined || typeof active !== 'string' || typeof sub !== 'string') return;
    if (known.active !== active || known.sub !== sub) this.#keep({ ...known, load: 'loaded', active, sub });
  }

  #manager(member: string, signature?: string, ...body: readonly unknown[]): Promise<unknown> {
    return this.#call({ path: managerPath, interface: `${service}.Manager`, member }, signature, body);
  }

  #property(path: string, of: string, name: string): Promise<unknown> {
    return this.#call({ path, interface: properties, member: 'Get' }, 'ss', [of, name]);
  }

  async #call(
    target: { readonly path: string; readonly interface: string; readonly member: string },
    signature: string | undefined,
    body: readonly unknown[],
  ): Promise<unknown> {
    if (this.#bus === undefined) throw this.#unreachable();
    return this.#bus.call({ ...target, ...(signature === undefined ? {} : { signature, body }) });
  }

  #unreachable(): Error {
    return new SystemdUnreachable({ address: this.#address.socket });
  }
}

/** The front of a row of ListUnits: name, description, load, active and sub state. */
type UnitRow = readonly [string, string, string, string, string, ...unknown[]];

const stopped = (name: UnitName): KeptUnit => ({
  name,
  hash: undefined,
  loaded: false,
  launched: false,
  installs: false,
  global: false,
  load: 'loaded',
  active: 'inactive',
  sub: 'dead',
});

/** The number at the end of a job's path, as people see jobs. */
const jobNumber = (path: unknown): string => String(path).replace(/^.*\//, '');

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

/** For what concerns no unit in particular. */
const failed = (doing: string, cause: unknown): unknown =>
  cause instanceof DBusFailure ? new SystemdFailed({ doing, why: cause.message }, { cause }) : cause;

const refused = (unit: UnitName, action: string, cause: unknown): unknown =>
  cause instanceof DBusFailure ? new SystemdRefused({ unit, action, why: cause.message }, { cause }) : cause;
