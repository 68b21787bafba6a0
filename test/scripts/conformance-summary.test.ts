import { expect, test } from 'vitest';
import { isProven, readSummary } from '../../scripts/conformance-summary.ts';

const printed = `Running…
=== SUMMARY ===
✓ ping: 2 passed, 0 failed
✗ tools-list: 2 passed, 1 failed
✓ caching: 0 passed, 0 failed
✗ tasks-lifecycle: 1 passed, 8 failed

Total: 5 passed, 9 failed

Not scored for 2026-07-28: 1 scenario(s) run, 1 failing. These do not affect conformance.
  ✗ tasks-lifecycle (extension)
`;

test('only scored scenarios are read, and a tick without a check proves nothing', () => {
  const scenarios = readSummary(printed);
  expect(scenarios.map(one => [one.name, isProven(one)])).toEqual([
    ['ping', true],
    ['tools-list', false],
    ['caching', false],
  ]);
  expect(readSummary('')).toEqual([]);
});
