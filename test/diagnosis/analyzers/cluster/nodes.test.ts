import { expect, test } from 'vitest';
import { nodesAnalyzer } from '../../../../src/diagnosis/analyzers/cluster/nodes.ts';
import { fold } from '../../../../src/diagnosis/fold.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';

function node(
  name: string,
  condition: string,
  { spec = '{}', zone = 'a', created = '2026-01-01T00:00:00Z' } = {},
): string {
  return `
apiVersion: v1
kind: Node
metadata: {name: ${name}, creationTimestamp: '${created}', labels: {topology.kubernetes.io/zone: ${zone}}}
spec: ${spec}
status: {conditions: [${condition}]}
`;
}

const since = (time: string) => `lastTransitionTime: '2026-11-21T${time}Z'`;
const lost = (time = '11:00:00') =>
  `{type: Ready, status: Unknown, reason: NodeStatusUnknown, message: Kubelet stopped posting node status., ${since(time)}}`;
const ready = "{type: Ready, status: 'True'}";

const web = (kind = 'DaemonSet', name = 'web') => `
apiVersion: apps/v1
kind: ${kind}
metadata: {name: ${name}, namespace: shop, uid: ${name}}
spec: {selector: {matchLabels: {app: ${name}}}, template: {metadata: {labels: {app: ${name}}}, spec: {containers: []}}}
`;

const pod = (
  name: string,
  on: string,
  { owner = 'web', status = "{phase: Running, conditions: [{type: Ready, status: 'False'}]}" } = {},
) => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: shop, ownerReferences: [{apiVersion: apps/v1, kind: DaemonSet, name: ${owner}, uid: ${owner}, controller: true}]}
spec: {nodeName: ${on}, containers: []}
status: ${status}
`;

const analyze = (...documents: string[]) => nodesAnalyzer.analyze(snapshotOf(documents.join('---')));

test('a node whose kubelet has stopped reporting breaks what has no well pod elsewhere', () => {
  const [found] = analyze(node('n1', lost()), node('n2', ready), web(), pod('p', 'n1'));
  expect(found).toMatchObject({
    code: 'NODE_LOST',
    severity: 'critical',
    object: { kind: 'Node', name: 'n1' },
    evidence: ['condition Ready=Unknown: Kubelet stopped posting node status.'],
    breaks: [{ kind: 'DaemonSet', name: 'web', namespace: 'shop' }],
  });
});

test('what is not well on a node that is ready, too, has another fault', () => {
  const [found] = analyze(node('n1', lost()), node('n2', ready), web(), pod('p', 'n1'), pod('q', 'n2'));
  expect(found?.breaks).toEqual([]);
});

test('three nodes that are lost together are one finding, and where they are a zone it says so', () => {
  const snapshot = snapshotOf(
    [...['n1', 'n2', 'n3'].map(name => node(name, lost())), node('n4', ready, { zone: 'b' })].join('---'),
  );
  expect(fold(nodesAnalyzer.analyze(snapshot), snapshot)).toMatchObject([
    {
      object: { name: 'n1' },
      summary: 'its kubelet has stopped reporting; so it is with 2 more',
      cause: 'they are all the nodes of zone a, and no others',
      explains: ['Node/n2 (NODE_LOST)', 'Node/n3 (NODE_LOST)'],
    },
  ]);
});

test.each([
  [
    'container runtime network not ready: NetworkReady=false cni plugin not initialized',
    'it is not ready: its network plugin is not set up',
  ],
  ['PLEG is not healthy', 'it is not ready: its container runtime does not keep up'],
  ['container runtime is down', 'it is not ready: its container runtime is down'],
  ['something else', 'it is not ready'],
])('a node that says %s is told by cause', (message, summary) => {
  const condition = `{type: Ready, status: 'False', message: '${message}', ${since('11:00:00')}}`;
  expect(analyze(node('n1', condition))).toMatchObject([{ code: 'NODE_NOT_READY', summary }]);
});

test('a network plugin that fails explains its nodes', () => {
  const condition = `{type: Ready, status: 'False', message: 'cni plugin not initialized', ${since('11:00:00')}}`;
  const [found] = analyze(
    node('n1', condition),
    web('DaemonSet', 'calico-node'),
    pod('p', 'n1', { owner: 'calico-node' }),
  );
  expect(found).toMatchObject({ dependsOn: [{ kind: 'DaemonSet', name: 'calico-node' }], breaks: [] });
});

test('a restart, a node that joins, one that an autoscaler takes and one that never reported are no findings', () => {
  expect(analyze(node('n1', lost('11:59:45')))).toEqual([]);
  expect(analyze(node('n1', lost('11:58:00'), { created: '2026-11-21T11:57:00Z' }))).toEqual([]);
  expect(
    analyze(
      node('n1', lost(), { spec: '{taints: [{key: ToBeDeletedByClusterAutoscaler, effect: NoSchedule}]}' }),
    ),
  ).toEqual([]);
  expect(analyze(node('n1', ''))).toEqual([]);
});

test('a node that was closed first and is away for less than an hour is being worked on', () => {
  const closed = (time: string) =>
    `{unschedulable: true, taints: [{key: node.kubernetes.io/unschedulable, effect: NoSchedule, timeAdded: '2026-11-21T${time}Z'}]}`;
  const at = (away: string, spec: string) => analyze(node('n1', lost(away), { spec }))[0]?.severity;
  expect(at('11:30:00', closed('11:20:00'))).toBe('note');
  expect(at('10:30:00', closed('10:20:00'))).toBe('critical');
  expect(at('11:30:00', closed('11:40:00'))).toBe('critical');
  expect(at('10:00:00', '{taints: [{key: node.kubernetes.io/out-of-service, effect: NoExecute}]}')).toBe(
    'note',
  );
});

test('pressure explains what was evicted from the node, and nothing else on it', () => {
  const evicted = pod('p', 'n1', { status: '{phase: Failed, reason: Evicted}' });
  const [found] = analyze(
    node('n1', `${ready}, {type: DiskPressure, status: 'True', message: kubelet has disk pressure}`),
    web(),
    web('DaemonSet', 'api'),
    evicted,
    pod('q', 'n1', { owner: 'api' }),
  );
  expect(found).toMatchObject({
    code: 'NODE_PRESSURE',
    summary: 'it runs out of disk',
    breaks: [{ name: 'web' }],
  });
});

test('conditions whose meaning nobody knows are left alone', () => {
  expect(analyze(node('n1', `${ready}, {type: GPUHealthy, status: 'True'}`))).toEqual([]);
  expect(analyze(node('n1', `${ready}, {type: ReadonlyFilesystem, status: 'True'}`))).toMatchObject([
    { code: 'NODE_PROBLEM' },
  ]);
});
