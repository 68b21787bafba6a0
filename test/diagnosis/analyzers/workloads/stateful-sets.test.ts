import { expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.ts';
import { statefulSetsAnalyzer } from '../../../../src/diagnosis/analyzers/workloads/stateful-sets.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';
import { ago, object, ownedBy, workload, written } from '../../../support/written-objects.ts';

const found = (...objects: JsonObject[]) => statefulSetsAnalyzer.analyze(snapshotOf(written(...objects)));
const pod = (ordinal: number, { ready = 'False', minutes = 30, revision = 'db-1' } = {}) =>
  object('Pod', `db-${ordinal}`, {
    metadata: {
      labels: { app: 'db', 'controller-revision-hash': revision },
      creationTimestamp: ago(minutes),
      ...ownedBy('StatefulSet', 'db'),
    },
    spec: { nodeName: 'n1', containers: [{ name: 'main' }] },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: ready, lastTransitionTime: ago(minutes) }],
    },
  });
const set = (status: JsonObject, spec: JsonObject = {}) =>
  workload('StatefulSet', 'db', { replicas: 3, status, spec });

test('the first pod that is not ready holds the others back', () => {
  const [draft] = found(set({ replicas: 1, readyReplicas: 0, updateRevision: 'db-1' }), pod(0));
  expect(draft).toMatchObject({
    code: 'STATEFUL_SET_HELD',
    severity: 'critical',
    depth: 0,
    summary: 'Pod/db-0 is not ready and holds 2 more back: 0 of 3 are ready',
  });
});

test('a repaired template does not reach the pod that is broken: it is deleted', () => {
  const [draft] = found(
    set({ replicas: 3, readyReplicas: 2, updateRevision: 'db-2', currentRevision: 'db-1' }),
    pod(2),
  );
  expect(draft).toMatchObject({
    code: 'STATEFUL_REPAIR_HELD',
    fixes: [{ tool: 'k8s_delete', arguments: { target: { kind: 'Pod', name: 'db-2', namespace: 'shop' } } }],
  });
});

test.each<[what: string, objects: JsonObject[]]>([
  ['a pod that is still starting', [set({ replicas: 1, readyReplicas: 0 }), pod(0, { minutes: 2 })]],
  ['a set that is whole', [set({ replicas: 3, readyReplicas: 3 }), pod(0, { ready: 'True' })]],
  ['a set without a status', [workload('StatefulSet', 'db')]],
])('%s is no finding', (_what, objects) => {
  expect(found(...objects)).toEqual([]);
});

test('a pod below the partition, or of a set that replaces none by itself, waits for no repair', () => {
  const status = { replicas: 3, readyReplicas: 2, updateRevision: 'db-2', currentRevision: 'db-1' };
  const held = set(status, { updateStrategy: { rollingUpdate: { partition: 1 } } });
  expect(found(held, pod(0))[0]).toMatchObject({ code: 'STATEFUL_SET_HELD' });
  expect(found(set(status, { updateStrategy: { type: 'OnDelete' } }), pod(0))[0]).toMatchObject({
    code: 'STATEFUL_SET_HELD',
  });
  expect(found(set(status, { podManagementPolicy: 'Parallel' }), pod(0))[0]).toMatchObject({
    code: 'STATEFUL_SET_HELD',
  });
});

test.each([
  [3, 30, 'warning'],
  [3, 2, 'note'],
  [1, 30, 'note'],
])('a partition of %s for %s h: %s', (partition, hours, severity) => {
  const revision = object('ControllerRevision', 'db-2', {
    apiVersion: 'apps/v1',
    revision: 2,
    metadata: { creationTimestamp: ago(hours * 60) },
  });
  const held = set(
    { replicas: 3, readyReplicas: 3, updateRevision: 'db-2', currentRevision: 'db-1' },
    { updateStrategy: { rollingUpdate: { partition } } },
  );
  expect(found(held, revision)).toMatchObject([{ code: 'STATEFUL_SET_PARTITION', severity }]);
});
