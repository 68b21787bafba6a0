import { expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.ts';
import { schedulingGatesAnalyzer } from '../../../../src/diagnosis/analyzers/scheduling/scheduling-gates.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';
import { ownedBy, pendingPod, workload, written } from '../../../support/written-objects.ts';

const found = (...objects: JsonObject[]) => schedulingGatesAnalyzer.analyze(snapshotOf(written(...objects)));
const owner = ownedBy('Deployment', 'web');
const web = workload('Deployment', 'web', { status: { replicas: 1 } });
const gates = (name: string) => ({ schedulingGates: [{ name }] });

test('a gate that nobody opens, from the pod or from the template alone', () => {
  expect(found(web, pendingPod('web', { owner, spec: gates('example.com/check') }))).toMatchObject([
    { code: 'SCHEDULING_GATED', severity: 'critical', object: { kind: 'Deployment' } },
  ]);
  expect(found(workload('Deployment', 'web', { pods: gates('example.com/check') }))).toMatchObject([
    { code: 'SCHEDULING_GATED' },
  ]);
});

test('behind the gate of a queue pods wait on purpose, and a young pod waits a moment', () => {
  expect(found(web, pendingPod('web', { owner, spec: gates('kueue.x-k8s.io/admission') }))).toMatchObject([
    { severity: 'note' },
  ]);
  expect(found(web, pendingPod('web', { owner, minutes: 1, spec: gates('example.com/check') }))).toEqual([]);
});

test('a scheduler that has not looked after minutes does not answer', () => {
  expect(found(web, pendingPod('web', { owner, spec: { schedulerName: 'gpu-scheduler' } }))).toMatchObject([
    {
      code: 'SCHEDULER_UNKNOWN',
      summary: 'its pods wait for the scheduler gpu-scheduler, which has not looked at them',
    },
  ]);
  expect(
    found(web, pendingPod('web', { owner, minutes: 1, spec: { schedulerName: 'gpu-scheduler' } })),
  ).toEqual([]);
  expect(
    found(
      web,
      pendingPod('web', { owner, says: '0/1 nodes are available', spec: { schedulerName: 'gpu-scheduler' } }),
    ),
  ).toEqual([]);
});
