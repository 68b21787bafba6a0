import { expect, test } from 'vitest';
import { podVolumesAnalyzer } from '../../../../src/diagnosis/analyzers/storage/pod-volumes.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';

function workload({ replicas = 1, spec = '' } = {}): string {
  return `
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop, uid: d}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: main}], ${spec} volumes: [{name: tmp, emptyDir: {}}, {name: data, persistentVolumeClaim: {claimName: data}}]}
`;
}

const bound = (name: string, spec = `{volumeName: disk, accessModes: [ReadWriteOnce]}`) => `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: ${name}, namespace: shop}
spec: ${spec}
status: {phase: Bound}
`;

const disk = (zone: string) => `
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
spec:
  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: zone, operator: In, values: [${zone}]}]}]}}
`;

const node = (name: string, zone: string) => `
apiVersion: v1
kind: Node
metadata: {name: ${name}, labels: {zone: ${zone}, disk: ${name}}}
`;

const analyze = (...documents: string[]) => podVolumesAnalyzer.analyze(snapshotOf(documents.join('---')));

test('a claim that does not exist is found from the template', () => {
  expect(analyze(workload())).toMatchObject([
    {
      code: 'CLAIM_MISSING',
      object: { kind: 'PersistentVolumeClaim', name: 'data', namespace: 'shop' },
      evidence: ['spec.template.spec.volumes[1].persistentVolumeClaim.claimName: data'],
      breaks: [{ kind: 'Deployment', name: 'api' }],
      fixes: [],
    },
  ]);
});

test('where nobody uses the one claim of a near name, mounting it is offered', () => {
  const [found] = analyze(workload(), bound('data-1'));
  expect(found?.fixes).toEqual([
    {
      tool: 'k8s_patch',
      arguments: {
        target: { kind: 'Deployment', name: 'api', namespace: 'shop' },
        patch:
          '[{"op":"replace","path":"/spec/template/spec/volumes/1/persistentVolumeClaim/claimName","value":"data-1"}]',
        type: 'json',
      },
      does: 'Mount claim data-1, which nobody uses, instead of data',
    },
  ]);
});

test('the data of a claim whose name only begins the same is not offered', () => {
  expect(analyze(workload(), bound('data-backup'))[0]?.fixes).toEqual([]);
});

test('a workload of no pods misses nothing, nor does anybody where claims cannot be read', () => {
  expect(analyze(workload({ replicas: 0 }))).toEqual([]);
  const blind = snapshotOf(workload(), { unread: [{ kind: 'PersistentVolumeClaim', why: 'not allowed' }] });
  expect(podVolumesAnalyzer.analyze(blind)).toEqual([]);
});

test('two pods cannot mount what allows one pod', () => {
  const claim = bound('data', '{accessModes: [ReadWriteOncePod]}');
  expect(analyze(workload({ replicas: 2 }), claim)).toMatchObject([
    { code: 'CLAIM_FOR_ONE_POD', object: { name: 'data' } },
  ]);
  expect(analyze(workload(), claim)).toEqual([]);
});

test('a volume where no node is, and one where the pod may not run, are out of reach', () => {
  expect(analyze(workload(), bound('data'), disk('a'), node('n1', 'b'))).toMatchObject([
    { code: 'VOLUME_OUT_OF_REACH', summary: 'its volume disk is tied to a place that no node is in' },
  ]);
  const picky = workload({ spec: 'nodeSelector: {disk: n1},' });
  expect(analyze(picky, bound('data'), disk('a'), node('n1', 'b'), node('n2', 'a'))).toMatchObject([
    { code: 'VOLUME_OUT_OF_REACH', summary: 'its volume is where Deployment/api may not run' },
  ]);
  expect(analyze(workload(), bound('data'), disk('a'), node('n1', 'a'))).toEqual([]);
});

function pending(message: string, created = '11:00:00'): string {
  return `
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: shop, creationTimestamp: '2026-11-21T${created}Z'}
spec: {containers: [], volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]}
status: {phase: Pending, conditions: [{type: PodScheduled, status: 'False', reason: Unschedulable, message: '${message}'}]}
`;
}

test('a pod that the scheduler keeps waiting for its volume depends on its claims', () => {
  const message =
    '0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: none';
  const claim = bound('data', '{}').replace('Bound', 'Pending');
  expect(analyze(pending(message), claim)).toMatchObject([
    { code: 'POD_WAITS_FOR_VOLUME', object: { kind: 'Pod', name: 'p' }, dependsOn: [{ name: 'data' }] },
  ]);
  expect(analyze(pending(message, '11:58:30'), claim)).toEqual([]);
  expect(analyze(pending('0/1 nodes are available: 1 Insufficient cpu.'), claim)).toEqual([]);
});

test('a Job and a DaemonSet that no controller has looked at yet miss their claim, too', () => {
  const spec = '{containers: [], volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]}';
  const of = (kind: string, group: string, more = '') => `
apiVersion: ${group}/v1
kind: ${kind}
metadata: {name: x, namespace: shop}
spec: {selector: {}, template: {spec: ${spec}}}
${more}
`;
  expect(analyze(of('Job', 'batch'))).toMatchObject([{ code: 'CLAIM_MISSING' }]);
  expect(analyze(of('DaemonSet', 'apps'))).toMatchObject([{ code: 'CLAIM_MISSING' }]);
  const done = "status: {conditions: [{type: Complete, status: 'True'}]}";
  expect(analyze(of('Job', 'batch', done))).toEqual([]);
});
