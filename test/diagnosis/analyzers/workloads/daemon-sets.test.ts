import { expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.ts';
import { daemonSetsAnalyzer } from '../../../../src/diagnosis/analyzers/workloads/daemon-sets.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';
import { ago, node, object, ownedBy, workload, written } from '../../../support/written-objects.ts';

const found = (...objects: JsonObject[]) => daemonSetsAnalyzer.analyze(snapshotOf(written(...objects)));
const nowhere = {
  desiredNumberScheduled: 0,
  currentNumberScheduled: 0,
  numberMisscheduled: 0,
  numberReady: 0,
};
const agent = (pods: JsonObject, metadata: JsonObject = {}) =>
  workload('DaemonSet', 'agent', { pods, status: nowhere, metadata });

test.each<[what: string, pods: JsonObject, metadata: JsonObject, severity: string]>([
  ['a label of its own', { nodeSelector: { role: 'edge' } }, {}, 'warning'],
  ['hardware that a cluster may lack', { nodeSelector: { 'nvidia.com/gpu.present': 'true' } }, {}, 'note'],
  ['a system that a cluster may lack', { nodeSelector: { 'kubernetes.io/os': 'windows' } }, {}, 'note'],
  ['a label, in kube-system', { nodeSelector: { role: 'edge' } }, { namespace: 'kube-system' }, 'note'],
])('a DaemonSet that asks for %s and runs nowhere', (_what, pods, metadata, severity) => {
  expect(found(node('n1', { labels: { 'kubernetes.io/os': 'linux' } }), agent(pods, metadata))).toMatchObject(
    [{ code: 'DAEMON_SET_NOWHERE', severity }],
  );
});

test('a DaemonSet that is only written down is judged by its spec, one that its controller has not seen is not', () => {
  const pods = { nodeSelector: { role: 'edge' } };
  const metadata = { generation: 1 };
  expect(found(node('n1'), workload('DaemonSet', 'agent', { pods, metadata }))).toMatchObject([
    { code: 'DAEMON_SET_NOWHERE' },
  ]);
  expect(found(node('n1'), workload('DaemonSet', 'agent', { pods, metadata, status: nowhere }))).toEqual([]);
});

test('a label that is nearly right is mended', () => {
  expect(
    found(node('n1', { labels: { role: 'worker' } }), agent({ nodeSelector: { role: 'workers' } }))[0]?.fixes,
  ).toMatchObject([{ does: 'Select role=worker in DaemonSet/agent in shop' }]);
});

test('a taint of all nodes that it does not tolerate; those of the cluster it does', () => {
  const tainted = (key: string) => node('n1', { spec: { taints: [{ key, effect: 'NoSchedule' }] } });
  expect(found(tainted('team'), agent({}))).toMatchObject([
    { code: 'DAEMON_SET_NOWHERE', severity: 'warning' },
  ]);
  expect(found(tainted('node.kubernetes.io/unschedulable'), agent({}))).toEqual([]);
});

test('pods where they no longer belong', () => {
  const status = {
    desiredNumberScheduled: 1,
    currentNumberScheduled: 1,
    numberReady: 1,
    numberMisscheduled: 2,
  };
  expect(found(workload('DaemonSet', 'agent', { status }))).toMatchObject([
    { code: 'DAEMON_SET_MISPLACED', summary: '2 of its pods run on nodes where they do not belong' },
  ]);
});

test('a pod that stays unready makes it unavailable, and a dead node explains that', () => {
  const status = {
    desiredNumberScheduled: 2,
    currentNumberScheduled: 2,
    numberReady: 1,
    numberUnavailable: 1,
  };
  const pod = (minutes: number, unready: JsonObject = {}) =>
    object('Pod', 'agent-1', {
      metadata: { creationTimestamp: ago(minutes), ...ownedBy('DaemonSet', 'agent') },
      spec: { nodeName: 'n2', containers: [] },
      status: { conditions: [{ type: 'Ready', status: 'False', ...unready }] },
    });
  const set = workload('DaemonSet', 'agent', { status, metadata: { creationTimestamp: ago(600) } });
  expect(found(set, pod(30))).toMatchObject([
    { code: 'DAEMON_SET_UNAVAILABLE', severity: 'warning', dependsOn: [{ kind: 'Node', name: 'n2' }] },
  ]);
  expect(found(set, pod(3))).toEqual([]);
  // It has run for a day and started again just now.
  expect(found(set, pod(1_440, { lastTransitionTime: ago(1) }))).toEqual([]);
  expect(found(set, pod(1_440, { lastTransitionTime: ago(11) }))).toHaveLength(1);
});
