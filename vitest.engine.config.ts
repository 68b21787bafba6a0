import { defineConfig } from 'vitest/config';
import { compiledOnce } from './test/support/compiled-once.ts';

/** The lane of the engine: what holds on files, held on PostgreSQL too, and many processes killed at drawn moments. */
export default defineConfig({
  test: {
    include: [
      'test/**/*.engine.ts',
      'test/store/journal/**/*.test.ts',
      'test/engine/interpreter/**/*.test.ts',
    ],
    env: compiledOnce,
    testTimeout: 1_800_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 120_000 } },
    maxWorkers: 2,
  },
});
