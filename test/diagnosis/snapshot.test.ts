import { describe, expect, test } from 'vitest';
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

describe('namesakes', () => {
  const kinds = `
apiVersion: serving.example.dev/v1
kind: Service
metadata: {name: web, namespace: shop, uid: custom}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop, uid: core}
spec: {ports: [{port: 80}]}
`;
  const told = (involved: string) => `---
apiVersion: v1
kind: Event
metadata: {name: e, namespace: shop}
involvedObject: {kind: Service, name: web, namespace: shop, ${involved}}
reason: Told
`;
  const web = { kind: 'Service', name: 'web', namespace: 'shop' };

  test('of two groups are both there, each by its group, and without one the API’s own', () => {
    const snapshot = snapshotOf(kinds);
    const uidOf = (apiVersion?: string) =>
      snapshot.get({ ...web, ...(apiVersion === undefined ? {} : { apiVersion }) })?.metadata.uid;
    expect(uidOf('serving.example.dev/v1')).toBe('custom');
    expect(uidOf('v1')).toBe('core');
    expect(uidOf()).toBe('core');
    expect(snapshot.find('Service', web)?.metadata.uid).toBe('core');
  });

  test.each([
    ['the object itself', 'uid: core, apiVersion: v1', 1],
    ['one that does not say more', 'fieldPath: spec', 1],
    ['what had its name before', 'uid: gone, apiVersion: v1', 0],
    ['another group that nothing was read of', 'apiVersion: other.example.dev/v1', 0],
  ])('an event about %s is told of it %#', (_what, involved, count) => {
    const [, own = ''] = kinds.split('---');
    expect(snapshotOf(own + told(involved)).eventsFor(web)).toHaveLength(count);
  });

  test('an event of a kubelet about its node calls it by its name', () => {
    const node = 'apiVersion: v1\nkind: Node\nmetadata: {name: n1, uid: u}\n---\n';
    const event =
      'apiVersion: v1\nkind: Event\nmetadata: {name: e}\ninvolvedObject: {kind: Node, name: n1, uid: n1}\n';
    expect(snapshotOf(node + event).eventsFor({ kind: 'Node', name: 'n1' })).toHaveLength(1);
  });
});
