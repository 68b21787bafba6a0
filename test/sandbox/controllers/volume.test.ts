import { expect, test } from 'vitest';
import type { PersistentVolume, PersistentVolumeClaim } from '../../../src/kubernetes/kinds/storage.ts';
import { ofKind } from '../../../src/kubernetes/kinds.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import type { Rehearsal } from '../../../src/sandbox/rehearsal.ts';
import { podsOf, remove, settleFor, startLife } from '../../support/cluster-life.ts';

// Events are those of kube-controller-manager 1.36.2 for the same claims.

const second = 1_000;

function storageClass(name: string, more: object): KubeObject {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name },
    reclaimPolicy: 'Delete',
    ...more,
  };
}

const classes = [
  storageClass('imm', { provisioner: 'example.com/p', volumeBindingMode: 'Immediate' }),
  storageClass('wffc', { provisioner: 'rancher.io/local-path', volumeBindingMode: 'WaitForFirstConsumer' }),
  storageClass('by-hand', {
    provisioner: 'kubernetes.io/no-provisioner',
    volumeBindingMode: 'WaitForFirstConsumer',
  }),
];

function startWith(...objects: KubeObject[]): Rehearsal {
  const life = startLife(classes);
  for (const object of objects) life.apply({ do: 'create', object });
  settleFor(life, second);
  return life;
}

function claim(spec: object): KubeObject {
  const resources = { requests: { storage: '1Gi' } };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', namespace: 'shop' },
    spec: { accessModes: ['ReadWriteOnce'], resources, ...spec },
  };
}

function volume(name: string, spec: object = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      capacity: { storage: '5Gi' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Retain',
      hostPath: { path: '/x' },
      ...spec,
    },
  };
}

function consumer(): KubeObject {
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'consumer', namespace: 'shop' },
    spec: { containers: [{ name: 'main', image: 'shop/web:1' }], volumes },
  };
}

function theClaim(life: Rehearsal): PersistentVolumeClaim {
  const [found] = ofKind(life.list('PersistentVolumeClaim'), 'PersistentVolumeClaim');
  if (found === undefined) throw new Error('no claim');
  return found;
}

function volumes(life: Rehearsal): PersistentVolume[] {
  return ofKind(life.list('PersistentVolume'), 'PersistentVolume');
}

function told(life: Rehearsal): [string, string][] {
  return ofKind(life.list('Event'), 'Event').flatMap(
    ({ involvedObject, reason = '', message = '' }): [string, string][] =>
      involvedObject.kind === 'PersistentVolumeClaim' ? [[reason, message]] : [],
  );
}

test.each<[what: string, spec: object, reason: string, message: string]>([
  [
    'of a class that there is not',
    { storageClassName: 'nonesuch' },
    'ProvisioningFailed',
    'storageclass.storage.k8s.io "nonesuch" not found',
  ],
  [
    'without a class',
    {},
    'FailedBinding',
    'no persistent volumes available for this claim and no storage class is set',
  ],
  [
    'that wants a volume made by hand',
    { storageClassName: '' },
    'FailedBinding',
    'no persistent volumes available for this claim and no storage class is set',
  ],
  [
    'that waits for a pod',
    { storageClassName: 'wffc' },
    'WaitForFirstConsumer',
    'waiting for first consumer to be created before binding',
  ],
])('a claim %s stays pending and says why', (_what, spec, reason, message) => {
  const life = startWith(claim(spec));
  expect(theClaim(life).status).toEqual({ phase: 'Pending' });
  expect(told(life)).toEqual([[reason, message]]);
});

test('an immediate class makes a volume at once, which goes with its claim', () => {
  const life = startWith(claim({ storageClassName: 'imm' }));
  expect(theClaim(life)).toMatchObject({
    metadata: { annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } },
    spec: { volumeName: `pvc-${theClaim(life).metadata.uid}` },
    status: { phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' } },
  });
  expect(volumes(life)[0]?.status?.phase).toBe('Bound');
  remove(life, { kind: 'PersistentVolumeClaim', name: 'data' });
  settleFor(life, second);
  expect(volumes(life)).toEqual([]);
});

test('a claim that is deleted stays until no pod mounts it, and its volume until then', () => {
  const life = startWith(claim({ storageClassName: 'imm' }));
  life.apply({ do: 'create', object: consumer() });
  settleFor(life, 10 * second);
  expect(theClaim(life).metadata.finalizers).toEqual(['kubernetes.io/pvc-protection']);
  expect(volumes(life)[0]?.metadata.finalizers).toEqual(['kubernetes.io/pv-protection']);
  const [volume] = volumes(life);
  remove(life, { kind: 'PersistentVolumeClaim', name: 'data' });
  remove(life, { kind: 'PersistentVolume', name: volume?.metadata.name ?? '' });
  settleFor(life, 10 * second);
  expect(theClaim(life).metadata.deletionTimestamp).toBeDefined();
  expect(volumes(life)[0]).toMatchObject({ status: { phase: 'Bound' } });
  remove(life, { kind: 'Pod', name: 'consumer' });
  settleFor(life, 60 * second);
  expect([...life.list('PersistentVolumeClaim'), ...volumes(life)]).toEqual([]);
});

test('a class that waits for its consumer makes the volume where the pod goes, and the pod stays there', () => {
  const life = startWith(claim({ storageClassName: 'wffc' }), consumer());
  const node = podsOf(life)[0]?.spec.nodeName;
  expect(theClaim(life).status?.phase).toBe('Bound');
  expect(theClaim(life).metadata.annotations?.['volume.kubernetes.io/selected-node']).toBe(node);
  remove(life, { kind: 'Pod', name: 'consumer' });
  settleFor(life, 60 * second);
  const found = life.list('Node').find(each => each.metadata.name === node);
  if (found === undefined) throw new Error('no node');
  life.apply({ do: 'update', object: { ...found, spec: { ...found.spec, unschedulable: true } } });
  life.apply({ do: 'create', object: consumer() });
  settleFor(life, second);
  expect(podsOf(life)[0]?.status?.conditions?.find(each => each.type === 'PodScheduled')?.message).toBe(
    "0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) didn't match PersistentVolume's node affinity. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
  );
});

test('a volume made by hand is bound by what fits it, the smallest first, and kept after it', () => {
  const life = startWith(
    volume('large', { capacity: { storage: '50Gi' } }),
    volume('reading', { accessModes: ['ReadOnlyMany'], capacity: { storage: '1Gi' } }),
    volume('small'),
    volume('tiny', { capacity: { storage: '1Mi' } }),
    claim({ storageClassName: '' }),
  );
  expect(theClaim(life)).toMatchObject({
    spec: { volumeName: 'small' },
    status: { phase: 'Bound', capacity: { storage: '5Gi' } },
  });
  const phases = () =>
    Object.fromEntries(volumes(life).map(each => [each.metadata.name, each.status?.phase]));
  expect(phases()).toEqual({ large: 'Available', reading: 'Available', small: 'Bound', tiny: 'Available' });
  remove(life, { kind: 'PersistentVolumeClaim', name: 'data' });
  settleFor(life, second);
  expect(phases()['small']).toBe('Released');
  life.apply({ do: 'create', object: claim({ storageClassName: '' }) });
  settleFor(life, second);
  expect(theClaim(life).spec.volumeName).toBe('large');
});

test('a claim is bound when a volume for it is made later, and its pod starts', () => {
  const life = startWith(claim({ storageClassName: 'by-hand' }), consumer());
  expect(podsOf(life)[0]?.status?.conditions?.[0]?.message).toContain(
    "3 node(s) didn't find available persistent volumes to bind",
  );
  life.apply({ do: 'create', object: volume('late', { storageClassName: 'by-hand' }) });
  settleFor(life, 10 * second);
  expect(theClaim(life).spec.volumeName).toBe('late');
  expect(podsOf(life)[0]?.status?.phase).toBe('Running');
});

test('a claim that asks by name for a volume of another access mode or class waits, and is told why', () => {
  const life = startWith(
    volume('single'),
    claim({ storageClassName: '', volumeName: 'single', accessModes: ['ReadWriteMany'] }),
  );
  expect(theClaim(life).status?.phase).toBe('Pending');
  const messages = () => ofKind(life.list('Event'), 'Event').map(({ message }) => message);
  expect(messages()).toContain('Cannot bind to requested volume "single": incompatible accessMode');
});
