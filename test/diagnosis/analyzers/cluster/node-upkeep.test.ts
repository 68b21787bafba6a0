import { expect, test } from 'vitest';
import { nodeUpkeepAnalyzer } from '../../../../src/diagnosis/analyzers/cluster/node-upkeep.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';

function node({ spec = '{}', version = 'v1.36.2', pods = '110', name = 'n1' } = {}): string {
  return `
apiVersion: v1
kind: Node
metadata: {name: ${name}}
spec: ${spec}
status: {conditions: [{type: Ready, status: 'True'}], nodeInfo: {kubeletVersion: ${version}}, allocatable: {pods: '${pods}'}}
`;
}

const lease = (name: string, time: string) => `
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {name: ${name}, namespace: kube-node-lease}
spec: {renewTime: '2026-11-21T${time}.000000Z'}
`;

const closedAt = (time: string) =>
  `{unschedulable: true, taints: [{key: node.kubernetes.io/unschedulable, effect: NoSchedule, timeAdded: '${time}'}]}`;
const serverVersion = 'v1.36.2';
const analyze = (...documents: string[]) =>
  nodeUpkeepAnalyzer.analyze(snapshotOf(documents.join('---'), { serverVersion }));

test('a node that is still closed after a day was forgotten, and is opened again', () => {
  expect(analyze(node({ spec: closedAt('2026-11-19T12:00:00Z') }))).toMatchObject([
    {
      code: 'NODE_CORDONED',
      severity: 'warning',
      summary: 'it has taken no new pods for 2d: it is cordoned',
      fixes: [{ tool: 'k8s_node', arguments: { action: 'uncordon', node: 'n1' } }],
    },
  ]);
  expect(analyze(node({ spec: closedAt('2026-11-20T12:30:00Z') }))).toEqual([]);
  expect(analyze(node({ spec: closedAt('2026-11-20T11:30:00Z') }))).toMatchObject([{ severity: 'warning' }]);
  expect(analyze(node({ spec: '{unschedulable: true}' }))).toMatchObject([{ severity: 'note' }]);
  const written = node({ spec: '{unschedulable: true}' }).replace(
    'name: n1}',
    "name: n1, managedFields: [{manager: kubectl-cordon, time: '2026-11-18T12:00:00Z'}]}",
  );
  expect(analyze(written)).toMatchObject([{ severity: 'warning' }]);
});

test('a node that is being drained was not forgotten', () => {
  const leaving = `
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: shop, deletionTimestamp: '2026-11-21T11:59:59Z'}
spec: {nodeName: n1, containers: []}
`;
  expect(analyze(node({ spec: closedAt('2026-11-19T12:00:00Z') }), leaving)).toEqual([]);
});

test.each([
  ['v1.37.0', 1],
  ['v1.36.9+k3s1', 0],
  ['v1.33.1', 0],
  ['v1.32.14', 1],
  ['custom', 0],
])('a kubelet %s beside an API server 1.36: %i finding', (version, count) => {
  expect(analyze(node({ version })).filter(({ code }) => code === 'NODE_VERSION_SKEW')).toHaveLength(count);
});

test('a lease that is late, one that is a day behind, and one of tomorrow are told apart', () => {
  const two = [node(), node({ name: 'n2' }), lease('n2', '11:59:55')];
  expect(analyze(...two, lease('n1', '11:57:30'))).toMatchObject([
    { code: 'NODE_HEARTBEAT_LATE', object: { name: 'n1' } },
  ]);
  expect(analyze(...two, lease('n1', '10:00:00'))).toMatchObject([
    { code: 'NODE_CLOCK_SKEW', confidence: 'likely' },
  ]);
  expect(analyze(...two, lease('n1', '12:10:00'))).toMatchObject([
    { code: 'NODE_CLOCK_SKEW', summary: 'its clock is 10m ahead, by its lease' },
  ]);
  expect(analyze(...two, lease('n1', '11:59:51'))).toEqual([]);
});

test('files that were saved long ago say nothing of clocks', () => {
  expect(analyze(node(), lease('n1', '08:00:00'))).toEqual([]);
});

test('a node at its most pods is a note', () => {
  const rows = ['a', 'b'].map(name => ({
    namespace: 's',
    name,
    ready: true,
    status: 'Running',
    restarts: 0,
    node: 'n1',
  }));
  const found = (pods: string) => nodeUpkeepAnalyzer.analyze(snapshotOf(node({ pods }), { rows }));
  expect(found('2')).toMatchObject([{ code: 'NODE_FULL', severity: 'note' }]);
  expect(found('3')).toEqual([]);
});

test('in files, where nobody asked the server, it is at least as new as the newest kubelet', () => {
  const found = nodeUpkeepAnalyzer.analyze(
    snapshotOf([node({ version: 'v1.31.0' }), node({ name: 'n2' })].join('---')),
  );
  expect(found).toMatchObject([
    {
      object: { name: 'n1' },
      summary: 'its kubelet (1.31) is more than 3 minor versions older than the API server (1.36 at least)',
    },
  ]);
});
