import { describe, expect, test } from 'vitest';
import { isoOf, msOf, nanosFromMs, nanosOf } from '../../src/logs/moment.ts';
import { fc } from '../support/properties.ts';

describe('times in nanoseconds', () => {
  test.each([
    ['2026-11-22T03:00:00Z', '2026-11-22T03:00:00Z'],
    ['2026-11-22T03:00:00.5Z', '2026-11-22T03:00:00.500Z'],
    ['2026-11-22T03:00:00.123456789Z', '2026-11-22T03:00:00.123456789Z'],
    ['2026-11-22T04:00:00.1+01:00', '2026-11-22T03:00:00.100Z'],
  ])('%s', (text, iso) => {
    expect(isoOf(nanosOf(text) ?? 0n)).toBe(iso);
  });

  test('what is no time is none', () => {
    for (const text of ['', 'soon', '2026-11-22', '2026-13-22T03:00:00Z', '2026-11-22T03:00:00'])
      expect(nanosOf(text)).toBeUndefined();
  });

  test('every nanosecond comes back as it was', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 4_000_000_000_000_000_000n }), at => {
        expect(nanosOf(isoOf(at))).toBe(at);
        expect(msOf(nanosFromMs(msOf(at)))).toBe(msOf(at));
      }),
    );
  });
});
