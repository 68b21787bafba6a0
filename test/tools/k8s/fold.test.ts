import { expect, test } from 'vitest';
import type { Json } from '../../../src/core/json.ts';
import { foldToFit } from '../../../src/tools/k8s/fold.ts';
import { fc } from '../../support/properties.ts';

const measure = (value: Json) => Buffer.byteLength(JSON.stringify(value));

test('a value that fits stays as it is', () => {
  const value = { a: [1, 2, 3] };
  expect(foldToFit(value, { bytes: 1_000, measure })).toEqual({ value, cut: [] });
});

test('the large part is left out by its path and size, the small ones stay', () => {
  const value = { kind: 'ConfigMap', data: { small: 'kept', 'large.txt': 'x'.repeat(50_000) } };
  const folded = foldToFit(value, { bytes: 4_000, measure });
  expect(folded.cut).toEqual(['data["large.txt"]']);
  expect(folded.value).toMatchObject({
    kind: 'ConfigMap',
    data: { small: 'kept', 'large.txt': expect.stringMatching(/^x{100}… \(50002 bytes, cut\)$/) },
  });
});

test('thousands of small members are folded into their parent', () => {
  const value = {
    kind: 'ConfigMap',
    data: Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`key-${n}`, 'v'])),
  };
  const folded = foldToFit(value, { bytes: 4_000, measure });
  expect(folded.cut).toEqual(['data']);
  expect(folded.value).toMatchObject({
    kind: 'ConfigMap',
    data: expect.stringMatching(/^\(5000 fields, \d+ bytes, left out\)$/),
  });
});

test('whatever is folded fits and every part left out is named', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), value => {
      const whole = { text: 'y'.repeat(3_000), value: JSON.parse(JSON.stringify(value)) as Json };
      const folded = foldToFit(whole, { bytes: 2_000, measure });
      expect(measure(folded.value)).toBeLessThanOrEqual(2_000);
      expect(folded.cut).toContain('text');
    }),
  );
});
