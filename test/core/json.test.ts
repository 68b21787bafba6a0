import { expect, test } from 'vitest';
import { canonicalJson, isSameJson, parsedObject } from '../../src/core/json.ts';
import { fc } from '../support/properties.ts';

const members = fc.dictionary(
  fc.constantFrom('a', 'b', 'c'),
  fc.option(fc.constantFrom(1, 'x', null), { nil: undefined }),
);
const values = fc.oneof(fc.jsonValue(), members, fc.array(members));

test('two values are the same when their canonical texts are', () => {
  fc.assert(
    fc.property(values, values, (left, right) => {
      expect(isSameJson(left, right)).toBe(canonicalJson(left) === canonicalJson(right));
      expect(isSameJson(left, structuredClone(left))).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('a text holds an object or none, whatever it is', () => {
  expect(parsedObject('{"a":[1]}')).toEqual({ a: [1] });
  for (const text of ['', '{', '[{}]', 'null', '"{}"', '1', '{} {}'])
    expect(parsedObject(text)).toBeUndefined();
});
