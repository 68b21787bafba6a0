import { expect, test } from 'vitest';
import type { PersistentVolumeClaim } from '../../../src/kubernetes/kinds/storage.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import { nextOf } from '../../../src/kubernetes/scheduling/claim-binding.ts';

function storageClass(name: string, more: object = {}, annotations: Record<string, string> = {}): KubeObject {
  const apiVersion = 'storage.k8s.io/v1';
  return { apiVersion, kind: 'StorageClass', metadata: { name, annotations }, provisioner: 'disk', ...more };
}

function claim(
  spec: PersistentVolumeClaim['spec'],
  annotations: Record<string, string> = {},
): PersistentVolumeClaim {
  const metadata = { name: 'data', namespace: 'shop', uid: 'c1', annotations };
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata, spec };
}

function next(
  own: PersistentVolumeClaim,
  objects: readonly KubeObject[],
  unplaced: readonly KubeObject[] = [],
) {
  const view = {
    list: (kind: string) => objects.filter(each => each.kind === kind),
    get: ({ kind, name }: { kind: string; name: string }) =>
      objects.find(each => each.kind === kind && each.metadata.name === name),
  };
  return nextOf(own, { view, unplaced });
}

const free: KubeObject = {
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name: 'free' },
  spec: { capacity: { storage: '5Gi' }, accessModes: ['ReadWriteOnce'], storageClassName: 'fast' },
  status: { phase: 'Available' },
};
const user: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'db-0', namespace: 'shop' },
  spec: { containers: [], volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] },
};
const late = { volumeBindingMode: 'WaitForFirstConsumer' };

test('a claim without a class takes the default', () => {
  const marked = storageClass('usual', {}, { 'storageclass.kubernetes.io/is-default-class': 'true' });
  expect(next(claim({}), [marked])).toEqual({ do: 'take default class', storageClassName: 'usual' });
});

test('a free volume that is large enough is bound, a smaller one is not', () => {
  const asked = (storage: string) =>
    claim({ storageClassName: 'fast', accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } });
  const objects = [storageClass('fast'), free];
  expect(next(asked('5Gi'), objects)).toMatchObject({ do: 'bind', volume: { metadata: { name: 'free' } } });
  expect(next(asked('6Gi'), objects)).toMatchObject({ do: 'provision', nodeName: undefined });
});

test('a class that waits for its consumer waits, until the node is chosen', () => {
  const own = claim({ storageClassName: 'fast' });
  const objects = [storageClass('fast', late)];
  expect(next(own, objects)).toMatchObject({ do: 'wait', reason: 'WaitForFirstConsumer', isFault: false });
  expect(next(own, objects, [user])).toMatchObject({
    do: 'wait',
    reason: 'WaitForPodScheduled',
    message: 'waiting for pod db-0 to be scheduled',
  });
  const placed = claim({ storageClassName: 'fast' }, { 'volume.kubernetes.io/selected-node': 'n1' });
  expect(next(placed, objects)).toMatchObject({ do: 'provision', nodeName: 'n1' });
});

test('a class that there is not is a fault, no class at all only a wait', () => {
  expect(next(claim({ storageClassName: 'gone' }), [])).toEqual({
    do: 'wait',
    reason: 'ProvisioningFailed',
    message: 'storageclass.storage.k8s.io "gone" not found',
    isFault: true,
  });
  expect(next(claim({}), [])).toMatchObject({ do: 'wait', reason: 'FailedBinding', isFault: false });
});
