/** The services that fleet runs, over D-Bus: systemd's signals say when one comes or goes. */
import { readdir } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { type Millis, ms } from '../../core/base/time.ts';
import { SystemdUnreachable, UnitFilesUnusable } from '../../core/errors/systemd.ts';
import type { Clock } from '../clock/index.ts';
import { type Bus, type BusAddress, DBusFailure, openBus, privateSocket, systemBus } from '../unit-manager/dbus.ts';
import { unitOfPath, unitPath } from '../unit-manager/unit-path.ts';
import type { FleetUnits, UnitFacts } from './index.ts';
import { Pictures } from './pictures.ts';

export interface FleetUnitsOptions {
  readonly clock: Clock;
  /** Fleet's units directory. It need not exist yet, and is never written to. */
  readonly directory: string;
  /** The private socket as root, the system bus otherwise. */
  readonly address?: BusAddress;
}

/** @throws {SystemdUnreachable} @throws {UnitFilesUnusable} */
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
  readonly #directory: string;
  readonly #address: BusAddress;
  readonly #active = new Map<string, UnitFacts>();
  readonly #pictures = new Pictures<ReadonlyMap<string, UnitFacts>>();
  /** The last question about each unit; a signal that comes before the answer makes it void. */
  readonly #asked = new Map<string, object>();
  /** Units of which we heard during each refresh that is under way: what it was told of them may be older. */
  readonly #refreshes = new Set<Set<string>>();
  readonly #closing = new AbortController();
  #bus: Bus | undefined;

  constructor(clock: Clock, directory: string, address: BusAddress) {
    this.#clock = clock;
    this.#directory = directory;
    this.#address = address;
  }

  async open(): Promise<void> {
    await this.#connect();
    await this.refresh();
    this.#pictures.show(new Map(this.#active));
  }

  watch(stop: AbortSignal): AsyncIterable<ReadonlyMap<string, UnitFacts>> {
    return this.#pictures.look(stop);
  }

  async refresh(): Promise<void> {
    const heard = new Set<string>();
    this.#refreshes.add(heard);
    try {
      const [rows, files] = await Promise.all([this.#call('ListUnits') as Promise<readonly UnitRow[]>, this.#files()]);
      const active = new Set(rows.flatMap(([name, , , state]) => (files.has(name) && isActive(state) ? [name] : [])));
      for (const name of this.#active.keys()) if (!active.has(name) && !heard.has(name)) this.#gone(name);
      await Promise.all([...active].filter((name) => !heard.has(name)).map((name) => this.#look(name)));
    } finally {
      this.#refreshes.delete(heard);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#bus?.[Symbol.asyncDispose]();
  }

  async #connect(): Promise<void> {
    const bus = await openBus(this.#address, {
      wanted: ({ path, member, argument }) =>
        member === 'PropertiesChanged' && isService(unitOfPath(path)) && argument() === `${service}.Unit`,
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
    while (!this.#closing.signal.aborted) {
      try {
        await this.#connect();
        await this.refresh();
        return;
      } catch (cause) {
        if (!(cause instanceof SystemdUnreachable)) return this.#pictures.fail(cause);
        // A connection that broke again has started its own mending.
        if (this.#bus !== undefined) return;
        await this.#clock.sleep(reconnectEvery, this.#closing.signal);
      }
    }
  }

  #hear(name: string | undefined, changed: unknown): void {
    const state = (changed as Readonly<Record<string, unknown>> | undefined)?.['ActiveState'];
    if (!isService(name) || typeof state !== 'string') return;
    this.#asked.delete(name);
    for (const heard of this.#refreshes) heard.add(name);
    if (!isActive(state)) this.#gone(name);
    else {
      void this.#look(name).catch((cause: unknown) => {
        // A connection that breaks meanwhile is followed by another, which asks about everything.
        if (!(cause instanceof SystemdUnreachable)) this.#pictures.fail(cause);
      });
    }
  }

  #gone(name: string): void {
    if (this.#active.delete(name)) this.#pictures.show(new Map(this.#active));
  }

  /** Learns what an active unit says of itself; what is not fleet's stays unknown. */
  async #look(name: string): Promise<void> {
    const question = {};
    this.#asked.set(name, question);
    try {
      const facts = (await this.#files()).has(name) ? await this.#factsOf(name) : undefined;
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
      const [environment, commands] = await Promise.all([
        this.#property(name, 'Environment') as Promise<readonly string[]>,
        this.#property(name, 'ExecStart') as Promise<readonly Command[]>,
      ]);
      return { name, environment, commands: commands.map(([path, argv]) => [path, ...argv.slice(1)]) };
    } catch (cause) {
      // Gone in the meantime; a signal says so, too.
      if (cause instanceof DBusFailure) return undefined;
      throw cause;
    }
  }

  async #files(): Promise<ReadonlySet<string>> {
    try {
      return new Set((await readdir(this.#directory)).filter(isService));
    } catch (cause) {
      // fleetd makes it when it starts.
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return new Set();
      throw new UnitFilesUnusable({ directory: this.#directory }, { cause });
    }
  }

  #property(unit: string, name: string): Promise<unknown> {
    return this.#reach().call({
      path: unitPath(unit),
      interface: properties,
      member: 'Get',
      signature: 'ss',
      body: [`${service}.Service`, name],
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

const isService = (name: string | undefined): name is string => name?.endsWith('.service') === true;
