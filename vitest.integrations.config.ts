import { defineConfig } from 'vitest/config';
import { compiledOnce } from './test/support/compiled-once.ts';

/** The lane on real servers and programs, each started by its test. At the end it says which were there and which not. */
export default defineConfig({
  test: {
    include: ['test/integrations/**/*.test.ts'],
    env: compiledOnce,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    maxWorkers: 2,
    reporters: ['default', './test/integrations/support/parts-reporter.ts'],
  },
});
