import { expect, test } from 'vitest';
import { ofKind } from '../../../src/kubernetes/kinds.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import { summarizePod } from '../../../src/kubernetes/pod-summary.ts';
import { controllers } from '../../../src/sandbox/controllers/index.ts';
import {
  deployment,
  longMs,
  podsOf,
  remove,
  setReplicas,
  settleFor,
  startLife,
} from '../../support/cluster-life.ts';

const labels = { app: 'web' };
const service: KubeObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { type: 'ClusterIP', selector: labels, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
};

function template(image: string, spec: object = {}) {
  return { metadata: { labels }, spec: { containers: [{ name: 'web', image }], ...spec } };
}

test('controllers have names of their own and watch something', () => {
  const names = controllers.map(controller => controller.name);
  expect(new Set(names).size).toBe(names.length);
  expect(controllers.filter(controller => controller.watches.length === 0)).toEqual([]);
});

test('a daemon set runs one pod a node and replaces them one node at a time', () => {
  const set: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'agent', namespace: 'shop' },
    spec: { selector: { matchLabels: labels }, template: template('slow:1') },
  };
  const life = startLife([set]);
  expect(
    podsOf(life)
      .map(pod => pod.spec.nodeName ?? '')
      .toSorted(),
  ).toEqual(['n1', 'n2', 'n3']);
  const [before] = ofKind(life.list('DaemonSet'), 'DaemonSet');
  if (before === undefined) throw new Error('no daemon set');
  expect(before.status).toMatchObject({ desiredNumberScheduled: 3, numberReady: 3, numberAvailable: 3 });
  life.apply({ do: 'update', object: { ...before, spec: { ...before.spec, template: template('slow:2') } } });
  for (let wakeAt = life.settle(); wakeAt !== undefined; wakeAt = life.settle()) {
    expect(
      podsOf(life).filter(pod => summarizePod(pod).ready === 1 && !pod.metadata.deletionTimestamp).length,
    ).toBeGreaterThanOrEqual(2);
    life.nowMs = wakeAt;
  }
  expect(podsOf(life).map(pod => pod.spec.containers[0]?.image)).toEqual(['slow:2', 'slow:2', 'slow:2']);
});

test('a service lists its ready pods, in slices and in the old form, and drops them when they go', () => {
  const life = startLife([service, deployment('web', { replicas: 2 })]);
  const slice = () => ofKind(life.list('EndpointSlice'), 'EndpointSlice')[0];
  const ready = () => slice()?.endpoints?.filter(endpoint => endpoint.conditions?.ready === true) ?? [];
  expect(ready().map(endpoint => endpoint.addresses[0])).toEqual(
    podsOf(life)
      .map(pod => pod.status?.podIP ?? '')
      .toSorted(),
  );
  expect(slice()?.ports).toEqual([{ name: 'http', port: 8080, protocol: 'TCP' }]);
  expect(ofKind(life.list('Endpoints'), 'Endpoints')[0]?.subsets?.[0]?.addresses).toHaveLength(2);
  setReplicas(life, 0);
  settleFor(life, longMs);
  expect(ready()).toEqual([]);
  remove(life, { kind: 'Service', name: 'web' });
  settleFor(life, longMs);
  expect([...life.list('EndpointSlice'), ...life.list('Endpoints')]).toEqual([]);
});

test('init containers run one after the other before the pod starts', () => {
  const life = startLife();
  const initContainers = [
    { name: 'first', image: 'a:1' },
    { name: 'second', image: 'b:1' },
  ];
  life.apply({
    do: 'create',
    object: deployment('web', {
      replicas: 1,
      spec: { template: template('shop/web:1', { initContainers }) },
    }),
  });
  const seen = new Set<string>();
  for (let wakeAt = life.settle(); wakeAt !== undefined; wakeAt = life.settle()) {
    for (const pod of podsOf(life)) seen.add(summarizePod(pod).status);
    life.nowMs = wakeAt;
  }
  expect([...seen]).toEqual(expect.arrayContaining(['Init:0/2', 'Init:1/2', 'PodInitializing']));
  expect(summarizePod(podsOf(life)[0] ?? { ...deployment('x'), spec: { containers: [] } })).toMatchObject({
    ready: 1,
    status: 'Running',
  });
});

test('a budget counts the pods that may go', () => {
  const budget: KubeObject = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { minAvailable: '50%', selector: { matchLabels: labels } },
  };
  const life = startLife([budget, deployment('web')]);
  const [found] = ofKind(life.list('PodDisruptionBudget'), 'PodDisruptionBudget');
  expect(found?.status).toMatchObject({
    expectedPods: 3,
    currentHealthy: 3,
    desiredHealthy: 2,
    disruptionsAllowed: 1,
  });
});

test('a namespace that is deleted goes with everything in it, other namespaces stay', () => {
  const life = startLife([service, deployment('web')]);
  remove(life, { kind: 'Namespace', name: 'shop' });
  settleFor(life, longMs);
  expect(life.all().filter(object => object.metadata.namespace === 'shop')).toEqual([]);
  expect(life.list('Namespace').map(namespace => namespace.metadata.name)).toEqual(['default']);
});

test('a namespace waits for what a finalizer holds', () => {
  const held: KubeObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'held', namespace: 'shop', finalizers: ['example.com/keep'] },
  };
  const life = startLife([held]);
  remove(life, { kind: 'Namespace', name: 'shop' });
  settleFor(life, longMs);
  expect(life.list('ConfigMap', 'shop').map(object => object.metadata.name)).toEqual(['held']);
  expect(life.list('Namespace')).toHaveLength(2);
  const waiting = ofKind(life.list('Namespace'), 'Namespace').find(each => each.metadata.name === 'shop');
  expect(waiting?.status?.conditions?.map(({ status, message }) => [status, message]).slice(3)).toEqual([
    ['True', 'Some resources are remaining: configmaps. has 1 resource instances'],
    [
      'True',
      'Some content in the namespace has finalizers remaining: example.com/keep in 1 resource instances',
    ],
  ]);
  const [live] = life.list('ConfigMap', 'shop');
  if (live === undefined) throw new Error('the config map is gone');
  const { finalizers: _finalizers, ...metadata } = live.metadata;
  life.apply({ do: 'update', object: { ...live, metadata } });
  settleFor(life, longMs);
  expect(life.list('Namespace')).toHaveLength(1);
});
