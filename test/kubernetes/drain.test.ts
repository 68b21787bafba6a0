import { expect, test } from 'vitest';
import { fateOf, localDataOf } from '../../src/kubernetes/drain.ts';
import type { Pod } from '../../src/kubernetes/kinds/pod.ts';
import { controllerOf } from '../../src/kubernetes/owners.ts';

function pod(
  metadata: Partial<Pod['metadata']>,
  more: Partial<Pick<Pod, 'status'>> & { volumes?: Pod['spec']['volumes'] } = {},
): Pod {
  const { volumes, ...rest } = more;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'shop', ...metadata },
    spec: { containers: [{ name: 'main' }], ...(volumes === undefined ? {} : { volumes }) },
    ...rest,
  };
}

const owned = (kind: string) => ({
  ownerReferences: [{ apiVersion: 'apps/v1', kind, name: 'owner', uid: 'u1', controller: true }],
});
const mirror = { annotations: { 'kubernetes.io/config.mirror': 'abc' } };

test.each([
  ['a pod of a ReplicaSet', pod(owned('ReplicaSet')), 'evicted'],
  ['a pod of nobody', pod({}), 'evicted'],
  ['a pod of a DaemonSet', pod(owned('DaemonSet')), 'daemon'],
  ['a mirror pod, which its node owns', pod({ ...owned('Node'), ...mirror }), 'mirror'],
  ['a pod that has succeeded', pod(owned('Job'), { status: { phase: 'Succeeded' } }), 'completed'],
  ['a pod that has failed', pod(owned('DaemonSet'), { status: { phase: 'Failed' } }), 'completed'],
  ['a pod that is being deleted', pod({ deletionTimestamp: '2026-01-01T00:00:00Z' }), 'going'],
  [
    'a DaemonSet pod that is being deleted',
    pod({ ...owned('DaemonSet'), deletionTimestamp: '2026-01-01T00:00:00Z' }),
    'daemon',
  ],
])('%s', (_, given, fate) => {
  expect(fateOf(given)).toBe(fate);
});

test('an owner that does not control a pod makes none in its place', () => {
  const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'c', uid: 'u' };
  expect(
    controllerOf(pod({ ownerReferences: [reference, { ...reference, controller: false }] })),
  ).toBeUndefined();
});

test('local data is what emptyDir volumes hold, with where and how much', () => {
  const volumes = [
    { name: 'cache', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } },
    { name: 'pages', emptyDir: { medium: 'HugePages-2Mi' } },
    { name: 'tmp', emptyDir: {} },
    { name: 'kept', persistentVolumeClaim: { claimName: 'kept' } },
    { name: 'settings', configMap: { name: 'settings' } },
  ];
  expect(localDataOf(pod({}, { volumes }))).toEqual([
    'cache (memory, at most 64Mi)',
    'pages (hugepages-2mi, no limit)',
    'tmp (disk, no limit)',
  ]);
  expect(localDataOf(pod({}))).toEqual([]);
});
