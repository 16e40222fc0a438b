/** What every view of fleet's units promises. */
import { describe, expect, it } from 'vitest';
import { worldPerTest } from '../../testing/world-per-test.ts';
import type { FleetUnits, UnitFacts } from './index.ts';

export interface FleetUnitsUnderTest extends AsyncDisposable {
  readonly units: FleetUnits;
  /** Starts a unit of fleet's that runs until it is told otherwise. */
  start(name: string, environment: readonly string[]): Promise<void>;
  stop(name: string): Promise<void>;
}

export function fleetUnitsContract(name: string, make: () => Promise<FleetUnitsUnderTest>): void {
  describe(`${name} keeps the promise of fleet's units`, () => {
    const test = worldPerTest(make);

    /** The first picture that a test waits for. */
    const becomes = async (wanted: (units: ReadonlyMap<string, UnitFacts>) => boolean) => {
      for await (const units of test.world.units.watch(test.stop.signal)) if (wanted(units)) return units;
      throw new Error('the watch ended');
    };

    it('shows a picture at once, even of nothing', async () => {
      expect(await becomes(() => true)).toEqual(new Map());
    });

    it('shows a unit that starts, with its environment, until it stops', async () => {
      await test.world.start('website.service', ['SERVICE_NAME=website', 'SERVICE_PORT=8080']);
      const units = await becomes((shown) => shown.has('website.service'));
      expect(units.get('website.service')).toMatchObject({
        name: 'website.service',
        environment: ['SERVICE_NAME=website', 'SERVICE_PORT=8080'],
      });
      await test.world.stop('website.service');
      expect(await becomes((shown) => !shown.has('website.service'))).toEqual(new Map());
    });

    it('shows what a unit says when it was started anew', async () => {
      await test.world.start('website.service', ['SERVICE_PORT=1']);
      await becomes((shown) => shown.has('website.service'));
      await test.world.stop('website.service');
      await test.world.start('website.service', ['SERVICE_PORT=2']);
      await becomes((shown) => shown.get('website.service')?.environment.includes('SERVICE_PORT=2') === true);
    });

    it('shows an instance of a template by its own name', async () => {
      await test.world.start('website@1.service', ['SERVICE_NAME=website']);
      await becomes((shown) => shown.has('website@1.service'));
    });

    it('has nothing new to show after looking again', async () => {
      await test.world.start('website.service', ['SERVICE_NAME=website']);
      await becomes((shown) => shown.has('website.service'));
      await test.world.units.refresh();
      await test.world.start('other.service', ['SERVICE_NAME=other']);
      expect([...(await becomes(() => true)).keys()].sort()).toEqual(['other.service', 'website.service']);
    });

    it('ends the watch when told to stop', async () => {
      const pictures = test.world.units.watch(test.stop.signal)[Symbol.asyncIterator]();
      await pictures.next();
      const pending = pictures.next();
      test.stop.abort();
      expect((await pending).done).toBe(true);
    });
  });
}
