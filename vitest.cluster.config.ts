import { defineConfig } from 'vitest/config';
import { compiledOnce } from './test/support/compiled-once.ts';

/**
 * The lane on a real API server: one control plane, one file after the other. Controllers do their work a moment later,
 * on a busy machine many moments: what they bring about is polled for, as long as it takes.
 */
export default defineConfig({
  test: {
    include: ['test/cluster/**/*.test.ts'],
    env: compiledOnce,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000, interval: 100 } },
    maxWorkers: 1,
    fileParallelism: false,
  },
});
