import { expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.ts';
import { autoscalerBoundsAnalyzer } from '../../../../src/diagnosis/analyzers/workloads/autoscaler-bounds.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';
import { ago, object, written } from '../../../support/written-objects.ts';

const found = (...objects: JsonObject[]) => autoscalerBoundsAnalyzer.analyze(snapshotOf(written(...objects)));
const scaler = (
  name: string,
  { target = 'web', minutes = 60, status }: { target?: string; minutes?: number; status?: JsonObject } = {},
) =>
  object('HorizontalPodAutoscaler', name, {
    apiVersion: 'autoscaling/v2',
    metadata: { creationTimestamp: ago(minutes) },
    spec: {
      scaleTargetRef: { kind: 'Deployment', name: target },
      maxReplicas: 5,
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 70 } } }],
    },
    ...(status === undefined ? {} : { status }),
  });
const maxed = (used: number, minutes: number) => ({
  currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: used } } }],
  conditions: [
    {
      type: 'ScalingLimited',
      status: 'True',
      reason: 'TooManyReplicas',
      message: 'm',
      lastTransitionTime: ago(minutes),
    },
  ],
});

test('two on one target are one finding, on the younger', () => {
  expect(
    found(scaler('old'), scaler('young', { minutes: 5 }), scaler('other', { target: 'api' })),
  ).toMatchObject([{ code: 'HPA_AMBIGUOUS', object: { name: 'young' }, breaks: [{ name: 'old' }] }]);
});

test.each([
  [95, 30, 'warning'],
  [95, 5, 'note'],
  [72, 30, 'note'],
])('at its maximum with %s %% used for %s min: %s', (used, minutes, severity) => {
  expect(found(scaler('web', { status: maxed(used, minutes) }))).toMatchObject([
    { code: 'HPA_MAXED', severity },
  ]);
});

test('one within its bounds is no finding', () => {
  expect(
    found(
      scaler('web', {
        status: { conditions: [{ type: 'ScalingLimited', status: 'False', reason: 'DesiredWithinRange' }] },
      }),
    ),
  ).toEqual([]);
});
