import { defineConfig } from 'vitest/config';
import { compiledOnce } from './test/support/compiled-once.ts';

/** No test asserts that something is fast: what never ends is found after minutes, and nothing else by its time. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/cluster/**'],
    env: compiledOnce,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    maxWorkers: 2,
    coverage: { provider: 'v8', include: ['src/**/*.ts'], reporter: ['text-summary', 'json-summary'] },
  },
});
