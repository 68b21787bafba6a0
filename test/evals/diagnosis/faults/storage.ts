import type { JsonObject } from '../../../../src/core/json.ts';
import type { KubeObject } from '../../../../src/kubernetes/object.ts';
import { unschedulable, waits } from '../lives.ts';
import * as make from '../objects.ts';
import type { Fault, Label, Place, Planted, Way } from '../world.ts';

const everyWay: readonly Way[] = ['sandbox', 'dump', 'spec', 'recorded'];
const unbound = '0/4 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found.';

const mounts = (name: string): { container: JsonObject; pod: JsonObject } => ({
  container: { volumeMounts: [{ name: 'data', mountPath: '/data' }] },
  pod: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: name } }] },
});

const pendingVolumes: Fault[] = (['Deployment', 'StatefulSet', 'Job'] as const).map(kind => ({
  name: `claim-named-${kind.toLowerCase()}`,
  row: 'pending-volume',
  ways: everyWay,
  plant: at => {
    const more = mounts(at.name('archive'));
    return {
      objects:
        kind === 'Deployment'
          ? [make.deployment(at, 'orders', more)]
          : kind === 'StatefulSet'
            ? [make.statefulSet(at, 'orders', more), make.headless(at, 'orders')]
            : [make.job(at, 'orders', more)],
      lives: {
        orders: unschedulable(
          `0/4 nodes are available: persistentvolumeclaim "${at.name('archive')}" not found. not found.`,
        ),
      },
      labels: [
        {
          row: 'pending-volume',
          object: make.ref(at, 'PersistentVolumeClaim', 'archive'),
          also: [
            { object: make.ref(at, kind, 'orders'), why: 'it names the claim' },
            { row: 'claim', why: 'the claim is what is missing' },
          ],
        },
      ],
    };
  },
}));

const attachFaults: Fault[] = (
  [
    [
      'volume-multi-attach',
      'FailedAttachVolume',
      'attachdetach-controller',
      'Multi-Attach error for volume "pvc-VOLUME" Volume is already used by pod(s) other-7d9c5b8f6-xk2p9',
    ],
    [
      'volume-mount-timeout',
      'FailedMount',
      'kubelet',
      'MountVolume.SetUp failed for volume "pvc-VOLUME" : rpc error: code = Internal desc = mount failed: exit status 32 mount.nfs: Connection timed out',
    ],
    [
      'volume-attach-denied',
      'FailedAttachVolume',
      'attachdetach-controller',
      'AttachVolume.Attach failed for volume "pvc-VOLUME" : rpc error: code = PermissionDenied desc = not allowed to attach disk vol-1',
    ],
  ] as const
).map(([name, reason, from, words]) => ({
  name,
  row: 'pending-volume',
  ways: ['dump'],
  plant: at => {
    const message = words.replace('VOLUME', `uid-persistentvolumeclaim-${at.namespace}-${at.name('data')}`);
    return {
      objects: [
        make.claim(at, 'data'),
        make.deployment(at, 'orders', { replicas: 1, ...mounts(at.name('data')) }),
      ],
      lives: { orders: waits('ContainerCreating', '', [{ reason, message, count: 12, from }]) },
      labels: [
        {
          row: 'pending-volume',
          object: make.ref(at, 'Deployment', 'orders'),
          also: [
            {
              object: make.ref(at, 'PersistentVolumeClaim', 'data'),
              why: 'the claim whose volume does not come',
            },
            {
              object: {
                kind: 'PersistentVolume',
                name: `pvc-uid-persistentvolumeclaim-${at.namespace}-${at.name('data')}`,
              },
              why: 'the volume that does not come',
            },
            { row: 'volume', why: 'it is the volume that is wrong' },
            { row: 'claim', why: 'it is the claim that is used twice' },
          ],
        },
      ],
    };
  },
}));

const pendingPhase = (at: Place, spec: JsonObject): KubeObject => {
  const each = make.claim(at, 'data', spec);
  return at.way === 'dump' ? { ...each, status: { phase: 'Pending' } } : each;
};
/** A claim that nothing binds, and a workload that waits for it. */
function claimFault(
  name: string,
  {
    spec,
    event,
    beside = () => [],
    also = [],
    ways = everyWay,
    row = 'claim',
  }: {
    spec: JsonObject | ((at: Place) => JsonObject);
    event: [reason: string, message: string];
    beside?: (at: Place) => KubeObject[];
    also?: Label['also'] | ((at: Place) => Label['also']);
    ways?: readonly Way[];
    row?: Label['row'];
  },
): Fault {
  return {
    name,
    row,
    ways,
    plant: (at): Planted => {
      const waiter = make.deployment(at, 'orders', { replicas: 1, ...mounts(at.name('data')) });
      return {
        objects: [...beside(at), pendingPhase(at, typeof spec === 'function' ? spec(at) : spec), waiter],
        lives: { orders: unschedulable(unbound) },
        events: [
          {
            about: make.ref(at, 'PersistentVolumeClaim', 'data'),
            reason: event[0],
            message: event[1],
            from: 'persistentvolume-controller',
          },
        ],
        labels: [
          {
            row,
            object: make.ref(at, 'PersistentVolumeClaim', 'data'),
            also: typeof also === 'function' ? (also(at) ?? []) : also,
          },
        ],
      };
    },
  };
}

const claims: Fault[] = [
  claimFault('claim-class-missing', {
    spec: { storageClassName: 'fast-ssd' },
    event: ['ProvisioningFailed', 'storageclass.storage.k8s.io "fast-ssd" not found'],
    also: [{ object: { kind: 'StorageClass', name: 'fast-ssd' }, why: 'it is missing' }],
  }),
  claimFault('claim-no-volume', {
    // Recorded beside others, it is given a volume of theirs.
    ways: ['sandbox', 'dump', 'spec'],
    spec: { storageClassName: '' },
    event: ['FailedBinding', 'no persistent volumes available for this claim and no storage class is set'],
  }),
  claimFault('claim-too-large', {
    spec: { storageClassName: '', resources: { requests: { storage: '100Gi' } } },
    beside: at => [make.volumeOf(at.name(`${at.namespace}-small`))],
    event: ['FailedBinding', 'no persistent volumes available for this claim and no storage class is set'],
  }),
  claimFault('claim-access-mode', {
    spec: at => ({
      storageClassName: '',
      accessModes: ['ReadWriteMany'],
      volumeName: at.name(`${at.namespace}-block`),
    }),
    beside: at => [make.volumeOf(at.name(`${at.namespace}-block`))],
    event: ['VolumeMismatch', 'Cannot bind to requested volume "block": incompatible accessMode'],
  }),
  claimFault('claim-provisioning-failed', {
    spec: { storageClassName: 'standard' },
    event: [
      'ProvisioningFailed',
      'failed to provision volume with StorageClass "standard": rpc error: code = ResourceExhausted desc = quota of disks exceeded',
    ],
    ways: ['dump'],
  }),
];

const releasedVolume = (at: Place, phase: 'Released' | 'Failed'): KubeObject => ({
  ...make.volumeOf(at.name(`${at.namespace}-kept`), {
    storageClassName: 'manual',
    claimRef: {
      kind: 'PersistentVolumeClaim',
      apiVersion: 'v1',
      name: at.name('data'),
      namespace: at.namespace,
      uid: '0d1f2e3c-0000-4000-8000-00000000dead',
    },
  }),
  ...(at.way === 'dump' || at.way === 'spec' ? { status: { phase } } : {}),
});
const manualClass = make.object(undefined, 'StorageClass', 'manual', {
  apiVersion: 'storage.k8s.io/v1',
  provisioner: 'kubernetes.io/no-provisioner',
  volumeBindingMode: 'Immediate',
});
const volumes: Fault[] = [
  ...(['Released', 'Failed'] as const).map(
    (phase): Fault => ({
      ...claimFault(`volume-${phase.toLowerCase()}`, {
        row: 'volume',
        spec: { storageClassName: 'manual' },
        beside: at => [manualClass, releasedVolume(at, phase)],
        event: ['ProvisioningFailed', 'storageclass.storage.k8s.io "manual" has no provisioner'],
        also: at => [
          {
            object: { kind: 'PersistentVolume', name: at.name(`${at.namespace}-kept`) },
            why: 'it still belongs to a claim that is gone',
          },
          { row: 'claim', why: 'the claim waits for it' },
        ],
        ways: phase === 'Released' ? ['dump', 'spec', 'recorded', 'sandbox'] : ['dump'],
      }),
    }),
  ),
  {
    name: 'volume-lost',
    row: 'volume',
    ways: ['dump'],
    plant: at => ({
      objects: [
        {
          ...make.claim(at, 'data', { volumeName: 'pv-gone', storageClassName: 'standard' }),
          status: { phase: 'Lost' },
        },
        make.deployment(at, 'orders', { replicas: 1, ...mounts(at.name('data')) }),
      ],
      lives: {
        orders: unschedulable(
          '0/4 nodes are available: persistentvolumeclaim "data" bound to non-existent persistentvolume "pv-gone". not found.',
        ),
      },
      events: [
        {
          about: make.ref(at, 'PersistentVolumeClaim', 'data'),
          reason: 'ClaimLost',
          message: 'Bound claim has lost its PersistentVolume. Data on the volume is lost!',
          from: 'persistentvolume-controller',
        },
      ],
      labels: [
        {
          row: 'volume',
          object: make.ref(at, 'PersistentVolumeClaim', 'data'),
          also: [
            { row: 'claim', why: 'the claim is lost' },
            { object: { kind: 'PersistentVolume', name: 'pv-gone' }, why: 'it is missing' },
          ],
        },
      ],
    }),
  },
  {
    name: 'volume-on-gone-node',
    row: 'volume',
    ways: ['dump', 'spec', 'recorded', 'sandbox'],
    plant: at => {
      const name = at.name(`${at.namespace}-local`);
      const claim = make.claim(at, 'data', { storageClassName: 'manual', volumeName: name });
      return {
        objects: [
          manualClass,
          {
            ...make.volumeOf(name, {
              storageClassName: 'manual',
              claimRef: {
                kind: 'PersistentVolumeClaim',
                apiVersion: 'v1',
                name: at.name('data'),
                namespace: at.namespace,
                ...(at.way === 'dump' || at.way === 'spec'
                  ? { uid: `uid-persistentvolumeclaim-${at.namespace}-${at.name('data')}` }
                  : {}),
              },
              nodeAffinity: {
                required: {
                  nodeSelectorTerms: [
                    {
                      matchExpressions: [
                        { key: 'kubernetes.io/hostname', operator: 'In', values: ['node-7'] },
                      ],
                    },
                  ],
                },
              },
            }),
            ...(at.way === 'dump' || at.way === 'spec' ? { status: { phase: 'Bound' } } : {}),
          },
          at.way === 'dump' || at.way === 'spec'
            ? {
                ...claim,
                status: { phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '5Gi' } },
              }
            : claim,
          make.deployment(at, 'orders', { replicas: 1, ...mounts(at.name('data')) }),
        ],
        lives: {
          orders: unschedulable(
            "0/4 nodes are available: 4 node(s) didn't match PersistentVolume's node affinity.",
          ),
        },
        labels: [
          {
            row: 'volume',
            object: { kind: 'PersistentVolume', name },
            also: [
              { object: make.ref(at, 'PersistentVolumeClaim', 'data'), why: 'it is bound to it' },
              { object: make.ref(at, 'Deployment', 'orders'), why: 'it waits for it' },
              { row: 'pending-volume', why: 'its pod waits for it' },
            ],
          },
        ],
      };
    },
  },
];

export const storageFaults: readonly Fault[] = [...pendingVolumes, ...attachFaults, ...claims, ...volumes];
