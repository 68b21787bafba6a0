import { expect, test } from 'vitest';
import { healthOf } from '../../src/kubernetes/health.ts';
import type { KubeObject } from '../../src/kubernetes/object.ts';

type Parts = { generation?: number; spec?: object; status?: object; deletionTimestamp?: string };

function object(kind: string, { spec, status, ...metadata }: Parts = {}): KubeObject {
  const groups: Record<string, string> = {
    Deployment: 'apps/v1',
    ReplicaSet: 'apps/v1',
    StatefulSet: 'apps/v1',
    DaemonSet: 'apps/v1',
    Job: 'batch/v1',
    CronJob: 'batch/v1',
    Ingress: 'networking.k8s.io/v1',
    HorizontalPodAutoscaler: 'autoscaling/v2',
    PodDisruptionBudget: 'policy/v1',
    CustomResourceDefinition: 'apiextensions.k8s.io/v1',
    APIService: 'apiregistration.k8s.io/v1',
    EndpointSlice: 'discovery.k8s.io/v1',
  };
  return {
    apiVersion: groups[kind] ?? 'v1',
    kind,
    metadata: { name: 'web', namespace: 'shop', ...metadata },
    ...(spec === undefined ? {} : { spec: { ...spec } }),
    ...(status === undefined ? {} : { status: { ...status } }),
  };
}

const full = {
  observedGeneration: 2,
  replicas: 3,
  updatedReplicas: 3,
  readyReplicas: 3,
  availableReplicas: 3,
};
const holds = (type: string, more: object = {}) => ({ conditions: [{ type, status: 'True', ...more }] });
const fails = (type: string, more: object = {}) => ({ conditions: [{ type, status: 'False', ...more }] });
const three = { replicas: 3 };

test.each<[string, Parts, string, string]>([
  ['Deployment', { generation: 2, spec: three, status: full }, 'healthy', '3 pods updated and available'],
  ['Deployment', { generation: 3, spec: three, status: full }, 'progressing', 'not yet seen'],
  [
    'Deployment',
    { generation: 2, spec: three, status: { ...full, updatedReplicas: 1 } },
    'progressing',
    '1 of 3 pods updated',
  ],
  [
    'Deployment',
    { generation: 2, spec: three, status: { ...full, replicas: 4 } },
    'progressing',
    '1 older pod still to stop',
  ],
  [
    'Deployment',
    { generation: 2, spec: three, status: { ...full, availableReplicas: 2 } },
    'progressing',
    '2 of 3 pods available',
  ],
  [
    'Deployment',
    {
      spec: three,
      status: {
        ...full,
        updatedReplicas: 1,
        ...fails('Progressing', { reason: 'ProgressDeadlineExceeded' }),
      },
    },
    'degraded',
    'ran out of time: 1 of 3 pods updated',
  ],
  [
    'Deployment',
    { spec: three, status: holds('ReplicaFailure', { message: 'exceeded quota' }) },
    'degraded',
    'exceeded quota',
  ],
  [
    'Deployment',
    { spec: { ...three, paused: true }, status: { ...full, updatedReplicas: 0 } },
    'unknown',
    'paused',
  ],
  ['Deployment', { spec: { replicas: 0 }, status: {} }, 'healthy', '0 pods'],
  ['ReplicaSet', { spec: three, status: { availableReplicas: 1 } }, 'progressing', '1 of 3 pods available'],
  ['StatefulSet', { spec: three, status: { readyReplicas: 2 } }, 'progressing', '2 of 3 pods ready'],
  [
    'StatefulSet',
    {
      spec: three,
      status: { readyReplicas: 3, updatedReplicas: 1, currentRevision: 'a', updateRevision: 'b' },
    },
    'progressing',
    '1 of 3 pods updated',
  ],
  [
    'StatefulSet',
    {
      spec: { ...three, updateStrategy: { rollingUpdate: { partition: 2 } } },
      status: { readyReplicas: 3, updatedReplicas: 1, currentRevision: 'a', updateRevision: 'b' },
    },
    'healthy',
    '2 held back by the partition',
  ],
  [
    'DaemonSet',
    { spec: {}, status: { desiredNumberScheduled: 3, updatedNumberScheduled: 2 } },
    'progressing',
    'updated on 2 of 3 nodes',
  ],
  [
    'DaemonSet',
    { spec: {}, status: { desiredNumberScheduled: 1, updatedNumberScheduled: 1, numberAvailable: 1 } },
    'healthy',
    'available on 1 node',
  ],
  ['Job', { spec: {}, status: holds('Complete') }, 'healthy', 'completed'],
  ['Job', { spec: {}, status: holds('Failed', { message: 'too many tries' }) }, 'degraded', 'too many tries'],
  ['Job', { spec: {}, status: { failed: 2 } }, 'progressing', '0 of 1 run succeeded, 2 failed tries'],
  [
    'CronJob',
    { spec: {}, status: { lastScheduleTime: '2026-05-02T00:00:00Z' } },
    'degraded',
    'did not succeed',
  ],
  [
    'CronJob',
    {
      spec: {},
      status: { lastScheduleTime: '2026-05-02T00:00:00Z', lastSuccessfulTime: '2026-05-02T00:01:00Z' },
    },
    'healthy',
    'succeeded',
  ],
  [
    'PersistentVolumeClaim',
    { spec: { volumeName: 'pv1' }, status: { phase: 'Bound' } },
    'healthy',
    'bound to pv1',
  ],
  ['PersistentVolumeClaim', { spec: {}, status: { phase: 'Lost' } }, 'degraded', 'gone'],
  ['PersistentVolumeClaim', { spec: {}, status: { phase: 'Pending' } }, 'progressing', 'waits for a volume'],
  ['Ingress', { spec: {}, status: {} }, 'progressing', 'address'],
  [
    'Ingress',
    { spec: {}, status: { loadBalancer: { ingress: [{ ip: '10.0.0.1' }] } } },
    'healthy',
    '10.0.0.1',
  ],
  ['Service', { spec: { type: 'LoadBalancer' }, status: {} }, 'progressing', 'load balancer'],
  ['HorizontalPodAutoscaler', { spec: { maxReplicas: 3 }, status: {} }, 'progressing', 'not looked'],
  [
    'HorizontalPodAutoscaler',
    {
      spec: { maxReplicas: 3 },
      status: {
        currentReplicas: 2,
        conditions: [
          { type: 'AbleToScale', status: 'True' },
          {
            type: 'ScalingActive',
            status: 'False',
            reason: 'FailedGetResourceMetric',
            message: 'no metrics',
          },
        ],
      },
    },
    'degraded',
    'no metrics',
  ],
  ['PodDisruptionBudget', { status: { currentHealthy: 1, desiredHealthy: 2 } }, 'degraded', '1 of 2 pods'],
  [
    'PodDisruptionBudget',
    { status: { currentHealthy: 3, desiredHealthy: 2, disruptionsAllowed: 1 } },
    'healthy',
    '1 disruption',
  ],
  ['Namespace', { status: { phase: 'Active' } }, 'healthy', 'active'],
  ['Namespace', { status: { phase: 'Terminating' } }, 'progressing', 'deleted'],
  ['CustomResourceDefinition', { status: holds('Established') }, 'healthy', 'established'],
  ['CustomResourceDefinition', { status: {} }, 'progressing', 'not established'],
  ['APIService', { status: fails('Available', { message: 'no endpoints' }) }, 'degraded', 'no endpoints'],
  [
    'Node',
    { spec: {}, status: fails('Ready', { message: 'kubelet stopped' }) },
    'degraded',
    'kubelet stopped',
  ],
  [
    'Deployment',
    { deletionTimestamp: '2026-05-02T00:00:00Z', spec: three, status: full },
    'progressing',
    'being deleted',
  ],
])('%s %j is %s: %s', (kind, parts, state, reason) => {
  const health = healthOf(object(kind, parts));
  expect(health).toMatchObject({ state, reason: expect.stringContaining(reason) });
  expect(health.readBackOnly).toBeUndefined();
});

test.each<[string, object, string, string]>([
  ['ready', { phase: 'Running', ...holds('Ready') }, 'healthy', 'ready'],
  ['done', { phase: 'Succeeded' }, 'healthy', 'ran to its end'],
  [
    'young',
    {
      phase: 'Pending',
      containerStatuses: [{ name: 'web', state: { waiting: { reason: 'ContainerCreating' } } }],
    },
    'progressing',
    'waits for web',
  ],
  [
    'without image',
    {
      phase: 'Pending',
      containerStatuses: [
        { name: 'web', state: { waiting: { reason: 'ImagePullBackOff', message: 'not\n found' } } },
      ],
    },
    'degraded',
    'ImagePullBackOff in container web: not found',
  ],
  [
    'crashing',
    {
      phase: 'Running',
      containerStatuses: [
        { name: 'side', ready: true, state: { running: {} } },
        {
          name: 'web',
          state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s' } },
          lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
        },
      ],
    },
    'degraded',
    'CrashLoopBackOff in container web: last exit code 137 (OOMKilled)',
  ],
  [
    'without a node',
    {
      phase: 'Pending',
      ...fails('PodScheduled', { reason: 'Unschedulable', message: '0/3 nodes are available' }),
    },
    'degraded',
    'Unschedulable: 0/3 nodes',
  ],
  ['evicted', { phase: 'Failed', reason: 'Evicted', message: 'disk' }, 'degraded', 'Evicted: disk'],
])('a pod that is %s is judged so', (_name, status, state, reason) => {
  const pod = object('Pod', { spec: { containers: [{ name: 'web' }] }, status });
  expect(healthOf(pod)).toMatchObject({ state, reason: expect.stringContaining(reason) });
});

test('a rollout that stands still names the trouble of its pods', () => {
  const pod = object('Pod', {
    spec: { containers: [{ name: 'web' }] },
    status: {
      phase: 'Pending',
      containerStatuses: [{ name: 'web', state: { waiting: { reason: 'ErrImagePull' } } }],
    },
  });
  const deployment = object('Deployment', { spec: three, status: { ...full, availableReplicas: 2 } });
  expect(healthOf(deployment, [pod]).reason).toBe('2 of 3 pods available, ErrImagePull in container web');
});

test('a service is as healthy as its endpoints', () => {
  const service = object('Service', { spec: { type: 'ClusterIP', selector: { app: 'web' } } });
  const slice = (ready: boolean): KubeObject => ({
    ...object('EndpointSlice'),
    metadata: { name: 'web-1', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.42.0.1'], conditions: { ready } }],
  });
  expect(healthOf(service, [slice(true)])).toMatchObject({ state: 'healthy', reason: '1 endpoint ready' });
  expect(healthOf(service, [slice(false)])).toMatchObject({
    state: 'degraded',
    reason: 'has no ready endpoint among 1',
  });
  expect(healthOf(service, [{ ...slice(true), endpoints: [] }]).state).toBe('degraded');
});

test('an ingress is as healthy as the services that it names', () => {
  const path = (name: string) => ({ path: '/', backend: { service: { name, port: { number: 80 } } } });
  const ingress = object('Ingress', {
    spec: {
      defaultBackend: { service: { name: 'web' } },
      rules: [{ http: { paths: [path('web'), path('cart')] } }],
    },
    status: { loadBalancer: { ingress: [{ ip: '10.0.0.9' }] } },
  });
  const named = (kind: string, name: string, more: object = {}): KubeObject => {
    const made = object(kind, { spec: { selector: { app: name } } });
    return { ...made, ...more, metadata: { ...made.metadata, name } };
  };
  const slice = (name: string, ready: boolean): KubeObject => ({
    ...object('EndpointSlice'),
    metadata: { name: `${name}-1`, namespace: 'shop', labels: { 'kubernetes.io/service-name': name } },
    endpoints: [{ addresses: ['10.42.0.1'], conditions: { ready } }],
  });
  const web = [named('Service', 'web'), slice('web', true)];
  expect(healthOf(ingress, [ingress, ...web])).toEqual({
    state: 'degraded',
    reason: 'sends traffic to Service/cart, which does not exist',
  });
  const cart = [named('Service', 'cart'), slice('cart', false)];
  expect(healthOf(ingress, [ingress, ...web, ...cart])).toEqual({
    state: 'degraded',
    reason: 'sends traffic to Service/cart, which has no ready endpoint among 1',
  });
  const ready = [named('Service', 'cart'), slice('cart', true)];
  expect(healthOf(ingress, [ingress, ...web, ...ready])).toMatchObject({ state: 'healthy' });
  // Nobody looked.
  expect(healthOf(ingress)).toMatchObject({ state: 'healthy', reason: 'reached at 10.0.0.9' });
});

test('a claim may wait for its first pod where its class says so', () => {
  const claim = object('PersistentVolumeClaim', {
    spec: { storageClassName: 'late' },
    status: { phase: 'Pending' },
  });
  const storageClass = (volumeBindingMode: string): KubeObject => ({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'late' },
    provisioner: 'p',
    volumeBindingMode,
  });
  expect(healthOf(claim, [storageClass('WaitForFirstConsumer')]).state).toBe('healthy');
  expect(healthOf(claim, [storageClass('Immediate')]).state).toBe('progressing');
});

test('pods of a stateful set that are ready and not yet available are waited for', () => {
  const set = (availableReplicas: number) =>
    object('StatefulSet', {
      spec: { ...three, minReadySeconds: 10 },
      status: { readyReplicas: 3, availableReplicas },
    });
  expect(healthOf(set(1))).toMatchObject({ state: 'progressing', reason: '1 of 3 pods available' });
  expect(healthOf(set(3)).state).toBe('healthy');
});

test.each<[string, Parts]>([
  ['Deployment', { spec: three, status: { ...full, availableReplicas: 0 } }],
  ['ReplicaSet', { spec: three, status: { replicas: 3 } }],
  ['StatefulSet', { spec: three, status: { updateRevision: 'one' } }],
  ['DaemonSet', { spec: {}, status: { desiredNumberScheduled: 3, updatedNumberScheduled: 3 } }],
])('a %s whose pods crash on and on will not get there, one whose pods crashed before may', (kind, parts) => {
  const crashed = ({ restarts = 57, seconds = 12, revision = 'one', state = {} } = {}): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `web-${revision}`, labels: { 'controller-revision-hash': revision } },
    spec: { containers: [{ name: 'web' }] },
    status: {
      phase: 'Running',
      containerStatuses: [
        {
          name: 'web',
          ready: false,
          restartCount: restarts,
          state,
          lastState: {
            terminated: {
              exitCode: 137,
              startedAt: '2026-11-21T10:00:00Z',
              finishedAt: new Date(Date.parse('2026-11-21T10:00:00Z') + seconds * 1_000).toISOString(),
            },
          },
        },
      ],
    },
  });
  const stateWith = (pod: KubeObject) => healthOf(object(kind, parts), [pod]).state;
  expect(stateWith(crashed({ state: { waiting: { reason: 'CrashLoopBackOff' } } }))).toBe('degraded');
  expect(stateWith(crashed({ state: { running: {} } }))).toBe('degraded');
  expect(stateWith(crashed({ restarts: 4 }))).toBe('progressing');
  // It ran for a day, and has then been started anew.
  expect(stateWith(crashed({ seconds: 86_400, state: { running: {} } }))).toBe('progressing');
  expect(healthOf(crashed({ state: { running: {} } })).state).toBe('degraded');
  if (kind === 'StatefulSet') expect(stateWith(crashed({ revision: 'before' }))).toBe('progressing');
});

test('a kind without a health of its own, and a custom kind of a known name, can only be read back', () => {
  const readBack = { state: 'healthy', readBackOnly: true };
  expect(healthOf(object('ConfigMap'))).toMatchObject(readBack);
  expect(healthOf({ ...object('Job'), apiVersion: 'shop.example.com/v1' })).toMatchObject(readBack);
});
