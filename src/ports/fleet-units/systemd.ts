/**
 * The services that fleet runs, over D-Bus: systemd's signals say when one comes or goes. On its private socket systemd
 * sends them all to everybody, and prints each anew for each: who has nothing to hear does not connect.
 */
import { isDeepStrictEqual } from 'node:util';
import { type Millis, ms } from '../../core/base/time.ts';
import { SystemdUnreachable } from '../../core/errors/systemd.ts';
import type { Clock } from '../clock/index.ts';
import { type Bus, type BusAddress, DBusFailure, openBus, privateSocket, systemBus } from '../unit-manager/dbus.ts';
import { unitOfPath, unitPath } from '../unit-manager/unit-path.ts';
import type { FleetUnits, UnitFacts } from './index.ts';
import { Pictures } from './pictures.ts';
import { SpeakingFiles } from './speaking-files.ts';

export interface FleetUnitsOptions {
  readonly clock: Clock;
  /** Fleet's units directory. It need not exist yet, and is never written to. */
  readonly directory: string;
  /** The private socket as root, the system bus otherwise. */
  readonly address?: BusAddress;
}

/** @throws {SystemdUnreachable} when there is something to ask it @throws {UnitFilesUnusable} */
export async function openFleetUnits({ clock, directory, address }: FleetUnitsOptions): Promise<FleetUnits> {
  const units = new SystemdFleetUnits(
    clock,
    directory,
    address ?? (process.getuid?.() === 0 ? privateSocket : systemBus),
  );
  await units.open();
  return units;
}

const service = 'org.freedesktop.systemd1';
const properties = 'org.freedesktop.DBus.Properties';

/** How soon a broken connection is tried again; systemd closes them when it re-executes itself. */
const reconnectEvery: Millis = ms(200);

/** Its process runs, or it has done what it is for. One that is stopping has left already. */
const isActive = (state: unknown): boolean => state === 'active' || state === 'reloading';

/** A row of ListUnits: its name and its ActiveState matter here. */
type UnitRow = readonly [name: string, description: string, load: string, active: string, ...unknown[]];
type Command = readonly [path: string, argv: readonly string[], ...unknown[]];

class SystemdFleetUnits implements FleetUnits {
  readonly #clock: Clock;
  readonly #files: SpeakingFiles;
  readonly #address: BusAddress;
  readonly #active = new Map<string, UnitFacts>();
  readonly #pictures = new Pictures<ReadonlyMap<string, UnitFacts>>();
  /** The last question about each unit; a signal that comes before the answer makes it void. */
  readonly #asked = new Map<string, object>();
  /** Units of which we heard during each refresh that is under way: what it was told of them may be older. */
  readonly #refreshes = new Set<Set<string>>();
  readonly #closing = new AbortController();
  #bus: Bus | undefined;
  #connecting: Promise<void> | undefined;
  #reconnecting = false;

  constructor(clock: Clock, directory: string, address: BusAddress) {
    this.#clock = clock;
    this.#files = new SpeakingFiles(directory, (name, speaks) => this.#fileChanged(name, speaks));
    this.#address = address;
  }

  async open(): Promise<void> {
    await this.refresh();
    this.#pictures.show(new Map(this.#active));
  }

  watch(stop: AbortSignal): AsyncIterable<ReadonlyMap<string, UnitFacts>> {
    return this.#pictures.look(stop);
  }

  async refresh(): Promise<void> {
    this.#files.read();
    if (this.#files.names.size > 0) await this.#connected();
    if (this.#bus === undefined) return;
    const heard = new Set<string>();
    this.#refreshes.add(heard);
    try {
      const rows = (await this.#call('ListUnits')) as readonly UnitRow[];
      const active = new Set(
        rows.flatMap(([name, , , state]) => (this.#files.has(name) && isActive(state) ? [name] : [])),
      );
      for (const name of this.#active.keys()) if (!active.has(name) && !heard.has(name)) this.#gone(name);
      await Promise.all([...active].filter((name) => !heard.has(name)).map((name) => this.#look(name)));
    } finally {
      this.#refreshes.delete(heard);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#files[Symbol.dispose]();
    await this.#connecting?.catch(() => {});
    await this.#bus?.[Symbol.asyncDispose]();
  }

  #fileChanged(name: string, speaks: boolean): void {
    // It may have been started before we came to know that it speaks.
    if (speaks) this.#lookSoon(name);
    else this.#gone(name);
  }

  /** Resolves when systemd's signals are heard. @throws {SystemdUnreachable} */
  #connected(): Promise<void> {
    if (this.#bus !== undefined) return Promise.resolve();
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #connect(): Promise<void> {
    const bus = await openBus(this.#address, {
      wanted: ({ path, member, argument }) =>
        member === 'PropertiesChanged' && this.#isOurs(unitOfPath(path)) && argument() === `${service}.Unit`,
      heard: ({ path, member, body }) => {
        // On the bus, the rules that all our connections share let more through than we want.
        if (member === 'PropertiesChanged') this.#hear(unitOfPath(path), body[1]);
      },
    });
    this.#bus = bus;
    void bus.closed.then(() => this.#reconnect());
    await this.#call('Subscribe').catch((cause) => {
      // A second subscription of one connection is refused; the private socket needs none.
      if (!(cause instanceof DBusFailure)) throw cause;
    });
  }

  async #reconnect(): Promise<void> {
    this.#bus = undefined;
    if (this.#reconnecting) return;
    this.#reconnecting = true;
    try {
      while (!this.#closing.signal.aborted && !(await this.#mended()))
        await this.#clock.sleep(reconnectEvery, this.#closing.signal);
    } finally {
      this.#reconnecting = false;
    }
  }

  /** @returns false when it has to be tried again */
  async #mended(): Promise<boolean> {
    try {
      await this.#connected();
      await this.refresh();
      return true;
    } catch (cause) {
      if (!(cause instanceof SystemdUnreachable)) this.#pictures.fail(cause);
      // A connection that broke again starts its own mending.
      return !(cause instanceof SystemdUnreachable) || this.#bus !== undefined;
    }
  }

  #hear(name: string | undefined, changed: unknown): void {
    const state = (changed as Readonly<Record<string, unknown>> | undefined)?.['ActiveState'];
    if (!this.#isOurs(name) || typeof state !== 'string') return;
    this.#asked.delete(name);
    for (const heard of this.#refreshes) heard.add(name);
    if (!isActive(state)) this.#gone(name);
    else this.#lookSoon(name);
  }

  #lookSoon(name: string): void {
    void this.#look(name).catch((cause: unknown) => {
      if (!(cause instanceof SystemdUnreachable)) this.#pictures.fail(cause);
      // A connection that breaks meanwhile is followed by another, which asks about everything; so is the first.
      else if (this.#bus === undefined) void this.#reconnect();
    });
  }

  #gone(name: string): void {
    if (this.#active.delete(name)) this.#pictures.show(new Map(this.#active));
  }

  /** Learns what a unit says of itself, if it is active. */
  async #look(name: string): Promise<void> {
    const question = {};
    this.#asked.set(name, question);
    try {
      await this.#connected();
      const facts = await this.#factsOf(name);
      if (facts === undefined || this.#asked.get(name) !== question) return;
      if (isDeepStrictEqual(this.#active.get(name), facts)) return;
      this.#active.set(name, facts);
      this.#pictures.show(new Map(this.#active));
    } finally {
      if (this.#asked.get(name) === question) this.#asked.delete(name);
    }
  }

  async #factsOf(name: string): Promise<UnitFacts | undefined> {
    try {
      const [state, environment, commands] = await Promise.all([
        this.#property(name, 'Unit', 'ActiveState'),
        this.#property(name, 'Service', 'Environment') as Promise<readonly string[]>,
        this.#property(name, 'Service', 'ExecStart') as Promise<readonly Command[]>,
      ]);
      if (!isActive(state)) return undefined;
      return { name, environment, commands: commands.map(([path, argv]) => [path, ...argv.slice(1)]) };
    } catch (cause) {
      // Gone in the meantime; a signal says so, too.
      if (cause instanceof DBusFailure) return undefined;
      throw cause;
    }
  }

  #isOurs(name: string | undefined): name is string {
    return name !== undefined && this.#files.has(name);
  }

  #property(unit: string, kind: 'Unit' | 'Service', name: string): Promise<unknown> {
    return this.#reach().call({
      path: unitPath(unit),
      interface: properties,
      member: 'Get',
      signature: 'ss',
      body: [`${service}.${kind}`, name],
    });
  }

  #call(member: string): Promise<unknown> {
    return this.#reach().call({ path: '/org/freedesktop/systemd1', interface: `${service}.Manager`, member });
  }

  #reach(): Bus {
    if (this.#bus === undefined) throw new SystemdUnreachable({ address: this.#address.socket });
    return this.#bus;
  }
}
