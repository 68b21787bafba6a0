import { expect, test } from 'vitest';
import { deprecatedApisAnalyzer } from '../../../../src/diagnosis/analyzers/cluster/deprecated-apis.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';

const budget = (annotation: string, name = 'web') => `
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: ${name}
  namespace: shop
  annotations: {kubectl.kubernetes.io/last-applied-configuration: '${annotation}'}
spec: {}
`;

const analyze = (serverVersion: string, ...documents: string[]) =>
  deprecatedApisAnalyzer.analyze(snapshotOf(documents.join('---'), { serverVersion }));

const old = '{"apiVersion":"policy/v1beta1","kind":"PodDisruptionBudget"}';

test('a manifest in a version that is gone is told once for all objects of its kind', () => {
  expect(analyze('v1.36.2', budget(old), budget(old, 'web-2'))).toMatchObject([
    {
      code: 'API_VERSION_REMOVED',
      severity: 'warning',
      object: { kind: 'PodDisruptionBudget', name: 'web' },
      summary: 'it and 1 more of its kind are written as policy/v1beta1, which is gone since 1.25',
      question: 'Where is its manifest? It has to be written as policy/v1.',
    },
  ]);
});

test.each([
  ['v1.24.9', 'warning'],
  ['v1.23.0', 'warning'],
  ['v1.22.1', 'note'],
])('beside a server %s a version that goes with 1.25 is a %s', (version, severity) => {
  expect(analyze(version, budget(old))).toMatchObject([{ severity }]);
});

test('a writer that uses a version which still is served is found by its own words', () => {
  const written = `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: web
  namespace: shop
  managedFields: [{manager: deployer, operation: Update, apiVersion: autoscaling/v2beta2}]
spec: {}
`;
  expect(analyze('v1.25.0', written)).toMatchObject([
    { evidence: ['managedFields[0] of deployer, apiVersion: autoscaling/v2beta2'] },
  ]);
  expect(analyze('v1.36.2', written)).toEqual([]);
});

test('annotations that are no manifest say nothing', () => {
  expect(analyze('v1.36.2', budget('{not json'))).toEqual([]);
  expect(analyze('v1.36.2', budget('[1]'))).toEqual([]);
  expect(analyze('v1.36.2', budget(old.replace('v1beta1', 'v1')))).toEqual([]);
});

test('custom kinds with objects in a version that is deprecated, or no longer served, are found', () => {
  const definition = (versions: string, stored: string) => `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec: {group: example.com, scope: Namespaced, names: {kind: Thing, plural: things}, versions: [${versions}]}
status: {storedVersions: [${stored}]}
`;
  const now = '{name: v1, served: true, storage: true}';
  const deprecated = `${now}, {name: v1beta1, served: true, deprecated: true}`;
  expect(analyze('v1.36.2', definition(now, 'v1'))).toEqual([]);
  expect(
    analyze('v1.36.2', definition(`${now}, {name: v1beta1, served: false}`, 'v1beta1, v1')),
  ).toMatchObject([
    {
      code: 'CRD_VERSION_OLD',
      severity: 'warning',
      summary: 'objects may be stored as v1beta1, which it serves no longer',
    },
  ]);
  expect(analyze('v1.36.2', definition(deprecated, 'v1beta1, v1'))).toMatchObject([{ severity: 'warning' }]);
  expect(analyze('v1.36.2', definition(deprecated, 'v1'))).toMatchObject([{ severity: 'note' }]);
});

test('of files the newest kubelet tells the version of the server', () => {
  const node = `
apiVersion: v1
kind: Node
metadata: {name: n1}
status: {nodeInfo: {kubeletVersion: v1.22.4}}
`;
  const look = (...documents: string[]) => deprecatedApisAnalyzer.analyze(snapshotOf(documents.join('---')));
  expect(look(budget(old), node)).toMatchObject([{ severity: 'note' }]);
  expect(look(budget(old))).toMatchObject([{ severity: 'warning' }]);
});
