import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/core/json.ts';
import { applyJsonPatch } from '../../src/kubernetes/json-patch.ts';
import type { KubeObject } from '../../src/kubernetes/object.ts';

const live: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'c' },
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

  test.each<[string, Json]>([
    ['a test that fails', [{ op: 'test', path: '/data/a', value: '2' }]],
    ['a path that is not there', [{ op: 'remove', path: '/data/none' }]],
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
