import { expect, test } from 'vitest';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import { groupEvents } from '../../../src/tools/k8s/event-groups.ts';

function event(members: { [field: string]: KubeObject[string] }): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'e' },
    involvedObject: { kind: 'Pod', name: 'web-1', namespace: 'shop' },
    reason: 'BackOff',
    message: 'Back-off restarting',
    type: 'Warning',
    ...members,
  };
}

test('equal events are one with their count and the last time', () => {
  const groups = groupEvents([
    event({ count: 3, lastTimestamp: '2026-01-01T10:00:00Z' }),
    event({ count: 4, lastTimestamp: '2026-01-01T11:00:00Z' }),
    event({ reason: 'Failed', lastTimestamp: '2026-01-01T09:00:00Z' }),
  ]);
  expect(groups).toMatchObject([
    { reason: 'BackOff', count: 7, last: '2026-01-01T11:00:00Z' },
    { reason: 'Failed', count: 1 },
  ]);
});

test('warnings stand before newer normal events', () => {
  const groups = groupEvents([
    event({ type: 'Normal', reason: 'Pulled', lastTimestamp: '2026-01-01T12:00:00Z' }),
    event({ lastTimestamp: '2026-01-01T10:00:00Z' }),
  ]);
  expect(groups.map(group => group.reason)).toEqual(['BackOff', 'Pulled']);
});

test('a new-style event without timestamps is placed by its eventTime or series', () => {
  const groups = groupEvents([
    event({ lastTimestamp: '2026-01-01T10:00:00Z' }),
    event({ reason: 'FailedScheduling', lastTimestamp: null, eventTime: '2026-01-01T11:00:00.000001Z' }),
    event({
      reason: 'Probe',
      lastTimestamp: null,
      series: { count: 9, lastObservedTime: '2026-01-01T12:00:00.000000Z' },
    }),
  ]);
  expect(groups.map(({ reason, count }) => `${reason} ${count}`)).toEqual([
    'Probe 9',
    'FailedScheduling 1',
    'BackOff 1',
  ]);
});

test('the same words of two objects stay apart', () => {
  const other = { kind: 'Pod', name: 'web-2', namespace: 'shop' };
  expect(groupEvents([event({}), event({ involvedObject: other })])).toHaveLength(2);
});
