import { defineConfig } from 'vitest/config';

/** The lane of the engine: what holds on files, held on PostgreSQL too, and many processes killed at drawn moments. */
export default defineConfig({
  test: {
    include: [
      'test/**/*.engine.ts',
      'test/store/journal/**/*.test.ts',
      'test/engine/interpreter/**/*.test.ts',
    ],
    testTimeout: 1_800_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 120_000 } },
    maxWorkers: 2,
  },
});
