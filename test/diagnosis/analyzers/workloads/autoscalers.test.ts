import { expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.ts';
import { autoscalersAnalyzer } from '../../../../src/diagnosis/analyzers/workloads/autoscalers.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';
import { ago, object, workload, written } from '../../../support/written-objects.ts';

const found = (...objects: JsonObject[]) => autoscalersAnalyzer.analyze(snapshotOf(written(...objects)));
const byShare = {
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } },
};
const scaler = ({
  target = {},
  metrics = [byShare],
  conditions,
}: {
  target?: JsonObject;
  metrics?: JsonObject[];
  conditions?: JsonObject[];
} = {}) =>
  object('HorizontalPodAutoscaler', 'web', {
    apiVersion: 'autoscaling/v2',
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', ...target },
      maxReplicas: 5,
      metrics,
    },
    ...(conditions === undefined ? {} : { status: { conditions } }),
  });
const requesting = (name = 'web') =>
  workload('Deployment', name, { pods: { container: { resources: { requests: { cpu: '100m' } } } } });
const inactive = (reason: string, message: string, minutes = 20) => ({
  type: 'ScalingActive',
  status: 'False',
  reason,
  message,
  lastTransitionTime: ago(minutes),
});

test('a target that is not there, mended where one name is meant', () => {
  const patch = '{"spec":{"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"web"}}}';
  expect(found(scaler({ target: { name: 'storefrnt' } }), requesting('storefront'))).toMatchObject([
    { code: 'HPA_TARGET_MISSING', confidence: 'likely' },
  ]);
  const [draft] = found(scaler({ target: { kind: 'StatefulSet' } }), requesting());
  expect(draft?.fixes).toMatchObject([{ tool: 'k8s_patch', arguments: { patch } }]);
  expect(found(scaler({ target: { name: 'other' } }), requesting())[0]).toMatchObject({
    fixes: [],
    question: expect.stringContaining('Which workload'),
  });
});

test('a version of the target that no server has', () => {
  const [draft] = found(scaler({ target: { apiVersion: 'extensions/v1beta1' } }), requesting());
  expect(draft).toMatchObject({ code: 'HPA_TARGET_MISSING', confidence: 'certain' });
  expect(draft?.fixes).toHaveLength(1);
});

test('a kind of the same name in a group of other makers is not judged', () => {
  const target = { apiVersion: 'apps.kruise.io/v1beta1', kind: 'StatefulSet', name: 'other' };
  expect(found(scaler({ target }), requesting())).toEqual([]);
});

test('a target that has no size', () => {
  expect(found(scaler({ target: { kind: 'DaemonSet' } }), workload('DaemonSet', 'web'))).toMatchObject([
    { code: 'HPA_TARGET_MISSING', summary: 'its target is a DaemonSet, which has no size to set' },
  ]);
});

test('a container that the target does not have', () => {
  const metrics = [
    {
      type: 'ContainerResource',
      containerResource: { name: 'cpu', container: 'app', target: { averageUtilization: 70 } },
    },
  ];
  expect(found(scaler({ metrics }), requesting())).toMatchObject([{ code: 'HPA_WITHOUT_METRICS', depth: 2 }]);
});

test('a share of requests that a container does not make', () => {
  expect(found(scaler(), workload('Deployment', 'web'))).toMatchObject([
    {
      code: 'HPA_WITHOUT_REQUESTS',
      severity: 'critical',
      summary: expect.stringContaining('container main of Deployment/web in shop requests none'),
    },
  ]);
});

test.each<[what: string, objects: JsonObject[]]>([
  ['requests what is measured', [scaler(), requesting()]],
  [
    'has a limit, which counts for both',
    [
      scaler(),
      workload('Deployment', 'web', { pods: { container: { resources: { limits: { cpu: '1' } } } } }),
    ],
  ],
  [
    'gets its requests from a limit range',
    [
      scaler(),
      workload('Deployment', 'web'),
      object('LimitRange', 'r', {
        spec: { limits: [{ type: 'Container', defaultRequest: { cpu: '100m' } }] },
      }),
    ],
  ],
  [
    'is measured by value',
    [
      scaler({ metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { averageValue: '1' } } }] }),
      workload('Deployment', 'web'),
    ],
  ],
  [
    'works as its status says',
    [scaler({ conditions: [{ type: 'ScalingActive', status: 'True' }] }), workload('Deployment', 'web')],
  ],
])('an autoscaler whose target %s is no finding', (_what, objects) => {
  expect(found(...objects)).toEqual([]);
});

test('metrics that cannot be had for minutes, with who is to serve them', () => {
  const message =
    'unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource';
  const world = (minutes: number) =>
    found(scaler({ conditions: [inactive('FailedGetResourceMetric', message, minutes)] }), requesting());
  expect(world(20)).toMatchObject([
    {
      code: 'HPA_WITHOUT_METRICS',
      depth: 0,
      dependsOn: expect.arrayContaining([
        { kind: 'APIService', name: 'v1beta1.metrics.k8s.io' },
        { kind: 'Deployment', name: 'web', namespace: 'shop' },
      ]),
    },
  ]);
  expect(world(2)).toEqual([]);
});

test('one that is asleep with its target is spoken of elsewhere', () => {
  expect(
    found(scaler({ conditions: [inactive('ScalingDisabled', 'scaling is disabled')] }), requesting()),
  ).toEqual([]);
});

test('one that may not scale its target', () => {
  const able = {
    type: 'AbleToScale',
    status: 'False',
    reason: 'FailedUpdateScale',
    message: 'forbidden',
    lastTransitionTime: ago(20),
  };
  expect(found(scaler({ conditions: [able] }), requesting())).toMatchObject([{ code: 'HPA_CANNOT_SCALE' }]);
});

test('targets that could not be read are not missing', () => {
  const unread = [{ kind: 'Deployment', why: 'forbidden' }];
  expect(autoscalersAnalyzer.analyze(snapshotOf(written(scaler()), { unread }))).toEqual([]);
});
