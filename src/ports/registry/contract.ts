/** What every registry promises, by subject. */
import { describe } from 'vitest';
import { decisions, engineVersion, lead } from './contract/engine.ts';
import { machines, publishedStates } from './contract/machines.ts';
import { units } from './contract/units.ts';
import { changes, picture, reading, snapshots, work } from './contract/views.ts';
import { type RegistryUnderTest, registryTest } from './fixtures.ts';

export type { RegistryUnderTest };

export function registryContract(name: string, make: () => Promise<RegistryUnderTest>): void {
  const it = registryTest(make);
  describe(`${name} keeps the promise of a registry`, () => {
    describe('units', () => units(it));
    describe('a read', () => reading(it));
    describe('machines', () => machines(it));
    describe('published states', () => publishedStates(it));
    describe('the version of the engines', () => engineVersion(it));
    describe('the lead', () => lead(it));
    describe('decisions', () => decisions(it));
    describe('the work of a machine', () => work(it));
    describe("the engine's picture", () => picture(it));
    describe('changes', () => changes(it));
    describe('snapshots', () => snapshots(it));
  });
}
