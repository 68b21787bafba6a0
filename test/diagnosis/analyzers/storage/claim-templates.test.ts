import { expect, test } from 'vitest';
import { claimTemplatesAnalyzer } from '../../../../src/diagnosis/analyzers/storage/claim-templates.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';

const set = (replicas = 1) => `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec:
  replicas: ${replicas}
  selector: {}
  template: {spec: {containers: []}}
  volumeClaimTemplates: [{metadata: {name: data}, spec: {storageClassName: fsat}}]
`;
const claim = `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data-db-0, namespace: shop}
spec: {storageClassName: fsat}
`;
const storageClass = `
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: fsat}
provisioner: p
`;

const analyze = (...documents: string[]) => claimTemplatesAnalyzer.analyze(snapshotOf(documents.join('---')));

test('a template that names a missing class is found before a claim is made from it', () => {
  expect(analyze(set())).toMatchObject([
    {
      code: 'TEMPLATE_CLASS_MISSING',
      object: { kind: 'StatefulSet', name: 'db' },
      evidence: ['spec.volumeClaimTemplates[0].spec.storageClassName: fsat'],
    },
  ]);
});

test('once there is a claim it is that which is looked at; no pods need none; and a class that is there is well', () => {
  expect(analyze(set(), claim)).toEqual([]);
  expect(analyze(set(0))).toEqual([]);
  expect(analyze(set(), storageClass)).toEqual([]);
});

test('volumes that a pod brings along are looked at, too', () => {
  const job = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {}
  template: {spec: {containers: [], volumes: [{name: v, ephemeral: {volumeClaimTemplate: {spec: {storageClassName: gone}}}}]}}
`;
  expect(analyze(job)).toMatchObject([{ object: { kind: 'Deployment', name: 'web' } }]);
});
