import { describe, expect, test } from 'vitest';
import { VigieError } from '../../src/core/errors.ts';
import type { Json } from '../../src/core/json.ts';
import { applyJsonPatch } from '../../src/kubernetes/json-patch.ts';
import type { KubeObject } from '../../src/kubernetes/object.ts';
import { fc } from '../support/properties.ts';

const live: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'c', finalizers: ['shop.example/a', 'shop.example/b'] },
  data: { a: '1', 'x/y': '2' },
};

describe('applyJsonPatch', () => {
  test('applies in order and leaves the input alone', () => {
    const copy = structuredClone(live);
    const patched = applyJsonPatch(live, [
      { op: 'test', path: '/data/a', value: '1' },
      { op: 'replace', path: '/data/a', value: '3' },
      { op: 'copy', from: '/data/a', path: '/data/b' },
      { op: 'remove', path: '/data/x~1y' },
    ]);
    expect(patched['data']).toEqual({ a: '3', b: '3' });
    expect(live).toEqual(copy);
  });

  test('a key may be called as what every object has', () => {
    const patched = applyJsonPatch(live, [
      { op: 'add', path: '/data/constructor', value: '1' },
      { op: 'replace', path: '/data/constructor', value: '2' },
      { op: 'replace', path: '/data/toString', value: '3' },
    ]);
    expect(patched['data']).toMatchObject({ constructor: '2', toString: '3' });
  });

  test('whatever the operations are, it either applies or refuses them, and reaches nothing but the object', () => {
    const token = fc.constantFrom(
      'data',
      'a',
      'x~1y',
      '0',
      '1',
      '2',
      '-',
      'length',
      '__proto__',
      'constructor',
    );
    const path = fc
      .array(fc.oneof(token, fc.constantFrom('metadata', 'finalizers', '')), { maxLength: 4 })
      .map(tokens => tokens.map(each => `/${each}`).join(''));
    const op = fc.constantFrom('add', 'replace', 'remove', 'test', 'move', 'copy');
    const operation = fc.record({ op, path, from: path, value: fc.constantFrom<Json>('s', {}, [], 1) });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 3 }), operations => {
        try {
          applyJsonPatch(live, operations);
        } catch (error) {
          expect(error).toBeInstanceOf(VigieError);
        }
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test.each<[string, Json]>([
    ['a test that fails', [{ op: 'test', path: '/data/a', value: '2' }]],
    ['a path that is not there', [{ op: 'remove', path: '/data/none' }]],
    ['a letter of a text', [{ op: 'replace', path: '/data/a/0', value: 'x' }]],
    ['a letter behind the end of a text', [{ op: 'replace', path: '/data/a/1', value: 'x' }]],
    ['a letter that is added to a text', [{ op: 'add', path: '/data/a/0', value: 'x' }]],
    ['a letter that is taken from a text', [{ op: 'remove', path: '/data/a/0' }]],
    ['the length of a text', [{ op: 'remove', path: '/data/a/length' }]],
    ['the length of a list', [{ op: 'remove', path: '/metadata/finalizers/length' }]],
    ['what every object inherits', [{ op: 'remove', path: '/data/toString' }]],
    ['what every object inherits by a name', [{ op: 'remove', path: '/data/constructor' }]],
    ['the prototype', [{ op: 'add', path: '/data/__proto__', value: {} }]],
    ['a way through the prototype', [{ op: 'add', path: '/__proto__/data/a', value: '2' }]],
    ['no pointer', [{ op: 'remove', path: 'data/a' }]],
    ['a move into itself', [{ op: 'move', from: '/data', path: '/data/b' }]],
  ])('%s is rejected with the place of the operation', (_, patch) => {
    expect(() => applyJsonPatch(live, patch)).toThrow(
      expect.objectContaining({ code: 'REJECTED_BY_SERVER', details: expect.objectContaining({ index: 0 }) }),
    );
  });

  test.each<[string, Json]>([
    ['no list', { op: 'add' }],
    ['an unknown operation', [{ op: 'explode', path: '/a' }]],
    ['a copy from nowhere', [{ op: 'copy', path: '/a' }]],
    [
      'too many operations',
      Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/kind', value: 'ConfigMap' })),
    ],
  ])('%s is invalid input', (_, patch) => {
    expect(() => applyJsonPatch(live, patch)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
  });
});
