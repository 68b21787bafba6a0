import { describe, expect, test } from 'vitest';
import { withDefaults } from '../../src/kubernetes/defaults.ts';
import type { KubeObject } from '../../src/kubernetes/object.ts';
import { applyServerSide, trackUpdate } from '../../src/kubernetes/server-side-apply.ts';
import { fc } from '../support/properties.ts';

const at = (second: number) => `2026-11-21T12:00:${String(second).padStart(2, '0')}Z`;

function configMap(data: Record<string, string>): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'n' }, data };
}

function applied(result: ReturnType<typeof applyServerSide>): KubeObject {
  if (!('object' in result)) throw new Error(`not applied: ${JSON.stringify(result)}`);
  return result.object;
}

function apply(
  live: KubeObject | undefined,
  more: { object: KubeObject; manager: string; second: number; force?: boolean },
) {
  const { object, manager, second, force = false } = more;
  return applyServerSide({ live, applied: object, manager, force, time: at(second) });
}

const data = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2'));
const manager = fc.constantFrom('x', 'y', 'z');
const writes = fc.array(fc.record({ data, manager, isApply: fc.boolean() }), { maxLength: 6 });

function replay(
  history: readonly { data: Record<string, string>; manager: string; isApply: boolean }[],
): KubeObject | undefined {
  let live: KubeObject | undefined;
  for (const [second, step] of history.entries()) {
    const object = configMap(step.data);
    live = step.isApply
      ? applied(apply(live, { object, manager: step.manager, second, force: true }))
      : trackUpdate({ before: live, after: object, manager: step.manager, time: at(second) });
  }
  return live;
}

describe('server-side apply', () => {
  test('the same apply twice changes nothing, not even a time', () => {
    fc.assert(
      fc.property(writes, data, (history, last) => {
        const first = applied(
          apply(replay(history), { object: configMap(last), manager: 'x', second: 30, force: true }),
        );
        const again = applied(
          apply(first, { object: configMap(last), manager: 'x', second: 40, force: true }),
        );
        expect(again).toEqual(first);
      }),
    );
  });

  test('what was applied is what stands, and inputs are never changed', () => {
    fc.assert(
      fc.property(writes, data, (history, last) => {
        const live = replay(history);
        const copy = structuredClone(live);
        const object = applied(
          apply(live, { object: configMap(last), manager: 'x', second: 30, force: true }),
        );
        expect(object['data'] ?? {}).toMatchObject(last);
        expect(live).toEqual(copy);
      }),
    );
  });

  test('without force an apply either conflicts or leaves all values that others own', () => {
    fc.assert(
      fc.property(writes, data, (history, last) => {
        const live = replay(history);
        const result = apply(live, { object: configMap(last), manager: 'new', second: 30 });
        const before = (live?.['data'] ?? {}) as Record<string, string>;
        const clashes = Object.keys(last).filter(
          key => before[key] !== undefined && before[key] !== last[key],
        );
        if (clashes.length === 0) {
          expect(applied(result)['data'] ?? {}).toEqual({ ...before, ...last });
        } else {
          expect(result).toHaveProperty('conflicts');
        }
      }),
    );
  });

  test('a conflict names manager, operation, version, time and field', () => {
    const live = trackUpdate({
      before: undefined,
      after: configMap({ a: '1' }),
      manager: 'editor',
      time: at(1),
    });
    expect(apply(live, { object: configMap({ a: '2' }), manager: 'app', second: 2 })).toEqual({
      conflicts: [
        { manager: 'editor', operation: 'Update', apiVersion: 'v1', time: at(1), field: '.data.a' },
      ],
    });
  });

  test('an object that nobody tracked belongs to before-first-apply', () => {
    const live = { ...configMap({ a: '1' }), metadata: { name: 'c', namespace: 'n', uid: 'u' } };
    const object = applied(apply(live, { object: configMap({ b: '2' }), manager: 'app', second: 2 }));
    expect(object.metadata.managedFields?.map(entry => entry['manager'])).toEqual([
      'app',
      'before-first-apply',
    ]);
  });

  test('custom resources merge by member, keep lists whole and take any field', () => {
    const widget = (spec: Record<string, unknown>) =>
      ({ apiVersion: 'x.dev/v1', kind: 'Widget', metadata: { name: 'w' }, spec }) as KubeObject;
    const live = applied(
      apply(undefined, { object: widget({ list: ['a'], map: { a: 1 } }), manager: 'x', second: 1 }),
    );
    const next = applied(apply(live, { object: widget({ map: { b: 2 } }), manager: 'y', second: 2 }));
    expect(next.spec).toEqual({ list: ['a'], map: { a: 1, b: 2 } });
    const clash = apply(next, { object: widget({ list: ['b'] }), manager: 'y', second: 3 });
    expect(clash).toMatchObject({ conflicts: [{ manager: 'x', field: '.spec.list' }] });
  });
});

describe('tracked updates', () => {
  test('a reference is owned as a whole, but the claim of a volume by its members', () => {
    const claimRef = { name: 'c', namespace: 'n' };
    const volume = {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: 'v' },
      spec: { claimRef },
    };
    const event = { apiVersion: 'v1', kind: 'Event', metadata: { name: 'e' }, involvedObject: { name: 'p' } };
    const fieldsOf = (after: KubeObject) =>
      trackUpdate({ before: undefined, after, manager: 'x', time: at(1) }).metadata.managedFields?.[0]?.[
        'fieldsV1'
      ];
    expect(fieldsOf(volume)).toEqual({
      'f:spec': { 'f:claimRef': { '.': {}, 'f:name': {}, 'f:namespace': {} } },
    });
    expect(fieldsOf(event)).toEqual({ 'f:involvedObject': {} });
  });

  test('a write that changes nothing leaves entries and times as they were', () => {
    const first = trackUpdate({ before: undefined, after: configMap({ a: '1' }), manager: 'x', time: at(1) });
    expect(trackUpdate({ before: first, after: configMap({ a: '1' }), manager: 'y', time: at(2) })).toEqual(
      first,
    );
  });

  test('a manager that changes more keeps one entry with the newer time', () => {
    const first = trackUpdate({ before: undefined, after: configMap({ a: '1' }), manager: 'x', time: at(1) });
    const second = trackUpdate({
      before: first,
      after: configMap({ a: '1', b: '2' }),
      manager: 'x',
      time: at(2),
    });
    expect(second.metadata.managedFields).toEqual([
      expect.objectContaining({ time: at(2), fieldsV1: { 'f:data': { '.': {}, 'f:a': {}, 'f:b': {} } } }),
    ]);
  });

  test('a subresource has an entry of its own', () => {
    const deployment = withDefaults({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
      spec: {
        selector: { matchLabels: { a: 'b' } },
        template: { spec: { containers: [{ name: 'c', image: 'i' }] } },
      },
    });
    const first = trackUpdate({ before: undefined, after: deployment, manager: 'x', time: at(1) });
    const scaled = { ...first, spec: { ...first.spec, replicas: 3 } };
    const second = trackUpdate({
      before: first,
      after: scaled,
      manager: 'x',
      time: at(2),
      subresource: 'scale',
    });
    expect(second.metadata.managedFields).toHaveLength(2);
    expect(second.metadata.managedFields?.[1]).toMatchObject({
      subresource: 'scale',
      fieldsV1: { 'f:spec': { 'f:replicas': {} } },
    });
  });

  test('an empty list of managers asks for a fresh start', () => {
    const first = trackUpdate({ before: undefined, after: configMap({ a: '1' }), manager: 'x', time: at(1) });
    const after = { ...configMap({ a: '1' }), metadata: { ...first.metadata, managedFields: [] } };
    expect(
      trackUpdate({ before: first, after, manager: 'y', time: at(2) }).metadata.managedFields,
    ).toBeUndefined();
  });

  test('more than ten updaters are folded into ancient-changes', () => {
    let live = trackUpdate({ before: undefined, after: configMap({ k: '0' }), manager: 'm', time: at(0) });
    const all: Record<string, string> = { k: '0' };
    for (let count = 1; count <= 14; count += 1) {
      all[`k${count}`] = '1';
      live = trackUpdate({
        before: live,
        after: configMap({ ...all }),
        manager: `m${count}`,
        time: at(count),
      });
    }
    const managers = live.metadata.managedFields?.map(entry => entry['manager']) ?? [];
    expect(managers).toHaveLength(10);
    expect(managers[0]).toBe('ancient-changes');
    expect(managers.at(-1)).toBe('m14');
  });
});
