import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readCursor, writeCursor } from '../../../src/tools/k8s/list-cursor.ts';

test('a place that was written is read back', () => {
  const place = fc.record({
    token: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
    skip: fc.integer({ min: 0, max: 500 }),
    limit: fc.integer({ min: 1, max: 500 }),
  });
  fc.assert(
    fc.property(place, at => {
      expect(readCursor(writeCursor(at), 7)).toEqual(at);
    }),
  );
});

test('without a cursor the list starts with the limit of the call', () => {
  expect(readCursor(undefined, 7)).toEqual({ token: undefined, skip: 0, limit: 7 });
});

test.each(['', 'abc', '1.2', '0.0.x', '0.9999.x', '-1.5.x'])('%j is no cursor', cursor => {
  expect(() => readCursor(cursor, 7)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
});
