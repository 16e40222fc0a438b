/** A cluster's machines as its tests talk about them: by name, by address, and by what runs on them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { eventually, type TestCluster } from './devcluster.ts';

export interface Machine {
  readonly name: string;
  readonly address: string;
  readonly state: string;
  readonly id: string;
}

export const machinesOf = async (cluster: TestCluster): Promise<readonly Machine[]> =>
  (JSON.parse(await cluster.well('status', '-o', 'json')) as { readonly machines: readonly Machine[] }).machines;

export interface ShownUnit {
  readonly unit: string;
  /** The address of its machine; empty when it is nowhere. */
  readonly address: string;
  readonly active: string;
  readonly sub: string;
}

/** What `list-units` shows, a row for each machine that has the unit. */
export async function shownUnits(cluster: TestCluster): Promise<readonly ShownUnit[]> {
  const list = await cluster.fleet('list-units', '--no-legend', '--full', '--fields', 'unit,machine,active,sub');
  const rows = list.split('\n').filter((line) => line !== '');
  return rows.map((row) => {
    const [unit = '', machine = '', active = '', sub = ''] = row.split(/\t+/);
    return { unit, address: machine.split('/')[1] ?? '', active, sub };
  });
}

/** Unit files in a folder of their own, as a person has them. */
export class UnitFiles implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(): Promise<UnitFiles> {
    return new UnitFiles(await mkdtemp(join(tmpdir(), 'devcluster-units-')));
  }

  path(name: string): string {
    return join(this.#folder, name);
  }

  /** @returns its path */
  async file(name: string, text: string): Promise<string> {
    await writeFile(this.path(name), text);
    return this.path(name);
  }

  /** A service that does nothing for ever, with whatever else its file says. @returns its path */
  async sleeper(name: string, ...lines: readonly string[]): Promise<string> {
    return this.file(name, `${['[Service]', 'ExecStart=/usr/bin/sleep infinity', ...lines].join('\n')}\n`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }
}

/** Waits until exactly these machines run the unit. */
export const runsOn = (cluster: TestCluster, unit: string, addresses: readonly string[], within?: number) =>
  eventually(async () => {
    const rows = (await shownUnits(cluster)).filter((row) => row.unit === unit && row.active === 'active');
    expect(rows.map(({ address }) => address).toSorted()).toEqual(addresses.toSorted());
  }, within);

/** The process of a unit on a machine: another one means that it was restarted. */
export const processOf = async (cluster: TestCluster, machine: string, unit: string): Promise<string> =>
  (await cluster.on(machine, `systemctl show --property MainPID --value ${unit}`)).trim();
