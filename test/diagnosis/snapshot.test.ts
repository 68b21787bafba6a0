import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { snapshotOf } from '../support/snapshot-of.ts';
import { ago, object, ownedBy, workload, written } from '../support/written-objects.ts';

const pod = (namespace: string, metadata: JsonObject, waiting = 'CrashLoopBackOff') =>
  object('Pod', 'web-1-a', {
    metadata: { uid: `Pod-${namespace}`, namespace, creationTimestamp: ago(60), ...metadata },
    spec: { nodeName: 'n1', containers: [{ name: 'main', image: 'shop/web:1' }] },
    status: {
      phase: 'Running',
      containerStatuses: [
        {
          name: 'main',
          ready: false,
          restartCount: 12,
          state: { waiting: { reason: waiting } },
          lastState: { terminated: { exitCode: 1, startedAt: ago(3), finishedAt: ago(2) } },
        },
      ],
    },
  });
const set = (metadata: JsonObject = {}, status: JsonObject = { readyReplicas: 1 }) =>
  workload('ReplicaSet', 'web-1', { metadata: { ...ownedBy('Deployment', 'web'), ...metadata }, status });
const web = (status: JsonObject = { readyReplicas: 1, replicas: 1 }) =>
  workload('Deployment', 'web', { status });
const found = (...objects: JsonObject[]) =>
  diagnose(snapshotOf(written(...objects))).findings.map(
    ({ code, object: { kind, name, namespace } }) => `${code} ${kind}/${name} in ${namespace}`,
  );

test('a pod that copies the uid of another namespace’s replica set says nothing of whose it is', () => {
  expect(found(web(), set(), pod('evil', ownedBy('ReplicaSet', 'web-1')))).toEqual([
    'CRASH_LOOP Pod/web-1-a in evil',
  ]);
});

test('nor does it hide what the pods of the owner suffer', () => {
  const down = { readyReplicas: 0, replicas: 1 };
  const both = [
    pod('shop', ownedBy('ReplicaSet', 'web-1')),
    pod('evil', ownedBy('ReplicaSet', 'web-1'), 'ImagePullBackOff'),
  ];
  expect(found(web(down), set({}, down), ...both)).toContain('CRASH_LOOP Deployment/web in shop');
});

test.each([
  [
    'name',
    { ownerReferences: [{ kind: 'ReplicaSet', name: 'api-1', uid: 'ReplicaSet-web-1', controller: true }] },
  ],
  ['kind', { ownerReferences: [{ kind: 'Job', name: 'web-1', uid: 'ReplicaSet-web-1', controller: true }] }],
])('an owner of another %s is not the owner', (_, owner) => {
  const snapshot = snapshotOf(written(web(), set(), pod('shop', owner)));
  const [child] = snapshot.of('Pod');
  expect(child !== undefined && snapshot.ownerOf(child) === child).toBe(true);
});

test('a revision of another namespace is none of a workload’s own', () => {
  const down = { readyReplicas: 0, replicas: 1, observedGeneration: 1 };
  const numbered = (name: string, revision: string, rest: JsonObject, ready = 0) =>
    workload('ReplicaSet', name, {
      metadata: {
        ...ownedBy('Deployment', 'web'),
        annotations: { 'deployment.kubernetes.io/revision': revision },
        ...rest,
      },
      status: { readyReplicas: ready },
    });
  const objects = [
    web(down),
    numbered('web-2', '2', {}),
    pod('shop', ownedBy('ReplicaSet', 'web-2')),
    numbered('web-x', '1', { namespace: 'evil' }, 1),
  ];
  const [finding] = diagnose(snapshotOf(written(...objects))).findings;
  expect(finding).toMatchObject({ code: 'CRASH_LOOP', fixes: [] });
});
