import { expect, test } from 'vitest';
import { propose } from '../../../src/kubernetes/autoscaler-metrics.ts';
import type { HorizontalPodAutoscaler } from '../../../src/kubernetes/kinds/autoscaling.ts';
import { ofKind } from '../../../src/kubernetes/kinds.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import { controllers } from '../../../src/sandbox/controllers/index.ts';
import { Rehearsal } from '../../../src/sandbox/rehearsal.ts';
import { usageMeter } from '../../../src/sandbox/usage.ts';
import { parseWorld } from '../../../src/sandbox/world.ts';
import {
  deployment,
  podsOf,
  setReplicas,
  settleFor,
  startMs,
  theDeployment,
} from '../../support/cluster-life.ts';

const second = 1_000;
const minute = 60 * second;

interface Loaded {
  cpuMilli?: number;
  metricsServer?: boolean;
  hpa?: object;
  requests?: object;
}

/** A deployment `web` of two pods that ask for 100m each, under a load that its pods share. */
function startLoad(loaded: Loaded = {}): Rehearsal {
  const { cpuMilli = 0, metricsServer = true, hpa = {}, requests = { cpu: '100m' } } = loaded;
  const world = parseWorld(
    `
cluster: {serverVersion: v1.36.2, ageDays: 1, metricsServer: ${metricsServer}, nodes: [{name: n1, ip: 10.0.0.1, podSubnet: 10.42.0}]}
images: [{match: shop/web, cpuMilli: 10}]
load: [{namespace: shop, labels: {app: web}, cpuMilli: ${cpuMilli}}]
objects: []
`,
    'loaded',
  );
  const life = new Rehearsal(world, { controllers, nowMs: startMs });
  const allocatable = { cpu: '64', memory: '64Gi', pods: '500' };
  const made: KubeObject[] = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' }, spec: { finalizers: ['kubernetes'] } },
    {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'n1' },
      spec: { podCIDR: '10.42.0.0/24' },
      status: { allocatable, conditions: [{ type: 'Ready', status: 'True' }] },
    },
    deployment('web', {
      replicas: 2,
      spec: {
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'web', image: 'shop/web:1', resources: { requests } }] },
        },
      },
    }),
    autoscaler(hpa),
  ];
  for (const object of made) life.apply({ do: 'create', object });
  return life;
}

function autoscaler(spec: object): KubeObject {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      minReplicas: 1,
      maxReplicas: 20,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
        },
      ],
      ...spec,
    },
  };
}

function theAutoscaler(life: Rehearsal): HorizontalPodAutoscaler {
  const [found] = ofKind(life.list('HorizontalPodAutoscaler'), 'HorizontalPodAutoscaler');
  if (found === undefined) throw new Error('no autoscaler');
  return found;
}

function size(life: Rehearsal): number | undefined {
  return theDeployment(life).spec.replicas;
}

function conditions(life: Rehearsal): Record<string, string> {
  const found = theAutoscaler(life).status?.conditions ?? [];
  return Object.fromEntries(found.map(({ type, status, reason = '' }) => [type, `${status} ${reason}`]));
}

function told(life: Rehearsal): string[] {
  return ofKind(life.list('Event'), 'Event').flatMap(({ involvedObject, reason, message }) =>
    involvedObject.kind === 'HorizontalPodAutoscaler' ? [`${reason}: ${message}`] : [],
  );
}

test('a load that the pods cannot carry adds pods, no faster than it may, until each has its share', () => {
  const life = startLoad({ cpuMilli: 300 });
  settleFor(life, 16 * second);
  expect(size(life)).toBe(6);
  expect(conditions(life)).toMatchObject({
    AbleToScale: 'True SucceededRescale',
    ScalingActive: 'True ValidMetricFound',
    ScalingLimited: 'True ScaleUpLimit',
  });
  settleFor(life, 10 * minute);
  expect(size(life)).toBeGreaterThanOrEqual(7);
  expect(size(life)).toBeLessThanOrEqual(9);
  expect(
    theAutoscaler(life).status?.currentMetrics?.[0]?.resource?.current.averageUtilization,
  ).toBeGreaterThan(35);
  expect(told(life)).toContain(
    'SuccessfulRescale: New size: 6; reason: cpu resource utilization (percentage of request) above target',
  );
});

test.each([
  [1.09, 2],
  [0.91, 2],
  [1.11, 3],
  [0.45, 1],
])('a use of %f times the target asks for %i pods where there are two', (ratio, replicas) => {
  const life = startLoad({ cpuMilli: 2_000, hpa: { maxReplicas: 2 } });
  settleFor(life, minute);
  const pods = podsOf(life);
  const used = pods
    .flatMap(usageMeter({ world: life.world, pods, nowMs: life.nowMs }))
    .reduce((sum, { cpuMilli }) => sum + cpuMilli, 0);
  const measured = { pods, current: 2, used: () => used };
  const averageValue = `${Math.round((used * 1_000) / 2 / ratio)}u`;
  const target = { type: 'AverageValue', averageValue };
  expect(propose({ type: 'Resource', resource: { name: 'cpu', target } }, measured)).toMatchObject({
    replicas,
  });
});

test('when the load goes, the size follows five minutes later, down to the least', () => {
  const life = startLoad({ cpuMilli: 300 });
  settleFor(life, 10 * minute);
  life.world.load.length = 0;
  setReplicas(life, (size(life) ?? 0) + 1);
  settleFor(life, 2 * minute);
  expect(size(life)).toBeGreaterThan(6);
  expect(conditions(life)['AbleToScale']).toBe('True ScaleDownStabilized');
  settleFor(life, 10 * minute);
  expect(size(life)).toBe(1);
});

test.each<[what: string, hpa: object, replicas: number, expected: number, reason: string]>([
  ['below its least', { minReplicas: 4 }, 2, 4, 'Current number of replicas below Spec.MinReplicas'],
  ['above its most', { maxReplicas: 6 }, 9, 6, 'Current number of replicas above Spec.MaxReplicas'],
])('a size %s is brought back', (_what, hpa, replicas, expected, reason) => {
  const life = startLoad({ cpuMilli: 1_000, hpa });
  setReplicas(life, replicas);
  settleFor(life, 16 * second);
  expect(size(life)).toBe(expected);
  expect(told(life)).toContain(`SuccessfulRescale: New size: ${expected}; reason: ${reason}`);
});

test('the most that it may is the most, and it says that more is asked for', () => {
  const life = startLoad({ cpuMilli: 5_000, hpa: { maxReplicas: 5 } });
  settleFor(life, 5 * minute);
  expect(size(life)).toBe(5);
  expect(conditions(life)['ScalingLimited']).toBe('True TooManyReplicas');
});

test('a target scaled to zero is left alone', () => {
  const life = startLoad();
  setReplicas(life, 0);
  settleFor(life, minute);
  expect(size(life)).toBe(0);
  expect(conditions(life)).toMatchObject({ ScalingActive: 'False ScalingDisabled' });
});

test.each<[what: string, more: Loaded, reason: string]>([
  [
    'the pods say not what they need',
    { requests: {} },
    'failed to get cpu utilization: missing request for cpu in container web of Pod web-',
  ],
  [
    'nothing measures them',
    { metricsServer: false },
    'failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)',
  ],
])('the size stays where %s, and the reason is told', (_what, more, reason) => {
  const life = startLoad({ cpuMilli: 900, ...more });
  settleFor(life, 5 * minute);
  expect(size(life)).toBe(2);
  expect(conditions(life)).toMatchObject({
    AbleToScale: 'True SucceededGetScale',
    ScalingActive: 'False FailedGetResourceMetric',
  });
  expect(told(life).find(text => text.startsWith('FailedGetResourceMetric'))).toContain(reason);
});

test('a target that there is not is told', () => {
  const life = startLoad({
    hpa: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'nope' } },
  });
  settleFor(life, minute);
  expect(told(life)).toEqual(['FailedGetScale: deployments.apps "nope" not found']);
});

test('an autoscaler with nothing to do looks ever less often', () => {
  const life = startLoad();
  settleFor(life, 60 * minute);
  let looks = 0;
  const end = life.nowMs + 60 * minute;
  for (let next = life.settle(); next !== undefined && next < end; next = life.settle()) {
    life.nowMs = next;
    looks += 1;
  }
  expect(looks).toBeLessThan(20);
});
