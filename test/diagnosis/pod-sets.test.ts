import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { snapshotOf } from '../support/snapshot-of.ts';
import { ago, object, workload, written } from '../support/written-objects.ts';

const ownedBy = (kind: string, name: string) => ({
  ownerReferences: [{ apiVersion: 'any/v1', kind, name, uid: `${kind}-${name}`, controller: true }],
});
const crashing = (name: string, metadata: JsonObject) =>
  object('Pod', name, {
    metadata: { creationTimestamp: ago(60), ...metadata },
    spec: { nodeName: 'n1', containers: [{ name: 'main', image: 'shop/web:1' }] },
    status: {
      phase: 'Running',
      containerStatuses: [
        {
          name: 'main',
          ready: false,
          restartCount: 12,
          state: { waiting: { reason: 'CrashLoopBackOff' } },
          lastState: { terminated: { exitCode: 1, startedAt: ago(3), finishedAt: ago(2) } },
        },
      ],
    },
  });
const faults = (...objects: JsonObject[]) =>
  diagnose(snapshotOf(written(...objects))).findings.map(each => `${each.code} ${each.object.kind}`);

test.each<[what: string, objects: JsonObject[], about: string]>([
  [
    'the replica set of a custom workload that was read too',
    [
      object('Rollout', 'web', { apiVersion: 'example.com/v1' }),
      workload('ReplicaSet', 'web-1', { metadata: ownedBy('Rollout', 'web') }),
      crashing('web-1-a', ownedBy('ReplicaSet', 'web-1')),
    ],
    'CRASH_LOOP ReplicaSet',
  ],
  [
    'a pod of a custom workload',
    [object('Cluster', 'db', { apiVersion: 'example.com/v1' }), crashing('db-1', ownedBy('Cluster', 'db'))],
    'CRASH_LOOP Pod',
  ],
  [
    'a static pod, which belongs to its node',
    [
      object('Node', 'n1', { spec: {}, status: { conditions: [{ type: 'Ready', status: 'True' }] } }),
      crashing('etcd-n1', ownedBy('Node', 'n1')),
    ],
    'CRASH_LOOP Pod',
  ],
])('what ails the pods is found for %s', (_what, objects, about) => {
  expect(faults(...objects)).toContain(about);
});

test('equal pods of one maker that was not read are one finding, and others are not among them', () => {
  const owner = ownedBy('ReplicationController', 'old');
  const pods = ['old-a', 'old-b', 'old-c'].map(name => crashing(name, owner));
  const other = crashing('young', ownedBy('ReplicationController', 'young'));
  const snapshot = snapshotOf(written(...pods, other));
  const { findings } = diagnose(snapshot);
  expect(findings.map(({ code, object: { name } }) => `${code} ${name}`)).toEqual([
    'CRASH_LOOP old-a',
    'CRASH_LOOP young',
  ]);
  expect(findings[0]?.summary).toContain('3 pods');
  expect(snapshot.podSets.map(({ wanted, ready }) => ({ wanted, ready }))).toEqual([
    { wanted: 3, ready: 0 },
    { wanted: 1, ready: 0 },
  ]);
});

test('pods of one maker that run something else, or stand in another namespace, stand for themselves', () => {
  const owner = ownedBy('TaskRun', 'build');
  const away = crashing('build-b', { ...owner, namespace: 'other' });
  const step = {
    ...crashing('build-c', owner),
    spec: { containers: [{ name: 'step', image: 'shop/step:1' }] },
  };
  expect(snapshotOf(written(crashing('build-a', owner), away, step)).podSets).toHaveLength(3);
});
