import { expect, test } from 'vitest';
import type { Node } from '../../../src/kubernetes/kinds/cluster.ts';
import type { DaemonSet } from '../../../src/kubernetes/kinds/workloads.ts';
import { takesDaemon } from '../../../src/kubernetes/scheduling/daemon-nodes.ts';

type Taints = NonNullable<NonNullable<Node['spec']>['taints']>;

function node(taints: Taints = [], labels: Record<string, string> = {}): Node {
  return { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1', labels }, spec: { taints } };
}

function set(spec: Partial<DaemonSet['spec']['template']['spec']> = {}): DaemonSet {
  const template = { spec: { containers: [{ name: 'agent' }], ...spec } };
  const metadata = { name: 'agent', namespace: 'ops' };
  return { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata, spec: { selector: {}, template } };
}

const ownTaint = { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' };
const tolerations = [{ key: 'dedicated', operator: 'Exists' }];

test.each<[what: string, own: DaemonSet, place: Node, wanted: 'new' | 'present' | 'none']>([
  ['a plain node', set(), node(), 'new'],
  [
    'a cordoned node',
    set(),
    node([{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }]),
    'new',
  ],
  [
    'a node that is not ready',
    set(),
    node([{ key: 'node.kubernetes.io/not-ready', effect: 'NoExecute' }]),
    'new',
  ],
  ['a node with another label', set({ nodeSelector: { disk: 'ssd' } }), node([], { disk: 'hdd' }), 'none'],
  ['a taint that keeps new pods away', set(), node([ownTaint]), 'present'],
  ['a taint that it tolerates', set({ tolerations }), node([ownTaint]), 'new'],
  ['a taint that drives pods away', set(), node([{ ...ownTaint, effect: 'NoExecute' }]), 'none'],
])('a daemon set and %s', (_what, own, place, wanted) => {
  expect(takesDaemon(own, place)).toBe(wanted);
});
