import { expect, test } from 'vitest';
import { segmentFrom, segmentsBetween, startOf } from '../../../src/backups/engines/wal-segments.ts';
import { fc } from '../../support/properties.ts';

const usual = 16 * 1024 * 1024;

test('names run on over the end of their last half, which the size of segments sets', () => {
  expect(segmentFrom('0000000100000000000000FF', 1, usual)).toBe('000000010000000100000000');
  expect(segmentFrom('000000010000000100000000', -1, usual)).toBe('0000000100000000000000FF');
  expect(segmentFrom('0000000A0000000000000003', 1, 1024 * 1024 * 1024)).toBe('0000000A0000000100000000');
});

test('a segment begins where the server says it does', () => {
  expect(startOf('000000010000000000000003', usual)).toBe('0/3000000');
  expect(startOf('0000000200000012000000AB', usual)).toBe('12/AB000000');
});

test('what lies between is every segment once, and nothing where the last is older', () => {
  expect(segmentsBetween('0000000100000000000000FE', '000000010000000100000001', usual)).toEqual([
    '0000000100000000000000FE',
    '0000000100000000000000FF',
    '000000010000000100000000',
    '000000010000000100000001',
  ]);
  expect(segmentsBetween('000000010000000000000005', '000000010000000000000004', usual)).toEqual([]);
});

test('one on and one back is the same segment', () => {
  const sizes = fc.constantFrom(1, 2, 16, 64, 1024).map(megabytes => megabytes * 1024 * 1024);
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 0xffff }), fc.nat(0xffffff), (size, high, low) => {
      const part = (value: number): string => value.toString(16).toUpperCase().padStart(8, '0');
      const name = `00000001${part(high)}${part(low % (0x1_0000_0000 / size))}`;
      expect(segmentFrom(segmentFrom(name, 1, size), -1, size)).toBe(name);
    }),
  );
});
