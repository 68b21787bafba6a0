import { describe, expect, test } from 'vitest';
import { evictionsAnalyzer } from '../../../../src/diagnosis/analyzers/containers/evictions.ts';
import type { KubeObject } from '../../../../src/kubernetes/object.ts';
import { ago, brokenWeb, eventOf, snapshotWith } from '../../../support/broken-workload.ts';

const low =
  'The node was low on resource: memory. Threshold quantity: 100Mi, available: 82144Ki. Container main was using 912Mi, request is 32Mi, has larger consumption of memory. ';
const evicted = (message: string, { seconds = 300, reason = 'Evicted', ready = 0 } = {}) =>
  brokenWeb(
    {},
    {
      status: { readyReplicas: ready },
      podStatus: {
        phase: 'Failed',
        reason,
        message,
        conditions: [{ type: 'DisruptionTarget', status: 'True', lastTransitionTime: ago(seconds) }],
      },
    },
  );
const drafts = (objects: KubeObject[], more: KubeObject[] = []) =>
  evictionsAnalyzer.analyze(snapshotWith([...objects, ...more]));

test.each([
  [low, 'EVICTED_BY_NODE', 'memory'],
  [
    'The node was low on resource: ephemeral-storage. Threshold quantity: 10Gi, available: 8Gi. ',
    'EVICTED_BY_NODE',
    'ephemeral-storage',
  ],
  ['The node had condition: [DiskPressure]. ', 'EVICTED_BY_NODE', 'DiskPressure'],
  [
    'Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. ',
    'EVICTED_OVER_LIMIT',
    'ephemeral-storage',
  ],
  [
    'Container main exceeded its local ephemeral storage limit "1Gi". ',
    'EVICTED_OVER_LIMIT',
    'ephemeral-storage',
  ],
  ['Usage of EmptyDir volume "scratch" exceeds the limit "500Mi". ', 'EVICTED_OVER_LIMIT', 'emptyDir'],
])('%s', (message, code, what) => {
  const [draft] = drafts(evicted(message));
  expect(draft).toMatchObject({ code, severity: 'critical', object: { kind: 'Deployment', name: 'web' } });
  expect(draft?.summary).toContain(what);
});

test('the node is named, so that its pressure explains it, and what the pod used', () => {
  expect(drafts(evicted(low))).toMatchObject([
    { dependsOn: [{ kind: 'Node', name: 'n1' }], cause: 'Container main was using 912Mi, request is 32Mi' },
  ]);
});

test('what was replaced long since is a note, what was just now a warning', () => {
  expect(drafts(evicted(low, { seconds: 3_000, ready: 2 }))).toMatchObject([{ severity: 'note' }]);
  expect(drafts(evicted(low, { seconds: 300, ready: 2 }))).toMatchObject([{ severity: 'warning' }]);
});

test('what was never replaced is no history, however long ago it was', () => {
  expect(drafts(evicted(low, { seconds: 3_000, ready: 0 }))).toMatchObject([{ severity: 'critical' }]);
});

test('a node that is shut down, and other ends, are no evictions', () => {
  expect(
    drafts(evicted('Pod was terminated in response to imminent node shutdown.', { reason: 'Terminated' })),
  ).toEqual([]);
  expect(drafts(evicted('what no kubelet says'))).toEqual([]);
});

describe('preemption', () => {
  const event = (seconds: number) =>
    eventOf('Preempted', 'Preempted by pod 7c0de7f4-4a6c-4b1e-9d0a-0a1b2c3d4e5f on node node-2', {
      seconds,
      about: { kind: 'Pod', name: 'web-2-gone1', namespace: 'shop' },
    });

  test('a workload that lacks pods since is found by the name of the victim', () => {
    expect(drafts(brokenWeb({}), [event(600)])).toMatchObject([
      { code: 'PREEMPTED', object: { kind: 'Deployment', name: 'web' } },
    ]);
  });

  test('one that has all its pods again, or lost them long ago, is none', () => {
    expect(drafts(brokenWeb({}, { status: { readyReplicas: 2 } }), [event(600)])).toEqual([]);
    expect(drafts(brokenWeb({}), [event(7_200)])).toEqual([]);
  });
});
