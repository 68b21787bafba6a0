import { expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.ts';
import { disruptionBudgetsAnalyzer } from '../../../../src/diagnosis/analyzers/workloads/disruption-budgets.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';
import { ago, object, workload, written } from '../../../support/written-objects.ts';

const found = (...objects: JsonObject[]) =>
  disruptionBudgetsAnalyzer.analyze(snapshotOf(written(...objects)));
const budget = (spec: JsonObject, { name = 'web', minutes = 60 } = {}) =>
  object('PodDisruptionBudget', name, {
    apiVersion: 'policy/v1',
    metadata: { creationTimestamp: ago(minutes) },
    spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
  });
const web = (replicas: number) => workload('Deployment', 'web', { replicas });
const scaler = object('HorizontalPodAutoscaler', 'web', {
  apiVersion: 'autoscaling/v2',
  spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, maxReplicas: 6 },
});

test.each<[spec: JsonObject, replicas: number, allows: boolean]>([
  [{ maxUnavailable: 0 }, 3, false],
  [{ maxUnavailable: '0%' }, 3, false],
  [{ maxUnavailable: '10%' }, 3, true],
  [{ minAvailable: 3 }, 3, false],
  [{ minAvailable: 2 }, 3, true],
  [{ minAvailable: '100%' }, 3, false],
  [{ minAvailable: '90%' }, 3, false],
  [{ minAvailable: '50%' }, 3, true],
  [{ minAvailable: 1 }, 1, false],
])('%j over %s pods', (spec, replicas, allows) => {
  expect(found(budget(spec), web(replicas))).toMatchObject(
    allows ? [] : [{ code: 'BUDGET_ALLOWS_NOTHING', severity: 'warning' }],
  );
});

test('pods that an autoscaler may add are counted', () => {
  expect(found(budget({ minAvailable: 3 }), web(3), scaler)).toEqual([]);
  expect(found(budget({ minAvailable: 6 }), web(3), scaler)).toMatchObject([
    {
      summary:
        'it never allows an eviction: spec.minAvailable: 6, and Deployment/web in shop runs 3, at most 6 by its autoscaler',
    },
  ]);
});

test('one database is guarded on purpose', () => {
  expect(found(budget({ minAvailable: 1 }), workload('StatefulSet', 'web'))).toMatchObject([
    { severity: 'note' },
  ]);
  expect(found(budget({ minAvailable: 2 }), workload('StatefulSet', 'web', { replicas: 2 }))).toMatchObject([
    { severity: 'warning' },
  ]);
});

test('two over the same pods are one finding, on the younger', () => {
  const drafts = found(
    budget({ maxUnavailable: 1 }, { name: 'old' }),
    budget({ maxUnavailable: 1 }, { name: 'young', minutes: 1 }),
    web(3),
  );
  expect(drafts).toMatchObject([{ code: 'BUDGETS_OVERLAP', object: { name: 'young' } }]);
});

test('one over no pods is a note, and nothing where the server counts some or workloads could not be read', () => {
  expect(found(budget({ minAvailable: 1 }))).toMatchObject([
    { code: 'BUDGET_MATCHES_NOTHING', severity: 'note' },
  ]);
  const counted = { ...budget({ minAvailable: 1 }), status: { expectedPods: 2 } };
  expect(found(counted)).toEqual([]);
  const unread = [{ kind: 'StatefulSet', why: 'forbidden' }];
  expect(
    disruptionBudgetsAnalyzer.analyze(snapshotOf(written(budget({ minAvailable: 1 })), { unread })),
  ).toEqual([]);
});

test('one that misses the workload it was meant for is a finding', () => {
  const named = found(budget({ selector: { matchLabels: { app: 'frontend' } } }), web(3));
  expect(named).toMatchObject([{ code: 'BUDGET_MISSES_PODS', severity: 'warning' }]);
  const slip = budget({ selector: { matchLabels: { app: 'storefrnt' } } }, { name: 'pdb' });
  expect(found(slip, workload('Deployment', 'storefront'))).toMatchObject([{ code: 'BUDGET_MISSES_PODS' }]);
  expect(found(slip, workload('Deployment', 'payments'))).toMatchObject([{ severity: 'note' }]);
});
