import { expect, test } from 'vitest';
import type { Node } from '../../../src/kubernetes/kinds/cluster.ts';
import { conditionOf } from '../../../src/kubernetes/kinds/condition.ts';
import type { Pod } from '../../../src/kubernetes/kinds/pod.ts';
import { ofKind } from '../../../src/kubernetes/kinds.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import { controllers } from '../../../src/sandbox/controllers/index.ts';
import { Rehearsal } from '../../../src/sandbox/rehearsal.ts';
import { parseWorld } from '../../../src/sandbox/world.ts';
import { podsOf, remove, settleFor, startMs } from '../../support/cluster-life.ts';

// The messages are those of kube-scheduler 1.36.2 for the same three nodes and pods.

const world = parseWorld(
  'cluster: {serverVersion: v1.36.2, ageDays: 1, nodes: [{name: x, ip: 10.0.0.1, podSubnet: 10.42.0}]}\nobjects: []\n',
  'places',
);
const second = 1_000;

function node(
  name: string,
  { labels, spec, cpu = '4' }: { labels: Record<string, string>; spec?: object; cpu?: string },
): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec: { podCIDR: '10.42.0.0/24', ...spec },
    status: {
      allocatable: { cpu, memory: '8Gi', pods: '10', 'ephemeral-storage': '10Gi' },
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  };
}

function startPlaces(nodes: readonly KubeObject[] = threeNodes()): Rehearsal {
  const life = new Rehearsal(world, { controllers, nowMs: startMs });
  const namespace = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'shop' },
    spec: { finalizers: ['kubernetes'] },
  };
  for (const object of [namespace, ...nodes]) life.apply({ do: 'create', object });
  settleFor(life, second);
  return life;
}

function threeNodes(): KubeObject[] {
  const taints = [{ key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }];
  return [
    node('a', { labels: { zone: 'z1' } }),
    node('b', { labels: { zone: 'z2' }, cpu: '2', spec: { taints } }),
    node('c', { labels: { zone: 'z2' }, spec: { unschedulable: true } }),
  ];
}

const container = { name: 'main', image: 'shop/web:1' };

function asking(requests: Record<string, string>): object {
  return { containers: [{ ...container, resources: { requests } }] };
}

function makePod(
  life: Rehearsal,
  name: string,
  { spec = {}, labels = {} }: { spec?: object; labels?: Record<string, string> } = {},
): void {
  const object = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', labels },
    spec: { containers: [container], ...spec },
  };
  life.apply({ do: 'create', object });
  settleFor(life, 30 * second);
}

function thePod(life: Rehearsal, name: string): Pod {
  const pod = podsOf(life).find(each => each.metadata.name === name);
  if (pod === undefined) throw new Error(`no pod ${name}`);
  return pod;
}

function whyPending(life: Rehearsal, name: string): string | undefined {
  const pod = thePod(life, name);
  expect(pod.spec.nodeName).toBeUndefined();
  return conditionOf(pod.status?.conditions, 'PodScheduled')?.message;
}

const helpless =
  'no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.';
const noVictims =
  'no new claims to deallocate, preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.';
const others = '1 node(s) had untolerated taint(s), 1 node(s) were unschedulable';

const anti = {
  affinity: {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { labelSelector: { matchLabels: { app: 'one' } }, topologyKey: 'kubernetes.io/hostname' },
      ],
    },
  },
};
const joining = { affinity: { podAffinity: anti.affinity.podAntiAffinity } };
const spread = (topologyKey: string) => ({
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: { app: 'one' } },
    },
  ],
});
const port = { containers: [{ ...container, ports: [{ containerPort: 80, hostPort: 80 }] }] };
const zoneNine = { matchExpressions: [{ key: 'zone', operator: 'In', values: ['z9'] }] };
const inZoneNine = {
  affinity: {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [zoneNine] } },
  },
};
const tolerant = {
  ...asking({ cpu: '3' }),
  nodeSelector: { zone: 'z2' },
  tolerations: [{ key: 'dedicated', operator: 'Exists' }],
};
const mounting = { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'missing' } }] };

test.each<[what: string, spec: object, message: string]>([
  ['more CPU', asking({ cpu: '100' }), `1 Insufficient cpu, ${others}. ${helpless}`],
  [
    'more CPU and memory',
    asking({ cpu: '100', memory: '100Gi' }),
    `1 Insufficient cpu, 1 Insufficient memory, ${others}. ${helpless}`,
  ],
  [
    'more disk',
    asking({ 'ephemeral-storage': '100Gi' }),
    `1 Insufficient ephemeral-storage, ${others}. ${helpless}`,
  ],
  ['a device', asking({ 'example.com/gpu': '1' }), `1 Insufficient example.com/gpu, ${others}. ${helpless}`],
  [
    'another label',
    { nodeSelector: { disk: 'ssd' } },
    `1 node(s) didn't match Pod's node affinity/selector, ${others}. ${helpless}`,
  ],
  ['another zone', inZoneNine, `1 node(s) didn't match Pod's node affinity/selector, ${others}. ${helpless}`],
  ['a pod to be near to', joining, `1 node(s) didn't match pod affinity rules, ${others}. ${helpless}`],
  [
    'a topology',
    spread('rack'),
    `1 node(s) didn't match pod topology spread constraints (missing required label), ${others}. ${helpless}`,
  ],
  ['a claim', mounting, 'persistentvolumeclaim "missing" not found. not found'],
  [
    'more than the one node it tolerates has',
    tolerant,
    `1 Insufficient cpu, 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) were unschedulable. ${helpless}`,
  ],
])('a pod that needs %s than there is says so in the words of the scheduler', (_what, spec, message) => {
  const life = startPlaces();
  makePod(life, 'wanting', { spec });
  expect(whyPending(life, 'wanting')).toBe(`0/3 nodes are available: ${message}`);
  const told = ofKind(life.list('Event'), 'Event').filter(event => event.reason === 'FailedScheduling');
  expect(told.map(event => event.message)).toEqual([`0/3 nodes are available: ${message}`]);
});

test.each<[what: string, spec: object, reason: string]>([
  ['keeps pods like it off', anti, "node(s) didn't match pod anti-affinity rules"],
  ['is to be spread', spread('zone'), "node(s) didn't match pod topology spread constraints"],
  ['takes a port of its node', port, "node(s) didn't have free ports for the requested pod ports"],
])('of two pods each of which %s one waits until the other is gone', (_what, spec, reason) => {
  const life = startPlaces();
  const labels = { app: 'one' };
  makePod(life, 'first', { spec, labels });
  makePod(life, 'second', { spec, labels });
  expect(thePod(life, 'first').spec.nodeName).toBe('a');
  expect(whyPending(life, 'second')).toBe(`0/3 nodes are available: 1 ${reason}, ${others}. ${noVictims}`);
  remove(life, { kind: 'Pod', name: 'first' });
  settleFor(life, 60 * second);
  expect(thePod(life, 'second').spec.nodeName).toBe('a');
});

test('a pod that wants more zones than there are counts none of them as full enough', () => {
  const life = startPlaces([node('a', { labels: { zone: 'z1' } }), node('b', { labels: { zone: 'z2' } })]);
  const [constraint] = spread('zone').topologySpreadConstraints;
  const spec = { topologySpreadConstraints: [{ ...constraint, minDomains: 3 }] };
  for (const name of ['p1', 'p2', 'p3']) makePod(life, name, { spec, labels: { app: 'one' } });
  expect(new Set(['p1', 'p2'].map(name => thePod(life, name).spec.nodeName))).toEqual(new Set(['a', 'b']));
  expect(whyPending(life, 'p3')).toContain("2 node(s) didn't match pod topology spread constraints");
});

test('a pod is kept off by one that wants to be alone', () => {
  const life = startPlaces();
  makePod(life, 'alone', { spec: anti, labels: { app: 'one' } });
  makePod(life, 'other', { labels: { app: 'one' } });
  const reason = "1 node(s) didn't satisfy existing pods anti-affinity rules";
  expect(whyPending(life, 'other')).toBe(`0/3 nodes are available: ${reason}, ${others}. ${noVictims}`);
});

test('pods that want each other start with the first of them', () => {
  const life = startPlaces([node('a', { labels: {} }), node('b', { labels: {} })]);
  for (const name of ['p1', 'p2', 'p3']) makePod(life, name, { spec: joining, labels: { app: 'one' } });
  expect(new Set(podsOf(life).map(pod => pod.spec.nodeName)).size).toBe(1);
});

test('a node takes as many pods as it may', () => {
  const life = startPlaces();
  for (let index = 0; index < 11; index++) makePod(life, `p${index}`);
  expect(whyPending(life, 'p10')).toBe(`0/3 nodes are available: 1 Too many pods, ${others}. ${noVictims}`);
});

test('what a pod asks for is free again when it has ended or gone, and the waiting pod of the highest priority has it', () => {
  const life = startPlaces();
  makePod(life, 'large', { spec: asking({ cpu: '3' }) });
  makePod(life, 'early', { spec: { ...asking({ cpu: '3' }), priority: 1 } });
  makePod(life, 'urgent', { spec: { ...asking({ cpu: '3' }), priority: 100 } });
  expect(whyPending(life, 'urgent')).toBe(
    `0/3 nodes are available: 1 Insufficient cpu, ${others}. ${noVictims}`,
  );
  remove(life, { kind: 'Pod', name: 'large' });
  settleFor(life, 60 * second);
  expect([thePod(life, 'urgent').spec.nodeName, thePod(life, 'early').spec.nodeName]).toEqual([
    'a',
    undefined,
  ]);
});

test('without nodes and behind a gate a pod waits', () => {
  const bare = startPlaces([]);
  makePod(bare, 'early');
  expect(whyPending(bare, 'early')).toBe('no nodes available to schedule pods');
  const life = startPlaces();
  makePod(life, 'gated', { spec: { schedulingGates: [{ name: 'example.com/wait' }] } });
  expect(whyPending(life, 'gated')).toBe('Scheduling is blocked due to non-empty scheduling gates');
  const pod = thePod(life, 'gated');
  const { schedulingGates: _open, ...spec } = pod.spec;
  life.apply({ do: 'update', object: { ...pod, spec } });
  settleFor(life, second);
  expect(thePod(life, 'gated').spec.nodeName).toBe('a');
});

test('pods go where they prefer to be, off nodes that would rather not have them, and apart from their like', () => {
  const soft = { taints: [{ key: 'slow', effect: 'PreferNoSchedule' }] };
  const life = startPlaces([
    node('a', { labels: { disk: 'hdd' } }),
    node('b', { labels: { disk: 'ssd' } }),
    node('z', { labels: {}, spec: soft }),
  ]);
  const preference = { matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] };
  const preferring = {
    nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 50, preference }] },
  };
  makePod(life, 'p1', { spec: { affinity: preferring } });
  makePod(life, 'p2');
  expect([thePod(life, 'p1').spec.nodeName, thePod(life, 'p2').spec.nodeName]).toEqual(['b', 'a']);
});

test('a cordoned node is tainted, and free of it when it is open again', () => {
  const life = startPlaces();
  const taintsOf = () =>
    ofKind(life.list('Node'), 'Node').find(each => each.metadata.name === 'c')?.spec?.taints;
  expect(taintsOf()).toMatchObject([{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }]);
  change(life, 'c', ({ spec }) => ({ spec: { ...spec, unschedulable: false } }));
  settleFor(life, second);
  expect(taintsOf()).toBeUndefined();
});

test('a taint that drives pods away does so at once, after a time, or never, as each tolerates it', () => {
  const life = startPlaces();
  const tolerating = (more: object) => ({
    spec: { tolerations: [{ key: 'out', operator: 'Exists', effect: 'NoExecute', ...more }] },
  });
  makePod(life, 'goes');
  makePod(life, 'later', tolerating({ tolerationSeconds: 60 }));
  makePod(life, 'stays', tolerating({}));
  change(life, 'a', ({ spec }) => ({ spec: { ...spec, taints: [{ key: 'out', effect: 'NoExecute' }] } }));
  life.settle();
  expect(thePod(life, 'goes').status?.conditions).toContainEqual(
    expect.objectContaining({ type: 'DisruptionTarget', reason: 'DeletionByTaintManager' }),
  );
  settleFor(life, 30 * second);
  expect(podsOf(life).map(pod => pod.metadata.name)).toEqual(['later', 'stays']);
  settleFor(life, 60 * second);
  expect(podsOf(life).map(pod => pod.metadata.name)).toEqual(['stays']);
});

function change(life: Rehearsal, name: string, more: (node: Node) => Partial<Node>): void {
  const found = ofKind(life.list('Node'), 'Node').find(each => each.metadata.name === name);
  if (found === undefined) throw new Error(`no node ${name}`);
  life.apply({ do: 'update', object: { ...found, ...more(found) } });
}
