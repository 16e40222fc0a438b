import { defineConfig } from 'vitest/config';

/**
 * Two projects: `unit` touches nothing outside the process and runs anywhere; `real` needs a Docker engine, which
 * its global set-up finds or provides the way the product itself does, and runs one file at a time because two cores
 * carry one cluster well and two badly.
 */
export default defineConfig({
  test: {
    reporters: ['default', './test/support/closing-line.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/unit/**/*.test.ts'],
          exclude: ['src/**/*.real.test.ts', 'src/**/*.machine.test.ts'],
        },
      },
      {
        test: {
          name: 'real',
          include: ['src/**/*.real.test.ts', 'test/integration/**/*.test.ts'],
          globalSetup: './test/support/engine.setup.ts',
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          name: 'machine',
          include: ['src/**/*.machine.test.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
        },
      },
    ],
  },
});
