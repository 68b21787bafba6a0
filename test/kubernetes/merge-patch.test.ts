import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { mergePatch, mergePatchBetween } from '../../src/kubernetes/merge-patch.ts';
import { fc } from '../support/properties.ts';

// Few names, so that two objects share some; among them one that breaks careless code.
const name = fc.constantFrom('a', 'b', 'c', '__proto__');
const { value: withoutNulls } = fc.letrec<{ value: JsonObject }>(tie => ({
  value: fc
    .array(
      fc.tuple(
        name,
        fc.oneof(
          { depthSize: 'small' },
          fc.integer(),
          fc.string(),
          fc.boolean(),
          fc.array(fc.integer()),
          tie('value'),
        ),
      ),
    )
    .map(entries => Object.fromEntries(entries) as JsonObject),
}));

describe('mergePatch', () => {
  test.each<[string, JsonObject, Json, Json]>([
    ['null deletes a member', { a: 'b', c: 'd' }, { a: null }, { c: 'd' }],
    ['an array replaces an array', { a: ['b'] }, { a: ['c', 'd'] }, { a: ['c', 'd'] }],
    ['objects merge', { a: { b: 'c', d: 'e' } }, { a: { b: 'x', d: null } }, { a: { b: 'x' } }],
    ['an object replaces a scalar', { a: 'b' }, { a: { c: 1 } }, { a: { c: 1 } }],
    ['a patch that is no object is the result', { a: 1 }, ['x'], ['x']],
    ['a null below a new member is dropped', {}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%s', (_, target, patch, result) => {
    expect(mergePatch(target, patch)).toEqual(result);
  });

  test('the patch between two objects turns one into the other', () => {
    fc.assert(
      fc.property(withoutNulls, withoutNulls, (before, after) => {
        expect(mergePatch(before, mergePatchBetween(before, after))).toEqual(after);
      }),
    );
  });

  test('the patch between equal objects is empty', () => {
    fc.assert(
      fc.property(withoutNulls, object => {
        expect(mergePatchBetween(object, structuredClone(object))).toEqual({});
      }),
    );
  });

  test('neither input is changed', () => {
    fc.assert(
      fc.property(withoutNulls, withoutNulls, (before, after) => {
        const copies = structuredClone([before, after]);
        mergePatch(before, after);
        mergePatchBetween(before, after);
        expect([before, after]).toEqual(copies);
      }),
    );
  });
});
