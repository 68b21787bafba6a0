import { expect, test } from 'vitest';
import { roughSize, sizeText } from '../../src/core/size-text.ts';
import { fc } from '../support/properties.ts';

test.each<[number, string]>([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1 kB'],
  [1_536, '1.5 kB'],
  [64_000_000, '64 MB'],
  [123_456_789, '123 MB'],
  [4_200_000_000, '4.2 GB'],
  [5e18, '5000 PB'],
])('%i bytes are told as %s', (bytes, told) => {
  expect(sizeText(bytes)).toBe(told);
});

test.each<[number, string]>([
  [0, 'empty'],
  [1, 'up to 1 kB'],
  [1_000, 'up to 1 kB'],
  [1_001, 'up to 2 kB'],
  [200_021, 'up to 256 kB'],
  [512_001, 'up to 1 MB'],
  [1_000_001, 'up to 2 MB'],
  [5_000_000_000, 'up to 8 GB'],
])('%i bytes are roughly told as %s', (bytes, told) => {
  expect(roughSize(bytes)).toBe(told);
});

test('a rough size is never less than the size, and at most a kilobyte or twice as much', () => {
  const factors: Record<string, number> = { kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12, PB: 1e15 };
  fc.assert(
    fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), bytes => {
      const [, amount = '', unit = ''] = /^up to (\d+) (\w+)$/.exec(roughSize(bytes)) ?? [];
      const most = Number(amount) * (factors[unit] ?? Number.NaN);
      expect(most).toBeGreaterThanOrEqual(bytes);
      expect(most).toBeLessThanOrEqual(Math.max(1_000, 2 * bytes));
    }),
  );
});
