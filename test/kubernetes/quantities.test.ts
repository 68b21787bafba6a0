import { describe, expect, test } from 'vitest';
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  quantityToNumber,
  readQuantity,
} from '../../src/kubernetes/quantities.ts';
import { fc } from '../support/properties.ts';

describe('quantities', () => {
  test.each([
    ['1000m', '1'],
    ['0.5', '500m'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['1e3', '1e3'],
    ['1000k', '1M'],
    ['0', '0'],
    ['-1500m', '-1500m'],
    ['0.5Ki', '512'],
    ['100n', '100n'],
  ])('%s is stored as %s', (text, stored) => {
    expect(canonicalQuantity(text)).toBe(stored);
  });

  test.each(['', 'abc', '1 Gi', '1GiB', '--1', '1e', 'e3', '1K', '1e999999999', '9'.repeat(100)])(
    '%j is none',
    text => {
      expect(readQuantity(text)).toBeUndefined();
      expect(() => parseQuantity(text)).toThrow('quantities must match the regular expression');
    },
  );

  test('compare by value, whatever the unit', () => {
    expect(compareQuantities('1Gi', '1G')).toBeGreaterThan(0);
    expect(compareQuantities('1', '1000m')).toBe(0);
    expect(compareQuantities('0.1n', '1n')).toBe(0);
    expect(compareQuantities('-1', '0')).toBeLessThan(0);
  });

  test('add without rounding and keep the binary notation', () => {
    expect(addQuantities(['100m', '900m'])).toBe('1');
    expect(addQuantities(['512Mi', '512Mi'])).toBe('1Gi');
    expect(addQuantities([])).toBe('0');
    expect(addQuantities([1, '0.1', '0.2'])).toBe('1300m');
    expect(quantityToNumber('1.5Ki')).toBe(1536);
  });

  test('are read back from their canonical text', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }),
        fc.constantFrom('binary', 'decimal'),
        (nano, form) => {
          expect(readQuantity(formatQuantity(nano, form))).toBe(nano);
        },
      ),
    );
  });
});
