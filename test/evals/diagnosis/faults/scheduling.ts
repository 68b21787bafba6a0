import type { JsonObject } from '../../../../src/core/json.ts';
import { gated, unschedulable, well } from '../lives.ts';
import * as make from '../objects.ts';
import type { Fault, Label, Place, Way } from '../world.ts';

const everyWay: readonly Way[] = ['sandbox', 'dump', 'spec', 'recorded'];
const taintText = '1 node(s) had untolerated taint(s)';

/** A workload of one kind whose pods no node takes; the label is the workload. */
function pending(
  name: string,
  row: Label['row'],
  {
    kind = 'Deployment',
    pod = {},
    container = {},
    replicas = 2,
    says,
    made,
    ways = everyWay,
    also,
    labels,
  }: {
    kind?: 'Deployment' | 'StatefulSet' | 'Job';
    pod?: JsonObject | ((at: Place) => JsonObject);
    container?: JsonObject;
    replicas?: number;
    says: string;
    made?: number;
    ways?: readonly Way[];
    also?: Label['also'];
    labels?: Record<string, string>;
  },
): Fault {
  return {
    name,
    row,
    ways,
    plant: at => {
      const more = {
        replicas,
        container,
        pod: typeof pod === 'function' ? pod(at) : pod,
        ...(labels === undefined ? {} : { podLabels: labels }),
      };
      const objects =
        kind === 'Deployment'
          ? [make.deployment(at, 'orders', more), make.service(at, 'orders')]
          : kind === 'StatefulSet'
            ? [make.statefulSet(at, 'orders', more), make.headless(at, 'orders')]
            : [make.job(at, 'orders', more)];
      return {
        objects,
        lives: { orders: unschedulable(says) },
        ...(made === undefined ? {} : { made: { orders: made } }),
        labels: [{ row, object: make.ref(at, kind, 'orders'), ...(also === undefined ? {} : { also }) }],
      };
    },
  };
}

const resources = (requests: JsonObject) => ({ resources: { requests } });
const pendingResources = [
  pending('pending-cpu', 'pending-resources', {
    container: resources({ cpu: '64' }),
    says: `0/4 nodes are available: ${taintText}, 3 Insufficient cpu.`,
  }),
  pending('pending-memory', 'pending-resources', {
    container: resources({ memory: '900Gi' }),
    says: `0/4 nodes are available: ${taintText}, 3 Insufficient memory.`,
  }),
  pending('pending-cpu-stateful', 'pending-resources', {
    kind: 'StatefulSet',
    container: resources({ cpu: '90', memory: '700Gi' }),
    says: `0/4 nodes are available: ${taintText}, 3 Insufficient cpu, 3 Insufficient memory.`,
  }),
  pending('pending-extended', 'pending-resources', {
    container: { resources: { limits: { 'nvidia.com/gpu': '1' } } },
    says: `0/4 nodes are available: ${taintText}, 3 Insufficient nvidia.com/gpu.`,
  }),
];

const pendingSelectors = [
  pending('selector-label', 'pending-selector', {
    pod: { nodeSelector: { disk: 'ssd' } },
    says: "0/4 nodes are available: 4 node(s) didn't match Pod's node affinity/selector.",
  }),
  pending('selector-arch', 'pending-selector', {
    kind: 'StatefulSet',
    pod: { nodeSelector: { 'kubernetes.io/arch': 'arm64' } },
    says: "0/4 nodes are available: 4 node(s) didn't match Pod's node affinity/selector.",
  }),
  pending('selector-host', 'pending-selector', {
    kind: 'Job',
    pod: { nodeSelector: { 'kubernetes.io/hostname': 'node-9' } },
    says: "0/4 nodes are available: 4 node(s) didn't match Pod's node affinity/selector.",
  }),
];

const nodeAffinity = (expression: JsonObject): JsonObject => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [expression] }],
      },
    },
  },
});
const podAffinity = (field: string, matchLabels: JsonObject): JsonObject => ({
  affinity: {
    [field]: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { labelSelector: { matchLabels }, topologyKey: 'kubernetes.io/hostname' },
      ],
    },
  },
});
const pendingAffinities = [
  pending('affinity-zone', 'pending-affinity', {
    pod: nodeAffinity({ key: 'topology.kubernetes.io/zone', operator: 'In', values: ['eu-9z'] }),
    says: "0/4 nodes are available: 4 node(s) didn't match Pod's node affinity/selector.",
    also: [{ row: 'pending-selector', why: 'the scheduler says the same of both' }],
  }),
  pending('affinity-peer', 'pending-affinity', {
    pod: podAffinity('podAffinity', { app: 'nobody-has-this' }),
    says: `0/4 nodes are available: ${taintText}, 3 node(s) didn't match pod affinity rules.`,
  }),
  pending('affinity-apart', 'pending-affinity', {
    pod: podAffinity('podAntiAffinity', { tier: 'apart' }),
    labels: { tier: 'apart' },
    replicas: 6,
    says: `0/4 nodes are available: ${taintText}, 3 node(s) didn't match pod anti-affinity rules.`,
    ways: ['sandbox', 'spec', 'recorded'],
  }),
  pending('affinity-gt', 'pending-affinity', {
    kind: 'StatefulSet',
    pod: nodeAffinity({ key: 'pool', operator: 'NotIn', values: ['general', 'gpu'] }),
    says: "0/4 nodes are available: 4 node(s) didn't match Pod's node affinity/selector.",
    also: [{ row: 'pending-selector', why: 'the scheduler says the same of both' }],
  }),
];

const onlyGpu =
  "0/4 nodes are available: 1 node(s) had untolerated taint(s), 3 node(s) didn't match Pod's node affinity/selector.";
const eitherSelector: Label['also'] = [
  { row: 'pending-selector', why: 'its selector leaves only the tainted node' },
];
const pendingTaints = [
  pending('taint-selector', 'pending-taint', {
    pod: { nodeSelector: { pool: 'gpu' } },
    says: onlyGpu,
    also: eitherSelector,
  }),
  pending('taint-affinity', 'pending-taint', {
    kind: 'StatefulSet',
    pod: nodeAffinity({ key: 'pool', operator: 'In', values: ['gpu'] }),
    says: onlyGpu,
    also: [...eitherSelector, { row: 'pending-affinity', why: 'its affinity leaves only the tainted node' }],
  }),
  pending('taint-wrong-value', 'pending-taint', {
    pod: {
      nodeSelector: { pool: 'gpu' },
      tolerations: [{ key: 'nvidia.com/gpu', operator: 'Equal', value: 'yes', effect: 'NoSchedule' }],
    },
    says: onlyGpu,
    also: eitherSelector,
  }),
];

const spread =
  (topologyKey: string, more: JsonObject = {}) =>
  (at: Place): JsonObject => ({
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey,
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector: { matchLabels: at.labels('orders') },
        ...more,
      },
    ],
  });
const pendingSpreads = [
  pending('spread-key', 'pending-spread', {
    pod: spread('topology.acme.dev/rack'),
    says: `0/4 nodes are available: ${taintText}, 3 node(s) didn't match pod topology spread constraints (missing required label).`,
  }),
  pending('spread-min-domains', 'pending-spread', {
    pod: spread('topology.kubernetes.io/zone', { minDomains: 5, maxSkew: 1 }),
    replicas: 8,
    says: `0/4 nodes are available: ${taintText}, 3 node(s) didn't match pod topology spread constraints.`,
    ways: ['sandbox', 'spec', 'recorded'],
  }),
  pending('spread-key-stateful', 'pending-spread', {
    kind: 'StatefulSet',
    pod: spread('failure-domain.acme.dev/row'),
    says: `0/4 nodes are available: ${taintText}, 3 node(s) didn't match pod topology spread constraints (missing required label).`,
  }),
];

const hostPort = (port: number): JsonObject => ({
  ports: [{ name: 'http', containerPort: 8080, hostPort: port }],
});
const noPort = `0/4 nodes are available: ${taintText}, 3 node(s) didn't have free ports for the requested pod ports.`;
const pendingHostPorts: Fault[] = [
  pending('host-port-replicas', 'pending-host-port', {
    container: hostPort(18_080),
    replicas: 5,
    says: noPort,
    ways: ['sandbox', 'spec', 'recorded'],
  }),
  ...[18_443, 19_000].map(
    (port): Fault => ({
      name: `host-port-taken-${port}`,
      row: 'pending-host-port',
      ways: ['dump', 'sandbox', 'recorded'],
      plant: at => ({
        objects: [
          make.daemonSet(at, 'agent', { container: hostPort(port) }),
          make.deployment(at, 'orders', { container: hostPort(port), replicas: 1 }),
        ],
        lives: { orders: unschedulable(noPort) },
        labels: [
          {
            row: 'pending-host-port',
            object: make.ref(at, 'Deployment', 'orders'),
            also: [
              { object: make.ref(at, 'DaemonSet', 'agent'), why: 'it has the port that the other wants' },
            ],
          },
        ],
      }),
    }),
  ),
];

const gates = { schedulingGates: [{ name: 'acme.dev/wait-for-quota' }] };
const schedulingGates: Fault[] = [
  {
    name: 'gate-deployment',
    row: 'scheduling-gate',
    ways: everyWay,
    plant: at => ({
      objects: [make.deployment(at, 'orders', { pod: gates }), make.service(at, 'orders')],
      lives: { orders: gated },
      labels: [{ row: 'scheduling-gate', object: make.ref(at, 'Deployment', 'orders') }],
    }),
  },
  {
    name: 'gate-job',
    row: 'scheduling-gate',
    ways: ['sandbox', 'dump', 'recorded'],
    plant: at => ({
      objects: [make.job(at, 'orders', { pod: gates })],
      lives: { orders: gated },
      labels: [{ row: 'scheduling-gate', object: make.ref(at, 'Job', 'orders') }],
    }),
  },
  {
    name: 'gate-pod',
    row: 'scheduling-gate',
    ways: ['sandbox', 'dump', 'recorded'],
    plant: at => ({
      objects: [
        make.object(at, 'Pod', at.name('orders'), {
          spec: { ...gates, containers: [{ name: 'main', image: 'acme/web:1.4' }] },
        }),
      ],
      lives: { orders: gated },
      labels: [{ row: 'scheduling-gate', object: make.ref(at, 'Pod', 'orders') }],
    }),
  },
];

const preempted: Fault[] = (['Deployment', 'StatefulSet'] as const).flatMap(kind =>
  [1, 2].map(
    (count): Fault => ({
      name: `preempted-${kind.toLowerCase()}-${count}`,
      row: 'preempted',
      ways: ['dump'],
      plant: at => {
        const more = {
          replicas: count,
          container: resources({ cpu: '3' }),
          pod: { priorityClassName: at.name('low') },
        };
        const full = `0/4 nodes are available: ${taintText}, 3 Insufficient cpu.`;
        return {
          objects: [
            make.object(undefined, 'PriorityClass', at.name('low'), {
              apiVersion: 'scheduling.k8s.io/v1',
              value: -10,
            }),
            make.object(undefined, 'PriorityClass', at.name('high'), {
              apiVersion: 'scheduling.k8s.io/v1',
              value: 1_000,
            }),
            make.deployment(at, 'important', {
              replicas: 3,
              container: resources({ cpu: '3' }),
              pod: { priorityClassName: at.name('high') },
            }),
            kind === 'Deployment'
              ? make.deployment(at, 'orders', more)
              : make.statefulSet(at, 'orders', more),
            ...(kind === 'StatefulSet' ? [make.headless(at, 'orders')] : []),
          ],
          lives: { orders: unschedulable(full), important: well },
          events: [
            {
              about: {
                kind: 'Pod',
                name:
                  kind === 'Deployment' ? `${at.name('orders')}-7d9c5b8f6-zzzzz` : `${at.name('orders')}-0`,
                namespace: at.namespace,
              },
              reason: 'Preempted',
              type: 'Normal',
              message: 'Preempted by pod 7c0de7f4-4a6c-4b1e-9d0a-0a1b2c3d4e5f on node node-2',
              from: 'default-scheduler',
            },
          ],
          labels: [
            {
              row: 'preempted',
              object: make.ref(at, kind, 'orders'),
              also: [{ row: 'pending-resources', why: 'it waits for room since' }],
            },
          ],
        };
      },
    }),
  ),
);

/** A node of its own is full of what is of little account, and something of more comes. */
const preemptedLived: Fault[] = [1].map(count => ({
  name: `preempted-lived-${count}`,
  row: 'preempted',
  // The simulated scheduler preempts nobody.
  ways: ['recorded'],
  alone: true,
  plant: at => {
    const on = { nodeSelector: { 'kubernetes.io/hostname': 'node-2' } };
    // The nodes of the recorder are ten times as large.
    const size = at.way === 'recorded' ? 10 : 1;
    const cpu = resources({ cpu: ((3.4 * size) / count).toFixed(1) });
    return {
      objects: [
        make.object(undefined, 'PriorityClass', 'low', { apiVersion: 'scheduling.k8s.io/v1', value: -10 }),
        make.object(undefined, 'PriorityClass', 'high', { apiVersion: 'scheduling.k8s.io/v1', value: 1_000 }),
        make.deployment(at, 'orders', {
          replicas: count,
          container: cpu,
          pod: { ...on, priorityClassName: 'low' },
        }),
      ],
      after: [
        { do: 'wait', waitSeconds: 60 },
        {
          do: 'create',
          objects: [
            make.deployment(at, 'important', {
              replicas: 1,
              container: resources({ cpu: (3.2 * size).toFixed(1) }),
              pod: { ...on, priorityClassName: 'high' },
            }),
          ],
        },
        { do: 'wait', waitSeconds: 60 },
      ],
      labels: [
        {
          row: 'preempted',
          object: make.ref(at, 'Deployment', 'orders'),
          also: [{ row: 'pending-resources', why: 'it waits for room since' }],
        },
      ],
    };
  },
}));

export const schedulingFaults: readonly Fault[] = [
  ...pendingResources,
  ...pendingSelectors,
  ...pendingAffinities,
  ...pendingTaints,
  ...pendingSpreads,
  ...pendingHostPorts,
  ...schedulingGates,
  ...preempted,
  ...preemptedLived,
];
