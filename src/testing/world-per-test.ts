/** How a contract begins: every test has a world of its own, which is disposed after it. */
import { afterEach, beforeEach } from 'vitest';

export interface PerTest<World> {
  readonly world: World;
  /** Aborts at the end of the test, before its world is disposed; a test may abort it earlier. */
  readonly stop: AbortController;
}

/** Call it inside a `describe`; what it returns is of the test that runs. */
export function worldPerTest<World extends AsyncDisposable>(make: () => Promise<World>): PerTest<World> {
  let current: PerTest<World> | undefined;
  const ofThisTest = (): PerTest<World> => {
    if (current === undefined)
      throw new Error('the world is there while a test runs, and was asked for outside of one');
    return current;
  };
  beforeEach(async () => {
    current = { world: await make(), stop: new AbortController() };
  });
  afterEach(async () => {
    const over = current;
    current = undefined;
    over?.stop.abort();
    await over?.world[Symbol.asyncDispose]();
  });
  return {
    get world() {
      return ofThisTest().world;
    },
    get stop() {
      return ofThisTest().stop;
    },
  };
}
