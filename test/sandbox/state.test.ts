import { expect, test } from 'vitest';
import type { KubeObject } from '../../src/kubernetes/object.ts';
import { type Change, ClusterState } from '../../src/sandbox/state.ts';
import { fc } from '../support/properties.ts';

function object(name: string, namespace: string, value: number): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace },
    data: { value: String(value) },
  };
}

const step = fc.record({
  remove: fc.boolean(),
  name: fc.constantFrom('a', 'b', 'a-b', 'ab', 'c'),
  namespace: fc.constantFrom('one', 'one-more', 'two'),
  value: fc.nat(3),
});

test('a list at any remembered revision is the list as it stood then, sorted, and all changes after it lead to the present', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.constantFrom('', 'one/', 'two/'), (steps, prefix) => {
      const state = new ClusterState();
      const seen = new Map<number, KubeObject[]>([[state.revision, []]]);
      for (const { remove, name, namespace, value } of steps) {
        if (remove) state.remove('maps', `${namespace}/${name}`);
        else state.put('maps', object(name, namespace, value));
        seen.set(state.revision, state.list('maps', prefix));
      }
      for (const [revision, then] of seen) {
        expect(state.listAt('maps', { revision, prefix })).toEqual(then);
        const keys = then.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
        expect(keys).toEqual([...keys].sort());
        expect(replay(then, state.changesAfter('maps', revision), prefix)).toEqual(
          state.list('maps', prefix),
        );
      }
    }),
    { numRuns: 60 },
  );
});

function replay(from: readonly KubeObject[], changes: readonly Change[], prefix: string): KubeObject[] {
  const objects = new Map(from.map(each => [`${each.metadata.namespace}/${each.metadata.name}`, each]));
  for (const { type, key, object } of changes) {
    if (!key.startsWith(prefix)) continue;
    if (type === 'DELETED') objects.delete(key);
    else objects.set(key, object);
  }
  return [...objects].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
}

test('what is stored is a new object with a new version, and the one before stays as it was', () => {
  const state = new ClusterState();
  const first = state.put('maps', object('a', 'one', 1));
  const copy = structuredClone(first);
  const second = state.put('maps', object('a', 'one', 2));
  expect(first).toEqual(copy);
  expect(Number(second.metadata.resourceVersion)).toBeGreaterThan(Number(first.metadata.resourceVersion));
});

test('only as many changes are remembered as a watch may lag behind', () => {
  const state = new ClusterState();
  for (let count = 0; count < 10_000; count++) state.put('maps', object('a', 'one', count));
  const remembered = state.changesAfter('maps', 0).length;
  expect(remembered).toBeGreaterThanOrEqual(2_000);
  expect(remembered).toBeLessThanOrEqual(2_500);
  expect(state.forgotten).toBe(state.revision - remembered);
});
