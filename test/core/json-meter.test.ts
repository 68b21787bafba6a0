import { expect, test } from 'vitest';
import { JsonMeter } from '../../src/core/json-meter.ts';
import { fc } from '../support/properties.ts';

/** The same by its definition, on what was read. */
function signsOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const items = Object.values(value);
  const commas = Math.max(0, items.length - 1);
  return (
    1 + commas + (Array.isArray(value) ? 0 : items.length) + items.map(signsOf).reduce((a, b) => a + b, 0)
  );
}

const most = 50_000;

test('the limit is met exactly, wherever the bytes are cut and whatever stands in texts', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.integer({ min: 1, max: 50 }), (value, size) => {
      const signs = signsOf(value);
      // [value,0,0,…]: one bracket, and one comma each.
      const full = JSON.stringify([value, ...Array.from({ length: most - signs - 1 }, () => 0)]);
      const fed = (text: string) => {
        const meter = new JsonMeter();
        const bytes = Buffer.from(text);
        let more: string | undefined;
        const cuts = Math.min(bytes.length, 500);
        for (let at = 0; at < cuts; at += size)
          more ??= meter.feed(bytes.subarray(at, Math.min(cuts, at + size)));
        return more ?? meter.feed(bytes.subarray(cuts));
      };
      expect(fed(full)).toBeUndefined();
      expect(fed(`${full.slice(0, -1)},0]`)).toMatch(/commas/);
    }),
    { numRuns: 50 },
  );
});

test('120 levels are read, and one more is not', () => {
  const nested = (levels: number) => Buffer.from(`${'['.repeat(levels)}${']'.repeat(levels)}`);
  expect(new JsonMeter().feed(nested(120))).toBeUndefined();
  expect(new JsonMeter().feed(nested(121))).toMatch(/levels/);
});
