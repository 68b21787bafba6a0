import { expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.ts';
import { scaledToZeroAnalyzer } from '../../../../src/diagnosis/analyzers/workloads/scaled-to-zero.ts';
import { diagnose } from '../../../../src/diagnosis/diagnose.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';
import { object, ownedBy, workload, written } from '../../../support/written-objects.ts';

const found = (...objects: JsonObject[]) => scaledToZeroAnalyzer.analyze(snapshotOf(written(...objects)));
const asleep = (metadata: JsonObject = {}) => workload('Deployment', 'web', { replicas: 0, metadata });
const service = object('Service', 'web', { spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } });
const ingress = object('Ingress', 'web', {
  apiVersion: 'networking.k8s.io/v1',
  spec: {
    rules: [
      {
        http: {
          paths: [
            { path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } },
          ],
        },
      },
    ],
  },
});
const scaler = (minReplicas?: number) =>
  object('HorizontalPodAutoscaler', 'web', {
    apiVersion: 'autoscaling/v2',
    spec: {
      scaleTargetRef: { kind: 'Deployment', name: 'web' },
      maxReplicas: 5,
      ...(minReplicas === undefined ? {} : { minReplicas }),
    },
  });

test.each<[what: string, objects: JsonObject[], user: string, severity: string]>([
  ['a service', [service], 'Service/web', 'critical'],
  ['an ingress', [service, ingress], 'Ingress/web', 'critical'],
  ['an autoscaler', [scaler()], 'HorizontalPodAutoscaler/web', 'warning'],
])('a workload without pods to which %s leads', (_what, objects, user, severity) => {
  expect(found(asleep(), ...objects)).toMatchObject([
    { code: 'SCALED_TO_ZERO', severity, summary: `it runs no pods, and ${user} in shop leads to it` },
  ]);
});

test.each<[what: string, objects: JsonObject[], replicas: number]>([
  ["its autoscaler's minimum", [asleep(), scaler(3)], 3],
  [
    'what its replica set was to run',
    [
      asleep(),
      workload('ReplicaSet', 'web-1', {
        replicas: 0,
        metadata: {
          ...ownedBy('Deployment', 'web'),
          annotations: { 'deployment.kubernetes.io/desired-replicas': '4' },
        },
      }),
    ],
    4,
  ],
  [
    'what was applied last',
    [
      asleep({
        annotations: {
          'kubectl.kubernetes.io/last-applied-configuration':
            '{"kind":"Deployment","spec":{"paused":false,"replicas":2,"template":{}}}',
        },
      }),
    ],
    2,
  ],
])('it is scaled to %s', (_what, objects, replicas) => {
  expect(found(service, ...objects)[0]?.fixes).toMatchObject([
    { tool: 'k8s_scale', arguments: { replicas } },
  ]);
});

test('without a record of its size it asks', () => {
  expect(found(service, asleep())[0]).toMatchObject({ fixes: [], question: 'How many pods should it run?' });
});

test.each<[what: string, objects: JsonObject[]]>([
  ['to which nothing leads', [asleep()]],
  [
    'beside another that serves',
    [
      asleep(),
      service,
      workload('Deployment', 'green', {
        spec: { template: { metadata: { labels: { app: 'web' } }, spec: { containers: [] } } },
      }),
    ],
  ],
  [
    'that KEDA scales',
    [
      asleep(),
      service,
      object('ScaledObject', 'web', {
        apiVersion: 'keda.sh/v1alpha1',
        spec: { scaleTargetRef: { name: 'web' } },
      }),
    ],
  ],
  ['that Knative puts to sleep', [asleep({ labels: { 'serving.knative.dev/service': 'web' } }), service]],
  [
    'that a downscaler put to sleep',
    [asleep({ annotations: { 'downscaler/original-replicas': '2' } }), service],
  ],
])('a workload without pods %s is no finding', (_what, objects) => {
  expect(found(...objects)).toEqual([]);
});

test('it explains the service that leads nowhere', () => {
  const { findings } = diagnose(snapshotOf(written(asleep(), service, ingress)));
  expect(findings.map(({ code }) => code)).toEqual(['SCALED_TO_ZERO']);
});

test.each<[what: string, metadata: JsonObject, replicas: string]>([
  ['another namespace', { namespace: 'evil' }, '4'],
  ['more pods than anybody would start unasked', {}, '900000'],
])('a replica set of %s says not how many pods there were', (_what, metadata, replicas) => {
  const recorded = workload('ReplicaSet', 'web-1', {
    replicas: 0,
    metadata: {
      ...ownedBy('Deployment', 'web'),
      annotations: { 'deployment.kubernetes.io/desired-replicas': replicas },
      ...metadata,
    },
  });
  expect(found(asleep(), service, recorded)).toMatchObject([
    { fixes: [], question: 'How many pods should it run?' },
  ]);
});
