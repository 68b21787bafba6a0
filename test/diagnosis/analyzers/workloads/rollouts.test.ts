import { expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.ts';
import { rolloutsAnalyzer } from '../../../../src/diagnosis/analyzers/workloads/rollouts.ts';
import { diagnose } from '../../../../src/diagnosis/diagnose.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';
import { ago, node, ownedBy, workload, written } from '../../../support/written-objects.ts';

const found = (...objects: JsonObject[]) => rolloutsAnalyzer.analyze(snapshotOf(written(...objects)));
const progressing = (status: string, reason: string, minutes = 20) => ({
  type: 'Progressing',
  status,
  reason,
  lastUpdateTime: ago(minutes),
  lastTransitionTime: ago(minutes),
});
const over = progressing('False', 'ProgressDeadlineExceeded');
const web = (status: JsonObject, spec: JsonObject = {}, metadata: JsonObject = {}) =>
  workload('Deployment', 'web', { replicas: 2, status, spec, metadata });
const before = workload('ReplicaSet', 'web-old', {
  status: { replicas: 2, readyReplicas: 2 },
  metadata: { ...ownedBy('Deployment', 'web'), annotations: { 'deployment.kubernetes.io/revision': '1' } },
});
const after = workload('ReplicaSet', 'web-new', {
  metadata: { ...ownedBy('Deployment', 'web'), annotations: { 'deployment.kubernetes.io/revision': '2' } },
});

test('a rollout that ran out of time goes back to the revision that still serves', () => {
  const status = {
    replicas: 3,
    updatedReplicas: 1,
    readyReplicas: 2,
    availableReplicas: 2,
    conditions: [over],
  };
  expect(found(web(status), before, after)).toMatchObject([
    {
      code: 'ROLLOUT_STUCK',
      severity: 'warning',
      depth: 0,
      summary: 'its rollout ran out of time: 1 of 2 pods updated, 2 available',
      fixes: [{ tool: 'k8s_rollout', arguments: { action: 'undo', toRevision: 1 } }],
    },
  ]);
});

test('without a revision that serves it asks', () => {
  const [draft] = found(web({ replicas: 2, updatedReplicas: 2, conditions: [over] }));
  expect(draft).toMatchObject({
    severity: 'critical',
    fixes: [],
    question: 'What keeps its new pods from becoming available?',
  });
});

test('what ails the pods explains the rollout', () => {
  const stuck = workload('Deployment', 'web', {
    pods: { nodeSelector: { pool: 'gpu' } },
    status: { replicas: 1, updatedReplicas: 1, conditions: [over] },
  });
  const { findings } = diagnose(snapshotOf(written(node('n1'), stuck)));
  expect(findings).toMatchObject([
    { code: 'NODE_LABEL_MISSING', explains: ['Deployment/web in shop (ROLLOUT_STUCK)'] },
  ]);
});

test.each<[what: string, deployment: JsonObject]>([
  [
    'within its deadline',
    web({ replicas: 3, updatedReplicas: 1, conditions: [progressing('True', 'ReplicaSetUpdated')] }),
  ],
  [
    'complete, though its old verdict still stands',
    web({ replicas: 2, updatedReplicas: 2, availableReplicas: 2, conditions: [over] }),
  ],
  [
    'of a spec that its controller has not seen',
    web({ observedGeneration: 1, conditions: [over] }, {}, { generation: 2 }),
  ],
  ['being deleted', web({ conditions: [over] }, {}, { deletionTimestamp: ago(1) })],
  ['without a status', workload('Deployment', 'web')],
])('a rollout %s is no finding', (_what, deployment) => {
  expect(found(deployment)).toEqual([]);
});

test('a deadline that never comes is no excuse for not moving', () => {
  const status = (minutes: number) => ({
    replicas: 3,
    updatedReplicas: 1,
    conditions: [progressing('True', 'ReplicaSetUpdated', minutes)],
  });
  const endless = { progressDeadlineSeconds: 2_147_483_647 };
  expect(found(web(status(20), endless))).toMatchObject([{ code: 'ROLLOUT_STUCK' }]);
  expect(found(web(status(5), endless))).toEqual([]);
});

test.each([
  [30, {}, 'warning'],
  [2, {}, 'note'],
  [30, { updatedReplicas: 2 }, 'note'],
])('paused for %s h with %j of it updated: %s', (hours, status, severity) => {
  const paused = web(
    { replicas: 2, ...status, conditions: [progressing('Unknown', 'DeploymentPaused', hours * 60)] },
    { paused: true },
  );
  expect(found(paused)).toMatchObject([
    { code: 'ROLLOUT_PAUSED', severity, fixes: [{ arguments: { action: 'resume' } }] },
  ]);
});

test('a Deployment that was paused before it ever ran serves nothing', () => {
  const paused = (minutes: number) =>
    web({ conditions: [progressing('Unknown', 'DeploymentPaused', minutes)] }, { paused: true });
  expect(found(paused(10))).toMatchObject([
    { code: 'ROLLOUT_PAUSED', severity: 'critical', summary: 'it is paused and runs none of its 2 pods' },
  ]);
  expect(found(paused(2))).toMatchObject([{ severity: 'note' }]);
});
