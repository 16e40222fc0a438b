import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineMissing } from '../../../core/errors/host-engine.ts';
import { Scratch, testDesk } from '../fixtures.ts';
import type { Desk } from '../world.ts';
import { doctor } from './doctor.ts';

let scratch: Scratch;
beforeEach(() => {
  scratch = new Scratch();
});
afterEach(() => scratch[Symbol.dispose]());

const without = (desk: Desk): Desk => ({
  ...desk,
  engine: async () => {
    throw new EngineMissing({ seen: [], remedy: 'Install one.' });
  },
});

describe('devcluster doctor', () => {
  it('prints one line per check, and ends well when nothing keeps clusters from coming up', async () => {
    const desk = testDesk({ scratch });
    expect(await doctor(desk, {})).toBe(0);
    expect(desk.io.output()).toMatch(/^ ✓ engine /);
  });

  it('reports a missing engine like any other trouble', async () => {
    const desk = testDesk({ scratch });
    expect(await doctor(without(desk), { output: 'json' })).toBe(1);
    expect(JSON.parse(desk.io.output())).toEqual({
      schema: 1,
      findings: [
        { check: 'engine', status: 'fail', reason: 'ENGINE_MISSING', found: expect.any(String), fix: 'Install one.' },
      ],
    });
  });
});
