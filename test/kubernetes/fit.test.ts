import { expect, test } from 'vitest';
import { isObject, type Json, type JsonObject } from '../../src/core/json.ts';
import { misfitOf } from '../../src/kubernetes/fit.ts';
import { healthOf } from '../../src/kubernetes/health.ts';
import type { KubeObject } from '../../src/kubernetes/object.ts';
import { misshapenForm } from '../support/misshapen-form.ts';
import { fc } from '../support/properties.ts';
import { recordedObjects } from '../support/recorded-objects.ts';

const objects = recordedObjects();

test('whatever a real server sent fits, of thirty kinds and more', () => {
  expect(new Set(objects.map(({ kind }) => kind)).size).toBeGreaterThan(30);
  for (const object of objects)
    expect(misfitOf(structuredClone(object), object), object.kind).toBeUndefined();
});

const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } };

function podWith(spec: Json | undefined, more: JsonObject = {}): JsonObject {
  return { ...pod, spec, ...more };
}

test.each<[string, JsonObject, string]>([
  ['no spec', podWith(undefined), '.spec'],
  ['a spec that is null', podWith(null), '.spec'],
  ['no containers', podWith({}), '.spec.containers'],
  ['containers that are null', podWith({ containers: null }), '.spec.containers'],
  ['containers that are no list', podWith({ containers: { name: 'a' } }), '.spec.containers'],
  ['a container that is null', podWith({ containers: [{ name: 'a' }, null] }), '.spec.containers[1]'],
  ['a name that is a number', podWith({ containers: [{ name: 7 }] }), '.spec.containers[0].name'],
  ['a status that is a text', podWith({ containers: [] }, { status: 'Running' }), '.status'],
  [
    'a label that is a list',
    { ...podWith({ containers: [] }), metadata: { labels: { a: [] } } },
    '.metadata.labels',
  ],
])('of a pod with %s the path is told', (_what, object, path) => {
  expect(misfitOf(object, pod)).toBe(path);
});

test('null is absent, but for times and within what a kind leaves open', () => {
  const object: JsonObject = {
    ...podWith({ containers: [], initContainers: null, nodeName: null }),
    status: { conditions: [{ type: 'Ready', status: 'True', lastProbeTime: null }] },
  };
  expect(misfitOf(object, pod)).toBeUndefined();
  expect(object).toEqual({
    ...podWith({ containers: [] }),
    status: { conditions: [{ type: 'Ready', status: 'True', lastProbeTime: null }] },
  });
  const custom = {
    apiVersion: 'a.example/v1',
    kind: 'Widget',
    metadata: { name: 'a' },
    spec: { size: null },
  };
  expect(misfitOf(custom, custom)).toBeUndefined();
  expect(custom.spec).toEqual({ size: null });
});

test('metadata is looked at in every kind, and alone where no more was asked for', () => {
  const custom = { apiVersion: 'a.example/v1', kind: 'Widget' };
  expect(misfitOf({ ...custom, metadata: { name: 'a', ownerReferences: [{ uid: 7 }] } }, custom)).toBe(
    '.metadata.ownerReferences[0].uid',
  );
  expect(misfitOf({ ...pod }, { ...pod, metadataOnly: true })).toBeUndefined();
});

test('names of prototypes are names like others', () => {
  const object = JSON.parse(
    '{"kind":"Pod","metadata":{"name":"a"},"constructor":1,"__proto__":{"spec":7},"spec":{"containers":[],"toString":null}}',
  ) as JsonObject;
  expect(misfitOf(object, pod)).toBeUndefined();
});

test('what fits can be judged', () => {
  const forms = fc
    .constantFrom(...objects)
    .chain(original => fc.tuple(fc.constant(original), misshapenForm(original)));
  fc.assert(
    fc.property(forms, ([original, form]) => {
      const object = structuredClone(form);
      if (!isObject(object) || !isObject(object.metadata) || misfitOf(object, original) !== undefined) return;
      expect(healthOf({ ...object, ...kindOf(original) } as KubeObject).state).toBeTypeOf('string');
    }),
    { numRuns: 10_000 },
  );
});

function kindOf({ apiVersion, kind }: { apiVersion: string; kind: string }) {
  return { apiVersion, kind };
}
