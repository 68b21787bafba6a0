import { expect, test } from 'vitest';
import type { StatefulSet } from '../../../src/kubernetes/kinds/workloads.ts';
import { ofKind } from '../../../src/kubernetes/kinds.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import { isReady } from '../../../src/kubernetes/pod-readiness.ts';
import type { Rehearsal } from '../../../src/sandbox/rehearsal.ts';
import { longMs, podsOf, remove, settleFor, startLife } from '../../support/cluster-life.ts';

const storageClass: KubeObject = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'local-path', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  provisioner: 'rancher.io/local-path',
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'WaitForFirstConsumer',
};

function statefulSet(spec: object = {}): KubeObject {
  const labels = { app: 'db' };
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db', namespace: 'shop' },
    spec: {
      replicas: 3,
      serviceName: 'db',
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'db', image: 'slow:1' }] } },
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '8Gi' } } },
        },
      ],
      ...spec,
    },
  };
}

function theSet(life: Rehearsal): StatefulSet {
  const [set] = ofKind(life.list('StatefulSet'), 'StatefulSet');
  if (set === undefined) throw new Error('the cluster has no stateful set');
  return set;
}

function change(life: Rehearsal, spec: object): void {
  const set = theSet(life);
  life.apply({ do: 'update', object: { ...set, spec: { ...set.spec, ...spec } } });
}

function template(image: string) {
  return { metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'db', image }] } };
}

test('pods start one after the other, each with a claim of its own that is bound', () => {
  const life = startLife([storageClass]);
  life.apply({ do: 'create', object: statefulSet() });
  const seen: string[][] = [];
  for (let wakeAt = life.settle(); wakeAt !== undefined; wakeAt = life.settle()) {
    const pods = podsOf(life);
    // Every pod but the last one was ready before the last came.
    expect(pods.slice(0, -1).filter(pod => !isReady(pod))).toEqual([]);
    seen.push(pods.map(pod => pod.metadata.name));
    life.nowMs = wakeAt;
  }
  expect(seen[0]).toEqual(['db-0']);
  expect(podsOf(life).map(pod => pod.metadata.name)).toEqual(['db-0', 'db-1', 'db-2']);
  const claims = ofKind(life.list('PersistentVolumeClaim'), 'PersistentVolumeClaim');
  expect(claims.map(claim => [claim.metadata.name, claim.status?.phase])).toEqual([
    ['data-db-0', 'Bound'],
    ['data-db-1', 'Bound'],
    ['data-db-2', 'Bound'],
  ]);
  expect(theSet(life).status).toMatchObject({
    replicas: 3,
    readyReplicas: 3,
    currentReplicas: 3,
    updatedReplicas: 3,
  });
});

test('an update goes from the highest pod down and stops at the partition', () => {
  const life = startLife([
    storageClass,
    statefulSet({ updateStrategy: { rollingUpdate: { partition: 1 } } }),
  ]);
  change(life, { template: template('slow:2') });
  settleFor(life, longMs);
  expect(podsOf(life).map(pod => pod.spec.containers[0]?.image)).toEqual(['slow:1', 'slow:2', 'slow:2']);
  expect(theSet(life).status?.currentRevision).not.toBe(theSet(life).status?.updateRevision);
  change(life, { updateStrategy: { rollingUpdate: { partition: 0 } } });
  settleFor(life, longMs);
  expect(podsOf(life).map(pod => pod.spec.containers[0]?.image)).toEqual(['slow:2', 'slow:2', 'slow:2']);
  expect(theSet(life).status?.currentRevision).toBe(theSet(life).status?.updateRevision);
  expect(life.list('ControllerRevision')).toHaveLength(2);
});

test('a template that comes back takes its revision up again', () => {
  const life = startLife([storageClass, statefulSet()]);
  change(life, { template: template('slow:2') });
  settleFor(life, longMs);
  change(life, { template: template('slow:1') });
  settleFor(life, longMs);
  const revisions = ofKind(life.list('ControllerRevision'), 'ControllerRevision').map(each => each.revision);
  expect(revisions.toSorted((a, b) => a - b)).toEqual([2, 3]);
  expect(podsOf(life).map(pod => pod.spec.containers[0]?.image)).toEqual(['slow:1', 'slow:1', 'slow:1']);
});

test('scaling down stops the highest pods and keeps their claims', () => {
  const life = startLife([storageClass, statefulSet()]);
  change(life, { replicas: 1 });
  settleFor(life, longMs);
  expect(podsOf(life).map(pod => pod.metadata.name)).toEqual(['db-0']);
  expect(life.list('PersistentVolumeClaim')).toHaveLength(3);
});

test('a revision that never gets ready holds the set, even when the template is mended, until its pod is deleted', () => {
  const life = startLife([storageClass, statefulSet()]);
  const images = () => podsOf(life).map(pod => pod.spec.containers[0]?.image);
  change(life, { template: template('shop/gone:1') });
  settleFor(life, longMs);
  expect(images()).toEqual(['slow:1', 'slow:1', 'shop/gone:1']);
  change(life, { template: template('slow:3') });
  settleFor(life, longMs);
  expect(images()).toEqual(['slow:1', 'slow:1', 'shop/gone:1']);
  expect(theSet(life).status).toMatchObject({ replicas: 3, readyReplicas: 2, currentReplicas: 2 });
  expect(theSet(life).status).not.toHaveProperty('updatedReplicas');
  remove(life, { kind: 'Pod', name: 'db-2' });
  settleFor(life, longMs);
  expect(images()).toEqual(['slow:3', 'slow:3', 'slow:3']);
});

test('a parallel set starts all its pods at once', () => {
  const life = startLife([storageClass]);
  life.apply({ do: 'create', object: statefulSet({ podManagementPolicy: 'Parallel' }) });
  life.settle();
  expect(podsOf(life)).toHaveLength(3);
});

test('a pod below the partition comes back as it was', () => {
  const life = startLife([
    storageClass,
    statefulSet({ updateStrategy: { rollingUpdate: { partition: 1 } } }),
  ]);
  change(life, { template: template('slow:2') });
  settleFor(life, longMs);
  remove(life, { kind: 'Pod', name: 'db-0' });
  settleFor(life, longMs);
  expect(podsOf(life).map(pod => pod.spec.containers[0]?.image)).toEqual(['slow:1', 'slow:2', 'slow:2']);
});

test('claims go with a pod that is scaled away and with the set where the set says so', () => {
  const policy = { whenScaled: 'Delete', whenDeleted: 'Delete' };
  const life = startLife([storageClass, statefulSet({ persistentVolumeClaimRetentionPolicy: policy })]);
  change(life, { replicas: 1 });
  settleFor(life, longMs);
  expect(life.list('PersistentVolumeClaim').map(claim => claim.metadata.name)).toEqual(['data-db-0']);
  remove(life, { kind: 'StatefulSet', name: 'db' });
  settleFor(life, longMs);
  expect([...podsOf(life), ...life.list('PersistentVolumeClaim')]).toEqual([]);
});

test('pods are numbered from where the set starts', () => {
  const life = startLife([storageClass, statefulSet({ replicas: 2, ordinals: { start: 5 } })]);
  expect(podsOf(life).map(pod => pod.metadata.name)).toEqual(['db-5', 'db-6']);
});

test('a deleted pod comes back under its own name, a deleted claim takes its volume along', () => {
  const life = startLife([storageClass, statefulSet()]);
  const uid = podsOf(life)[0]?.metadata.uid;
  remove(life, { kind: 'Pod', name: 'db-0' });
  settleFor(life, longMs);
  expect(podsOf(life)[0]?.metadata).toMatchObject({
    name: 'db-0',
    uid: expect.not.stringMatching(uid ?? ''),
  });
  change(life, { replicas: 1 });
  settleFor(life, longMs);
  remove(life, { kind: 'PersistentVolumeClaim', name: 'data-db-2' });
  settleFor(life, longMs);
  expect(life.list('PersistentVolume')).toHaveLength(2);
});

test('a stateful set at rest asks for nothing', () => {
  const life = startLife([storageClass, statefulSet()]);
  const before = life.all();
  settleFor(life, 48 * 3600 * 1000);
  expect(life.all()).toEqual(before);
});
