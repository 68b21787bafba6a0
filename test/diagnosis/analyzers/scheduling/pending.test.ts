import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.ts';
import { pendingAnalyzer } from '../../../../src/diagnosis/analyzers/scheduling/pending.ts';
import { diagnose } from '../../../../src/diagnosis/diagnose.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';
import {
  ago,
  node,
  object,
  ownedBy,
  pendingPod,
  workload,
  written,
} from '../../../support/written-objects.ts';

const found = (...objects: JsonObject[]) => pendingAnalyzer.analyze(snapshotOf(written(...objects)));
const nodes = [node('n1', { labels: { disk: 'fast' } }), node('n2', { labels: { disk: 'fast' } })];
const requests = (amounts: JsonObject) => ({ container: { resources: { requests: amounts } } });
const required = (field: string, terms: JsonObject[]) => ({
  affinity: { [field]: { requiredDuringSchedulingIgnoredDuringExecution: terms } },
});
const self = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'web' } } };

test.each<[what: string, pods: JsonObject, code: string, summary: RegExp]>([
  [
    'more CPU than any node has',
    requests({ cpu: '16' }),
    'POD_TOO_LARGE',
    /asks for 16 of cpu; the largest node .* has 4 \(n1\)/,
  ],
  ['a device that no node has', requests({ 'example.com/gpu': 1 }), 'POD_TOO_LARGE', /which no node offers/],
  [
    'a label that no node has',
    { nodeSelector: { pool: 'gpu' } },
    'NODE_LABEL_MISSING',
    /none of 2 nodes has the label pool=gpu \(none has the key\)/,
  ],
  [
    'node affinity that no node meets',
    {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'Exists' }] }],
          },
        },
      },
    },
    'NODE_AFFINITY_UNMET',
    /no node fits its required node affinity/,
  ],
  [
    'more replicas than nodes that may not share one',
    required('podAntiAffinity', [self]),
    'ANTI_AFFINITY_FULL',
    /its 3 pods keep each other off, and there are 2 places/,
  ],
  [
    'more replicas than host ports',
    { container: { ports: [{ containerPort: 80, hostPort: 80 }] } },
    'HOST_PORT_TAKEN',
    /its 3 pods each take port TCP\/80 of their node, and there are 2 nodes/,
  ],
  [
    'a spread over a label that no node has',
    { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'rack', whenUnsatisfiable: 'DoNotSchedule' }] },
    'SPREAD_UNMET',
    /no node that it may run on has the label rack/,
  ],
])('from the spec alone, without a pod: %s', (_what, pods, code, summary) => {
  const drafts = found(...nodes, workload('Deployment', 'web', { replicas: 3, pods }));
  expect(drafts).toMatchObject([
    {
      code,
      severity: 'critical',
      confidence: 'certain',
      depth: 2,
      object: { kind: 'Deployment', name: 'web' },
    },
  ]);
  expect(drafts[0]?.summary).toMatch(summary);
  expect(drafts[0]?.fixes).toEqual([]);
  expect(drafts[0]?.question).toBeDefined();
});

test('more pods than all nodes together could hold', () => {
  const pods = requests({ cpu: '3' });
  expect(found(...nodes, workload('Deployment', 'web', { replicas: 3, pods }))).toMatchObject([
    { code: 'NO_ROOM', summary: 'all nodes that it may run on have room for 2 of its 3 pods, even empty' },
  ]);
  expect(found(...nodes, workload('Deployment', 'web', { replicas: 2, pods }))).toEqual([]);
});

test('a domain that pods cannot go to limits how many may be in the others', () => {
  const spread = (nodeTaintsPolicy?: string) => ({
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'zone',
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector: { matchLabels: { app: 'web' } },
        ...(nodeTaintsPolicy === undefined ? {} : { nodeTaintsPolicy }),
      },
    ],
  });
  const zones = [
    node('n1', { labels: { zone: 'a' } }),
    node('n2', { labels: { zone: 'b' }, spec: { taints: [{ key: 'team', effect: 'NoSchedule' }] } }),
  ];
  expect(found(...zones, workload('Deployment', 'web', { replicas: 2, pods: spread() }))).toMatchObject([
    { code: 'SPREAD_UNMET', summary: expect.stringContaining('it may run in 1 of the domains of zone') },
  ]);
  expect(found(...zones, workload('Deployment', 'web', { replicas: 2, pods: spread('Honor') }))).toEqual([]);
  expect(found(...zones, workload('Deployment', 'web', { replicas: 1, pods: spread() }))).toEqual([]);
});

test('nodes that are cordoned in the domain that stays empty are named', () => {
  const spread = {
    maxSkew: 1,
    topologyKey: 'zone',
    whenUnsatisfiable: 'DoNotSchedule',
    labelSelector: { matchLabels: { app: 'web' } },
  };
  const zones = [
    node('n1', { labels: { zone: 'a' } }),
    node('n2', { labels: { zone: 'b' }, spec: { unschedulable: true } }),
    node('n3', { labels: { zone: 'a' }, spec: { unschedulable: true } }),
  ];
  const web = workload('Deployment', 'web', { replicas: 3, pods: { topologySpreadConstraints: [spread] } });
  expect(found(...zones, web)).toMatchObject([
    {
      code: 'SPREAD_UNMET',
      summary:
        'its topology spread cannot be met: it may run in 1 of the domains of zone, and the others stay empty: n2 is cordoned or not ready',
      question: 'When will n2 take pods again, or may it be ScheduleAnyway?',
      dependsOn: [{ kind: 'Node', name: 'n2' }],
    },
  ]);
});

test('a limit without a request is asked for as a request', () => {
  const pods = { container: { resources: { limits: { 'example.com/gpu': '1' } } } };
  expect(found(...nodes, workload('Deployment', 'web', { pods }))).toMatchObject([
    {
      code: 'POD_TOO_LARGE',
      evidence: [expect.stringContaining('resources.limits.example.com/gpu: 1'), expect.anything()],
    },
  ]);
});

test('pods that have to run beside others wait where there are none, and where all are known', () => {
  const pods = required('podAffinity', [
    { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'cache' } } },
  ]);
  const web = workload('Deployment', 'web', { pods });
  expect(found(...nodes, web)).toMatchObject([
    { code: 'NEIGHBOUR_MISSING', summary: 'it must run beside pods that there are none of: app=cache' },
  ]);
  expect(found(...nodes, web, workload('Deployment', 'cache'))).toEqual([]);
  const rows = [{ namespace: 'shop', name: 'operated-0', ready: true, status: 'Running', restarts: 0 }];
  expect(pendingAnalyzer.analyze(snapshotOf(written(...nodes, web), { rows }))).toEqual([]);
  const ownGroup = required('podAffinity', [self]);
  expect(found(...nodes, workload('Deployment', 'web', { pods: ownGroup }))).toEqual([]);
});

test.each<[what: string, nodes: JsonObject[], code: string, summary: RegExp]>([
  [
    'a taint',
    [node('n1', { spec: { taints: [{ key: 'team', value: 'data', effect: 'NoSchedule' }] } })],
    'NODES_TAINTED',
    /does not tolerate the taint team=data:NoSchedule of n1/,
  ],
  [
    'a taint of a worker before that of the control plane',
    [
      node('cp', {
        spec: { taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] },
      }),
      node('n1', { spec: { taints: [{ key: 'team', effect: 'NoExecute' }] } }),
    ],
    'NODES_TAINTED',
    /taint team=:NoExecute of n1/,
  ],
  [
    'a cordon',
    [
      node('n1', {
        spec: {
          unschedulable: true,
          taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }],
        },
      }),
    ],
    'NODES_CLOSED',
    /n1 could, but is cordoned/,
  ],
  [
    'nodes that are not ready',
    [node('n1', { ready: 'False' }), node('n2', { ready: 'Unknown' })],
    'NODES_CLOSED',
    /n1, n2 could, but are not ready/,
  ],
])('a pod that %s keeps off', (_what, all, code, summary) => {
  const drafts = found(...all, workload('Deployment', 'web'));
  expect(drafts).toMatchObject([{ code }]);
  expect(drafts[0]?.summary).toMatch(summary);
});

test('nodes that are down explain the pods that only they could take', () => {
  const down = node('n1', { ready: 'Unknown' });
  Object.assign(down['status'] as JsonObject, {
    conditions: [{ type: 'Ready', status: 'Unknown', lastTransitionTime: ago(30) }],
  });
  const { findings } = diagnose(
    snapshotOf(written(down, workload('Deployment', 'web', { status: { replicas: 1 } }))),
  );
  expect(findings.map(({ object: { kind } }) => kind)).toEqual(['Node']);
  expect(findings[0]?.explains).toContain('Deployment/web in shop (NODES_CLOSED)');
});

test('a label that is nearly right is mended in the selector', () => {
  const [draft] = found(
    ...nodes,
    workload('Deployment', 'web', { pods: { nodeSelector: { disk: 'fasst' } } }),
  );
  expect(draft?.fixes).toEqual([
    {
      tool: 'k8s_patch',
      arguments: {
        target: { kind: 'Deployment', name: 'web', namespace: 'shop' },
        patch: '{"spec":{"template":{"spec":{"nodeSelector":{"disk":"fast"}}}}}',
      },
      does: 'Select disk=fast in Deployment/web in shop',
    },
  ]);
  expect(draft).not.toHaveProperty('question');
});

test('the revision before is offered where it serves and nodes can take it', () => {
  const set = (
    name: string,
    revision: string,
    { ready = 0, pods = {} }: { ready?: number; pods?: JsonObject },
  ) =>
    workload('ReplicaSet', name, {
      pods,
      status: { replicas: 1, readyReplicas: ready },
      metadata: {
        ...ownedBy('Deployment', 'web'),
        annotations: { 'deployment.kubernetes.io/revision': revision },
      },
    });
  const pods = requests({ cpu: '16' });
  const says = '0/2 nodes are available: 2 Insufficient cpu.';
  const world = (before: JsonObject) => [
    ...nodes,
    workload('Deployment', 'web', { pods, status: { replicas: 2, readyReplicas: 1 } }),
    before,
    set('web-new', '2', { pods }),
    pendingPod('web', {
      says,
      owner: ownedBy('ReplicaSet', 'web-new'),
      spec: { containers: [{ name: 'main', resources: { requests: { cpu: '16' } } }] },
    }),
  ];
  const [draft] = found(...world(set('web-old', '1', { ready: 1 })));
  expect(draft).toMatchObject({ severity: 'warning', code: 'POD_TOO_LARGE' });
  expect(draft?.fixes).toMatchObject([{ tool: 'k8s_rollout', arguments: { action: 'undo', toRevision: 1 } }]);
  const [asLarge] = found(...world(set('web-old', '1', { ready: 1, pods: requests({ cpu: '32' }) })));
  expect(asLarge?.fixes).toEqual([]);
});

test.each([
  ['0/2 nodes are available: 2 Insufficient cpu.', 'NO_ROOM', 'no node has 2 of cpu left'],
  [
    '0/2 nodes are available: 2 Too many pods.',
    'NO_ROOM',
    'every node that it may run on has as many pods as it can have',
  ],
  [
    "0/2 nodes are available: 2 node(s) didn't match pod affinity rules.",
    'NEIGHBOUR_MISSING',
    'no node has the pods that it must run beside (required pod affinity)',
  ],
  [
    "0/2 nodes are available: 2 node(s) didn't match pod topology spread constraints.",
    'SPREAD_UNMET',
    'its topology spread leaves no node: where it may run, it would be too many in one place',
  ],
  [
    "0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod ports.",
    'HOST_PORT_TAKEN',
    'port TCP/80 is taken on every node that it may run on',
  ],
])('what only the scheduler knows, once it lasts: %s', (says, code, summary) => {
  const pods = {
    container: { ports: [{ containerPort: 80, hostPort: 80 }], resources: { requests: { cpu: '2' } } },
  };
  const world = (minutes: number) => [
    ...nodes,
    workload('Deployment', 'web', { pods }),
    pendingPod('web', { says, minutes, owner: ownedBy('Deployment', 'web') }),
  ];
  expect(found(...world(2))).toMatchObject([{ code, summary }]);
  expect(found(...world(0.5))).toEqual([]);
});

describe('a host port that two workloads want', () => {
  const port = { container: { ports: [{ containerPort: 80, hostPort: 80 }] } };
  const says = "0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod ports.";
  const late = {
    type: 'Progressing',
    status: 'False',
    reason: 'ProgressDeadlineExceeded',
    message: 'timed out',
  };
  const placed = (status: JsonObject) =>
    object('Pod', 'orders-1', {
      metadata: { labels: {}, ...ownedBy('Deployment', 'orders') },
      spec: { nodeName: 'n1', containers: [{ name: 'main' }] },
      status,
    });
  const world = (orders: JsonObject, pods: JsonObject = port) => [
    ...nodes,
    workload('DaemonSet', 'agent', { pods: port, status: { desiredNumberScheduled: 2, numberReady: 1 } }),
    pendingPod('agent', { says, owner: ownedBy('DaemonSet', 'agent') }),
    workload('Deployment', 'orders', { pods, status: { updatedReplicas: 1, conditions: [late] } }),
    orders,
  ];
  const verdict = (...objects: JsonObject[]) =>
    diagnose(snapshotOf(written(...objects))).findings.map(({ code, object: { name }, cause = '' }) => [
      `${code} ${name}`,
      cause,
    ]);
  const rivalry = ['HOST_PORT_TAKEN agent', 'Deployment/orders in shop takes the same port of its nodes'];

  test('is one fault, which the rollout of the other folds under while its pod has not begun to run', () => {
    expect(verdict(...world(placed({ phase: 'Pending' })))).toEqual([rivalry]);
  });

  test('explains nothing of a pod that runs and fails for reasons of its own', () => {
    const containerStatuses = [
      { name: 'main', ready: false, restartCount: 9, state: { waiting: { reason: 'CrashLoopBackOff' } } },
    ];
    const [, ...others] = verdict(...world(placed({ phase: 'Running', containerStatuses })));
    expect(others).toHaveLength(1);
  });

  test('is no matter of a rollout that takes another port', () => {
    const other = { container: { ports: [{ containerPort: 80, hostPort: 81 }] } };
    expect(verdict(...world(placed({ phase: 'Pending' }), other)).map(([what]) => what)).toEqual([
      'ROLLOUT_STUCK orders',
      'HOST_PORT_TAKEN agent',
    ]);
  });
});

test('what a full node has is told with what its pods request of it', () => {
  const taker = object('Pod', 'taker', {
    metadata: { labels: {} },
    spec: { nodeName: 'n1', containers: [{ name: 'c', resources: { requests: { cpu: '3500m' } } }] },
    status: { phase: 'Running' },
  });
  const [draft] = found(
    node('n1'),
    taker,
    workload('Deployment', 'web', { pods: requests({ cpu: '1' }) }),
    pendingPod('web', {
      says: '0/1 nodes are available: 1 Insufficient cpu.',
      owner: ownedBy('Deployment', 'web'),
    }),
  );
  expect(draft?.evidence[0]).toBe('Node/n1 status.allocatable.cpu: 4, of which 1 pods request 3500m');
});

test('volumes, which are looked at elsewhere, are no matter of nodes', () => {
  const says = '0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims.';
  expect(
    found(
      ...nodes,
      workload('Deployment', 'web'),
      pendingPod('web', { says, owner: ownedBy('Deployment', 'web') }),
    ),
  ).toEqual([]);
});

test('where nodes may not be read the words of the scheduler are enough, and the spec alone is not', () => {
  const unread = [{ kind: 'Node', why: 'forbidden' }];
  const says = "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.";
  const deployment = workload('Deployment', 'web', { pods: { nodeSelector: { pool: 'gpu' } } });
  const pod = pendingPod('web', { says, owner: ownedBy('Deployment', 'web') });
  const analyze = (...objects: JsonObject[]) =>
    pendingAnalyzer.analyze(snapshotOf(written(...objects), { unread }));
  expect(analyze(deployment)).toEqual([]);
  expect(analyze(deployment, pod)).toMatchObject([{ code: 'NODE_LABEL_MISSING' }]);
});

test.each<[what: string, objects: JsonObject[]]>([
  [
    'a workload whose pods all serve, though no node would take them anew',
    [
      workload('Deployment', 'web', {
        pods: { nodeSelector: { pool: 'gpu' } },
        status: { replicas: 1, readyReplicas: 1 },
      }),
    ],
  ],
  [
    'a workload that wants no pods',
    [workload('Deployment', 'web', { replicas: 0, pods: { nodeSelector: { pool: 'gpu' } } })],
  ],
  [
    'a suspended CronJob',
    [
      object('CronJob', 'c', {
        apiVersion: 'batch/v1',
        spec: {
          suspend: true,
          schedule: '* * * * *',
          jobTemplate: { spec: { template: { spec: { nodeSelector: { pool: 'gpu' }, containers: [] } } } },
        },
      }),
    ],
  ],
  [
    'a Job that has ended',
    [
      object('Job', 'j', {
        apiVersion: 'batch/v1',
        spec: { template: { spec: { nodeSelector: { pool: 'gpu' }, containers: [] } } },
        status: { conditions: [{ type: 'Complete', status: 'True' }] },
      }),
    ],
  ],
  [
    'a pod that is going',
    [
      object('Pod', 'p', {
        metadata: { deletionTimestamp: ago(1) },
        spec: { nodeSelector: { pool: 'gpu' }, containers: [] },
        status: { phase: 'Pending' },
      }),
    ],
  ],
  [
    'a DaemonSet that has no pod yet',
    [workload('DaemonSet', 'd', { pods: { nodeSelector: { pool: 'gpu' } } })],
  ],
])('%s is no finding', (_what, objects) => {
  expect(found(...nodes, ...objects)).toEqual([]);
});

test('a pod for which a node is being added waits for that', () => {
  const event = (minutes: number) => ({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'e', namespace: 'shop' },
    involvedObject: { kind: 'Pod', name: 'web-1', namespace: 'shop' },
    reason: 'TriggeredScaleUp',
    type: 'Normal',
    lastTimestamp: ago(minutes),
  });
  const says = '0/2 nodes are available: 2 Insufficient cpu.';
  const world = [
    ...nodes,
    workload('Deployment', 'web'),
    pendingPod('web', { says, owner: ownedBy('Deployment', 'web') }),
  ];
  expect(found(...world, event(3))).toEqual([]);
  expect(found(...world, event(30))).toMatchObject([{ code: 'NO_ROOM' }]);
});

test('times that are missing, malformed or to come are survived', () => {
  const says = '0/2 nodes are available: 2 Insufficient cpu.';
  for (const creationTimestamp of [undefined, 'yesterday', ago(-60)]) {
    const pod = pendingPod('web', { says, owner: ownedBy('Deployment', 'web') });
    Object.assign(pod['metadata'] as JsonObject, { creationTimestamp });
    expect(() => found(...nodes, workload('Deployment', 'web'), pod)).not.toThrow();
  }
});

test('names of labels that a prototype has are labels like others', () => {
  const [draft] = found(
    ...nodes,
    workload('Deployment', 'web', { pods: { nodeSelector: { constructor: 'x' } } }),
  );
  expect(draft).toMatchObject({ code: 'NODE_LABEL_MISSING' });
});
