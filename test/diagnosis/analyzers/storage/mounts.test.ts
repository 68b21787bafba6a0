import { expect, test } from 'vitest';
import { mountsAnalyzer } from '../../../../src/diagnosis/analyzers/storage/mounts.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';

const analyze = (...documents: string[]) => mountsAnalyzer.analyze(snapshotOf(documents.join('---')));

const bound = `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: shop}
spec: {volumeName: disk, accessModes: [ReadWriteOnce]}
status: {phase: Bound}
`;

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop, uid: d}
spec: {selector: {matchLabels: {app: api}}, template: {metadata: {labels: {app: api}}, spec: {containers: []}}}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: api-1, namespace: shop, uid: r, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: api, uid: d, controller: true}]}
spec: {selector: {}, template: {spec: {containers: []}}}
`;

function pod(
  name: string,
  {
    node = 'n1',
    phase = 'Pending',
    started = '11:30:00',
    volume = 'persistentVolumeClaim: {claimName: data}',
  } = {},
): string {
  return `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: shop, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: api-1, uid: r, controller: true}]}
spec: {nodeName: ${node}, containers: [], volumes: [{name: v, ${volume}}]}
status: {phase: ${phase}, startTime: '2026-11-21T${started}Z'}
`;
}

function event(reason: string, message: string): string {
  return `
apiVersion: v1
kind: Event
metadata: {name: e, namespace: shop}
involvedObject: {kind: Pod, name: new, namespace: shop}
type: Warning
reason: ${reason}
message: '${message}'
`;
}

const multi = event(
  'FailedAttachVolume',
  'Multi-Attach error for volume "disk" Volume is already used by pod(s) old',
);

test('a volume that the old pod of a rollout holds on another node is freed by replacing the pod at once', () => {
  const [found, ...others] = analyze(
    bound,
    deployment,
    pod('old', { node: 'n2', phase: 'Running' }),
    pod('new'),
    multi,
  );
  expect(others).toEqual([]);
  expect(found).toMatchObject({
    code: 'VOLUME_ATTACHED_ELSEWHERE',
    object: { kind: 'PersistentVolumeClaim', name: 'data' },
    breaks: [{ kind: 'Deployment', name: 'api' }],
    dependsOn: [{ kind: 'Node', name: 'n2' }],
    fixes: [
      {
        tool: 'k8s_patch',
        arguments: { patch: '{"spec":{"strategy":{"type":"Recreate","rollingUpdate":null}}}' },
      },
    ],
  });
});

test('it is found without events, and not while the pod that holds it is going', () => {
  const old = pod('old', { node: 'n2', phase: 'Running' });
  expect(analyze(bound, deployment, old, pod('new'))).toMatchObject([{ code: 'VOLUME_ATTACHED_ELSEWHERE' }]);
  const going = old.replace('name: old,', "name: old, deletionTimestamp: '2026-11-21T11:57:00Z',");
  expect(analyze(bound, deployment, going, pod('new', { started: '11:57:00' }))).toEqual([]);
  expect(analyze(bound, deployment, old, pod('new', { started: '11:59:00' }))).toEqual([]);
});

test.each([
  [
    'FailedMount',
    'MountVolume.SetUp failed for volume "disk" : driver name x not found in the list of registered CSI drivers',
    'VOLUME_NOT_MOUNTED',
    'the driver of the volume does not run on node n1',
  ],
  [
    'FailedMount',
    'Unable to attach or mount volumes: unmounted volumes=[v], unattached volumes=[]: timed out waiting',
    'VOLUME_NOT_MOUNTED',
    'the storage does not answer',
  ],
  [
    'FailedAttachVolume',
    'AttachVolume.Attach failed for volume "disk" : rpc error',
    'VOLUME_NOT_ATTACHED',
    undefined,
  ],
])('what the kubelet says of a volume (%s) is told of its claim', (reason, message, code, cause) => {
  const [found] = analyze(bound, deployment, pod('new'), event(reason, message));
  expect(found).toMatchObject({
    code,
    object: { kind: 'PersistentVolumeClaim' },
    breaks: [{ kind: 'Deployment' }],
  });
  expect(found?.cause).toBe(cause);
});

test('a path of the node that is not there is told of the workload; a missing ConfigMap is told elsewhere', () => {
  const said = event(
    'FailedMount',
    'MountVolume.SetUp failed for volume "v" : hostPath type check failed: /x is not a file',
  );
  expect(analyze(deployment, pod('new', { volume: 'hostPath: {path: /x}' }), said)).toMatchObject([
    { code: 'VOLUME_NOT_MOUNTED', object: { kind: 'Deployment', name: 'api' } },
  ]);
  const missing = event('FailedMount', 'MountVolume.SetUp failed for volume "v" : configmap "c" not found');
  expect(analyze(deployment, pod('new', { volume: 'configMap: {name: c}' }), missing)).toEqual([]);
});
