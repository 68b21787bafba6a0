import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { resolveOperations } from '../../src/kubernetes/json-operations.ts';
import { applyJsonPatch } from '../../src/kubernetes/json-patch.ts';
import { applyMergePatch } from '../../src/kubernetes/merge-patch.ts';
import type { KubeObject } from '../../src/kubernetes/object.ts';
import { fc } from '../support/properties.ts';

function objectWith(spec: JsonObject): KubeObject {
  return { apiVersion: 'v1', kind: 'Thing', metadata: { name: 'one' }, spec };
}

describe('a JSON patch, resolved', () => {
  test('names what was set even where it was so already, or a right guess would be nothing to do', () => {
    const live = objectWith({ password: 'right' });
    const { patch, said } = resolveOperations(live, [
      { op: 'replace', path: '/spec/password', value: 'right' },
    ]);
    expect(patch).toEqual({ spec: { password: 'right' } });
    expect(said).toEqual(['/spec/password']);
  });

  test('sets the whole list that an item belongs to, and says that the caller chose the item alone', () => {
    const live = objectWith({ list: [{ a: 1 }, { a: 2, secret: 'x' }] });
    expect(resolveOperations(live, [{ op: 'replace', path: '/spec/list/0/a', value: 9 }])).toEqual({
      patch: { spec: { list: [{ a: 9 }, { a: 2, secret: 'x' }] } },
      said: ['/spec/list/0/a'],
    });
  });

  test('says that the caller chose the whole list where items came or went', () => {
    const live = objectWith({ list: ['a', 'b'] });
    const resolved = resolveOperations(live, [
      { op: 'remove', path: '/spec/list/0' },
      { op: 'replace', path: '/spec/list/0', value: 'c' },
    ]);
    expect(resolved).toEqual({ patch: { spec: { list: ['c'] } }, said: ['/spec/list'] });
  });

  test('takes members away that a replaced object has no more', () => {
    const live = objectWith({ labels: { 'a/b': '1', c: '2' } });
    const operations = [{ op: 'replace', path: '/spec/labels', value: { d: '3' } }];
    expect(resolveOperations(live, operations).patch).toEqual({
      spec: { labels: { 'a/b': null, c: null, d: '3' } },
    });
  });

  test('refuses operations that could answer a guess or show a value, and more than a person reads', () => {
    const live = objectWith({ a: 'b' });
    for (const op of ['test', 'move', 'copy'])
      expect(() => resolveOperations(live, [{ op, path: '/spec/a', from: '/spec/a', value: 'b' }])).toThrow(
        /only add, replace and remove/,
      );
    const many = Array.from({ length: 101 }, () => ({ op: 'add', path: '/spec/a', value: '1' }));
    expect(() => resolveOperations(live, many)).toThrow(/101 operations/);
  });

  test('leaves the object that the operations leave, whatever they are', () => {
    const value: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>(tie => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom<Json[]>('x', 1, true),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('a', 'b', 'c~/d', '__proto__'), tie('value'), { maxKeys: 3 }),
      ),
    })).value;
    const operation = fc.record({
      op: fc.constantFrom('add', 'replace', 'remove'),
      path: fc
        .array(fc.constantFrom('a', 'b', 'c~0~1d', '0', '1', '-'), { minLength: 1, maxLength: 3 })
        .map(tokens => `/spec/${tokens.join('/')}`),
      value,
    });
    let compared = 0;
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('a', 'b', 'c~/d'), value, { maxKeys: 3 }),
        fc.array(operation, { minLength: 1, maxLength: 4 }),
        (spec, operations) => {
          const live = objectWith(spec);
          let wanted: KubeObject;
          try {
            wanted = applyJsonPatch(live, operations);
          } catch {
            return;
          }
          compared += 1;
          expect(applyMergePatch(live, resolveOperations(live, operations).patch)).toEqual(wanted);
        },
      ),
      { numRuns: 2_000 },
    );
    expect(compared).toBeGreaterThan(100);
  });
});
