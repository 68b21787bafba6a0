import { expect, test } from 'vitest';
import { budgetCounts, coversPod, tollOf } from '../../src/kubernetes/disruption-budget.ts';
import type { Pod } from '../../src/kubernetes/kinds/pod.ts';
import type { PodDisruptionBudget } from '../../src/kubernetes/kinds/workloads.ts';
import type { KubeObject } from '../../src/kubernetes/object.ts';

const ready = [{ type: 'Ready', status: 'True' }];

function pod(name: string, more: Partial<Pod['metadata']> & { ready?: boolean; phase?: string } = {}): Pod {
  const { ready: isReady = true, phase = 'Running', ...metadata } = more;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', uid: name, labels: { app: 'web' }, ...metadata },
    spec: { containers: [{ name: 'web' }] },
    status: { phase, conditions: isReady ? ready : [] },
  };
}

function budget(
  spec: PodDisruptionBudget['spec'],
  status: PodDisruptionBudget['status'] = {},
): PodDisruptionBudget {
  const metadata = { name: 'web', namespace: 'shop', generation: 1 };
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata,
    spec,
    status: { observedGeneration: 1, ...status },
  };
}

test.each<
  [what: string, selector: PodDisruptionBudget['spec']['selector'], namespace: string, covers: boolean]
>([
  ['the labels it asks for', { matchLabels: { app: 'web' } }, 'shop', true],
  ['other labels', { matchLabels: { app: 'api' } }, 'shop', false],
  ['an empty selector', {}, 'shop', true],
  ['no selector', undefined, 'shop', false],
  ['another namespace', {}, 'ops', false],
])('a budget and a pod with %s', (_what, selector, namespace, covers) => {
  const own = budget(selector === undefined ? {} : { selector });
  expect(coversPod(own, pod('web-1', { namespace }))).toBe(covers);
});

test('a share is of what the controllers want, a number of what is there, and a pod on its way out is not healthy', () => {
  const set: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'web', uid: 'set' },
    spec: { replicas: 5 },
  };
  const covered = [pod('a'), pod('b'), pod('c', { deletionTimestamp: '2026-01-01T00:00:00Z' })];
  const ownerOf = (object: KubeObject) => (object.kind === 'Pod' ? set : undefined);
  expect(budgetCounts(budget({ minAvailable: '50%' }), { covered, ownerOf })).toEqual({
    currentHealthy: 2,
    desiredHealthy: 3,
    disruptionsAllowed: 0,
    expectedPods: 5,
  });
  expect(budgetCounts(budget({ minAvailable: 1 }), { covered, ownerOf })).toEqual({
    currentHealthy: 2,
    desiredHealthy: 1,
    disruptionsAllowed: 1,
    expectedPods: 3,
  });
  const nobody = { covered, ownerOf: () => undefined };
  expect(budgetCounts(budget({ maxUnavailable: 1 }), nobody)).toMatchObject({ disruptionsAllowed: 0 });
});

test('an eviction takes one of the disruptions that are allowed, and none of what serves nobody', () => {
  const open = budget({}, { disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1 });
  expect(tollOf(open, pod('a'))).toBe('one');
  expect(tollOf(open, pod('a', { phase: 'Succeeded' }))).toBe('nothing');
  expect(tollOf(open, pod('a', { deletionTimestamp: '2026-01-01T00:00:00Z' }))).toBe('nothing');
});

test('what is not ready goes while enough others are, or always where the budget says so', () => {
  const lacking = { disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 2 };
  const broken = pod('a', { ready: false });
  expect(tollOf(budget({}, lacking), broken)).toEqual({
    refused: 'The disruption budget web needs 2 healthy pods and has 1 currently',
  });
  expect(tollOf(budget({ unhealthyPodEvictionPolicy: 'AlwaysAllow' }, lacking), broken)).toBe('nothing');
  expect(tollOf(budget({}, { ...lacking, currentHealthy: 2 }), broken)).toBe('nothing');
});

test('a budget whose spec was changed is asked again later', () => {
  const changed = budget({}, { observedGeneration: 0, disruptionsAllowed: 3 });
  expect(tollOf(changed, pod('a'))).toEqual({
    refused: 'The disruption budget web is still being processed by the server.',
  });
});
