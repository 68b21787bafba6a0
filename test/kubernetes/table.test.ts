import { expect, test } from 'vitest';
import type { KubeObject } from '../../src/kubernetes/object.ts';
import { tableFor } from '../../src/kubernetes/table.ts';

const nowMs = Date.parse('2026-05-10T12:00:00Z');
const created = { creationTimestamp: '2026-05-10T11:54:30Z' };

function rowOf(object: KubeObject) {
  const { columnDefinitions, rows } = tableFor({ ...object, objects: [object], nowMs });
  expect(rows[0]).toHaveLength(columnDefinitions.length);
  return Object.fromEntries(columnDefinitions.map((column, index) => [column.name, rows[0]?.[index]]));
}

function pod(more: { spec?: object; status?: object; metadata?: object }): KubeObject {
  const base = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web-1', ...created, ...more.metadata } };
  return { ...base, spec: { containers: [{ name: 'web' }], ...more.spec }, status: { ...more.status } };
}

const ready = { name: 'web', ready: true, restartCount: 0, state: { running: {} } };

test.each<[string, Parameters<typeof pod>[0], Record<string, unknown>]>([
  [
    'a running pod',
    { status: { phase: 'Running', containerStatuses: [ready], podIPs: [{ ip: '10.42.0.7' }] } },
    { Ready: '1/1', Status: 'Running', Restarts: '0', Age: '5m30s', IP: '10.42.0.7', Node: '<none>' },
  ],
  [
    'a crash loop with the time of its last restart',
    {
      status: {
        phase: 'Running',
        containerStatuses: [
          {
            name: 'web',
            ready: false,
            restartCount: 3,
            state: { waiting: { reason: 'CrashLoopBackOff' } },
            lastState: { terminated: { exitCode: 1, finishedAt: '2026-05-10T11:55:00Z' } },
          },
        ],
      },
    },
    { Ready: '0/1', Status: 'CrashLoopBackOff', Restarts: '3 (5m ago)' },
  ],
  [
    'an init container that runs',
    {
      spec: { initContainers: [{ name: 'migrate' }] },
      status: {
        phase: 'Pending',
        initContainerStatuses: [{ name: 'migrate', ready: false, restartCount: 0, state: { running: {} } }],
        containerStatuses: [{ ...ready, ready: false, state: { waiting: { reason: 'PodInitializing' } } }],
      },
    },
    { Ready: '0/1', Status: 'Init:0/1' },
  ],
  [
    'an init container that failed',
    {
      spec: { initContainers: [{ name: 'migrate' }] },
      status: {
        phase: 'Pending',
        initContainerStatuses: [{ name: 'migrate', restartCount: 2, state: { terminated: { exitCode: 3 } } }],
      },
    },
    { Status: 'Init:ExitCode:3', Restarts: '2' },
  ],
  [
    'a sidecar among the init containers counts as a container',
    {
      spec: { initContainers: [{ name: 'proxy', restartPolicy: 'Always' }] },
      status: {
        phase: 'Running',
        conditions: [{ type: 'Initialized', status: 'True' }],
        initContainerStatuses: [
          { name: 'proxy', ready: true, started: true, restartCount: 1, state: { running: {} } },
        ],
        containerStatuses: [ready],
      },
    },
    { Ready: '2/2', Status: 'Running', Restarts: '1' },
  ],
  [
    'a pod that ran to its end',
    {
      status: {
        phase: 'Succeeded',
        containerStatuses: [
          {
            name: 'web',
            ready: false,
            restartCount: 0,
            state: { terminated: { exitCode: 0, reason: 'Completed' } },
          },
        ],
      },
    },
    { Ready: '0/1', Status: 'Completed' },
  ],
  [
    'a pod that is being deleted',
    {
      metadata: { deletionTimestamp: '2026-05-10T12:00:30Z' },
      status: { phase: 'Running', containerStatuses: [ready] },
    },
    { Ready: '1/1', Status: 'Terminating' },
  ],
  ['an evicted pod', { status: { phase: 'Failed', reason: 'Evicted' } }, { Status: 'Evicted', Ready: '0/1' }],
  [
    'a pod held back by a scheduling gate',
    {
      status: {
        phase: 'Pending',
        conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }],
      },
    },
    { Status: 'SchedulingGated' },
  ],
])('shows %s', (_name, object, cells) => {
  expect(rowOf(pod(object))).toMatchObject(cells);
});

test('shows the workloads with the columns of a 1.36 server', () => {
  const template = {
    spec: {
      containers: [
        { name: 'a', image: 'a:1' },
        { name: 'b', image: 'b:2' },
      ],
    },
  };
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', ...created },
    spec: {
      replicas: 3,
      template,
      selector: {
        matchLabels: { app: 'web' },
        matchExpressions: [{ key: 'tier', operator: 'In', values: ['b', 'a'] }],
      },
    },
    status: { readyReplicas: 2, updatedReplicas: 3, availableReplicas: 2 },
  };
  expect(Object.entries(rowOf(deployment))).toEqual([
    ['Name', 'web'],
    ['Ready', '2/3'],
    ['Up-to-date', 3],
    ['Available', 2],
    ['Age', '5m30s'],
    ['Containers', 'a,b'],
    ['Images', 'a:1,b:2'],
    ['Selector', 'app=web,tier in (a,b)'],
  ]);
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'seed', ...created },
    spec: { completions: 2, template, selector: { matchLabels: { job: 'seed' } } },
    status: {
      succeeded: 2,
      startTime: '2026-05-10T11:00:00Z',
      completionTime: '2026-05-10T11:00:42Z',
      conditions: [{ type: 'Complete', status: 'True' }],
    },
  };
  expect(rowOf(job)).toMatchObject({ Status: 'Complete', Completions: '2/2', Duration: '42s' });
});

test.each<[string, object, string]>([
  ['ClusterIP', {}, '<none>'],
  [
    'LoadBalancer',
    { loadBalancer: { ingress: [{ ip: '10.0.0.2' }, { ip: '10.0.0.1' }] } },
    '10.0.0.1,10.0.0.2',
  ],
  ['LoadBalancer', {}, '<pending>'],
])('a %s service with status %j has the external address %s', (type, status, external) => {
  const row = rowOf({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web' },
    spec: { type, clusterIPs: ['10.43.0.9'], ports: [{ port: 80, nodePort: 30080, protocol: 'TCP' }] },
    status: { ...status },
  });
  expect(row).toMatchObject({
    'Cluster-IP': '10.43.0.9',
    'External-IP': external,
    'Port(s)': '80:30080/TCP',
  });
});

test('shows a node with its roles and a cordon', () => {
  const node = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n1', labels: { 'node-role.kubernetes.io/control-plane': 'true' } },
    spec: { unschedulable: true },
    status: { conditions: [{ type: 'Ready', status: 'True' }], nodeInfo: { kubeletVersion: 'v1.36.2' } },
  };
  expect(rowOf(node)).toMatchObject({
    Status: 'Ready,SchedulingDisabled',
    Roles: 'control-plane',
    Version: 'v1.36.2',
  });
});

test('shows autoscaler targets with what is not measured yet as unknown', () => {
  const autoscaler = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web' },
    spec: {
      scaleTargetRef: { kind: 'Deployment', name: 'web' },
      maxReplicas: 9,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 70 } } },
        { type: 'Resource', resource: { name: 'memory', target: { averageValue: '500Mi' } } },
        { type: 'Pods', pods: { metric: { name: 'rps' }, target: { averageValue: '10' } } },
      ],
    },
    status: {
      currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 42 } } }],
    },
  };
  expect(rowOf(autoscaler)).toMatchObject({
    Reference: 'Deployment/web',
    Targets: 'cpu: 42%/70%, memory: <unknown>/500Mi + 1 more...',
    MinPods: '<unset>',
    MaxPods: 9,
  });
});

test('shows an event of either API alike', () => {
  const core = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'web.1' },
    involvedObject: { kind: 'Pod', name: 'web-1' },
    type: 'Warning',
    reason: 'BackOff',
    message: 'again ',
    firstTimestamp: null,
    eventTime: '2026-05-10T11:59:00.000000Z',
    source: { component: 'kubelet', host: 'n1' },
  };
  const { involvedObject, message, source, firstTimestamp, ...rest } = core;
  const modern = {
    ...rest,
    apiVersion: 'events.k8s.io/v1',
    regarding: involvedObject,
    note: message,
    deprecatedSource: source,
    deprecatedFirstTimestamp: firstTimestamp,
  };
  expect(rowOf(core)).toMatchObject({
    'Last Seen': '60s',
    Object: 'pod/web-1',
    Message: 'again',
    Count: 1,
    Source: 'kubelet, n1',
  });
  expect(rowOf(modern)).toEqual(rowOf(core));
});

test('a claim shows its capacity and modes once it is bound', () => {
  const claim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data' },
    spec: { volumeName: 'pv-1', storageClassName: 'local-path', volumeMode: 'Filesystem' },
    status: { phase: 'Bound', accessModes: ['ReadWriteMany', 'ReadWriteOnce'], capacity: { storage: '8Gi' } },
  };
  expect(rowOf(claim)).toMatchObject({ Status: 'Bound', Capacity: '8Gi', 'Access Modes': 'RWO,RWX' });
  expect(rowOf({ ...claim, spec: {}, status: { phase: 'Pending' } })).toMatchObject({
    Capacity: '',
    Volume: '',
  });
});

test('a kind without columns of its own shows its creation, a custom resource its age', () => {
  expect(
    rowOf({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'r', ...created } }),
  ).toEqual({
    Name: 'r',
    'Created At': created.creationTimestamp,
  });
  expect(
    rowOf({ apiVersion: 'shop.example.com/v1', kind: 'Pod', metadata: { name: 'p', ...created } }),
  ).toEqual({
    Name: 'p',
    Age: '5m30s',
  });
});

test('an empty list still names its columns', () => {
  const { columnDefinitions, rows } = tableFor({ kind: 'Pod', apiVersion: 'v1', objects: [], nowMs });
  expect(rows).toEqual([]);
  expect(columnDefinitions.filter(column => column.priority === 0).map(column => column.name)).toEqual([
    'Name',
    'Ready',
    'Status',
    'Restarts',
    'Age',
  ]);
});
