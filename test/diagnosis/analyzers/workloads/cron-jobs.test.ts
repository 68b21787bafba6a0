import { expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.ts';
import { cronJobsAnalyzer } from '../../../../src/diagnosis/analyzers/workloads/cron-jobs.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';
import { ago, object, ownedBy, template, written } from '../../../support/written-objects.ts';

const found = (...objects: JsonObject[]) => cronJobsAnalyzer.analyze(snapshotOf(written(...objects)));
const cron = (spec: JsonObject = {}, status: JsonObject = {}) =>
  object('CronJob', 'nightly', {
    apiVersion: 'batch/v1',
    spec: { schedule: '*/10 * * * *', jobTemplate: { spec: { template: template('nightly') } }, ...spec },
    status,
  });
const run = (
  name: string,
  { started, end, minutes = 0 }: { started: number; end?: 'Complete' | 'Failed'; minutes?: number },
) =>
  object('Job', name, {
    apiVersion: 'batch/v1',
    metadata: { creationTimestamp: ago(started), ...ownedBy('CronJob', 'nightly', 'batch/v1') },
    spec: { template: template('nightly') },
    status: {
      startTime: ago(started),
      ...(end === undefined
        ? { active: 1 }
        : { conditions: [{ type: end, status: 'True', lastTransitionTime: ago(minutes) }] }),
    },
  });

test.each<[what: string, spec: JsonObject, code: string]>([
  ['a line that is none', { schedule: 'every day' }, 'CRON_SCHEDULE_INVALID'],
  ['a day that never comes', { schedule: '0 0 31 2 *' }, 'CRON_SCHEDULE_INVALID'],
  ['a time zone that there is not', { timeZone: 'Europe/Pari' }, 'CRON_TIME_ZONE_UNKNOWN'],
])('it never runs by %s', (_what, spec, code) => {
  expect(found(cron(spec))).toMatchObject([{ code, severity: 'critical' }]);
});

test('times that nobody starts are missed, from the third on', () => {
  expect(found(cron({}, { lastScheduleTime: ago(40) }))).toMatchObject([{ code: 'CRON_MISSED' }]);
  expect(found(cron({}, { lastScheduleTime: ago(20) }))).toEqual([]);
});

test('the controller says itself that it missed too many', () => {
  const event = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'e', namespace: 'shop' },
    involvedObject: { kind: 'CronJob', name: 'nightly', namespace: 'shop' },
    reason: 'TooManyMissedTimes',
    message: 'too many missed start times',
    type: 'Warning',
    lastTimestamp: ago(5),
  };
  expect(found(cron(), event)).toMatchObject([
    { code: 'CRON_MISSED', summary: 'it missed so many times that it is not started any more' },
  ]);
});

test('a deadline that is shorter than the pause of the controller', () => {
  expect(found(cron({ startingDeadlineSeconds: 5 }))).toMatchObject([
    { code: 'CRON_DEADLINE_SHORT', severity: 'warning' },
  ]);
  expect(found(cron({ startingDeadlineSeconds: 60 }))).toEqual([]);
});

test('a run that does not end blocks the next ones, and only where one runs at a time', () => {
  const status = { lastScheduleTime: ago(60), active: [{ name: 'r' }] };
  expect(found(cron({ concurrencyPolicy: 'Forbid' }, status), run('r', { started: 60 }))).toMatchObject([
    { code: 'CRON_BLOCKED', summary: expect.stringContaining('Job/r has been running for 60m') },
  ]);
  expect(found(cron({ concurrencyPolicy: 'Forbid' }, status), run('r', { started: 15 }))).toEqual([]);
  expect(found(cron({}, status), run('r', { started: 60 }))).toEqual([]);
});

test.each<[what: string, objects: JsonObject[], severity: string | undefined]>([
  [
    'failed once after a success',
    [
      cron({}, { lastScheduleTime: ago(10), lastSuccessfulTime: ago(12) }),
      run('r', { started: 10, end: 'Failed', minutes: 8 }),
    ],
    'warning',
  ],
  [
    'failed and never succeeded',
    [cron({}, { lastScheduleTime: ago(10) }), run('r', { started: 10, end: 'Failed', minutes: 8 })],
    'critical',
  ],
  [
    'has failed since long',
    [
      cron({}, { lastScheduleTime: ago(10), lastSuccessfulTime: ago(100) }),
      run('r', { started: 10, end: 'Failed', minutes: 8 }),
    ],
    'critical',
  ],
  [
    'succeeded after a failure',
    [
      cron({}, { lastScheduleTime: ago(10), lastSuccessfulTime: ago(5) }),
      run('r', { started: 20, end: 'Failed', minutes: 18 }),
      run('s', { started: 10, end: 'Complete', minutes: 5 }),
    ],
    undefined,
  ],
])('a CronJob that %s', (_what, objects, severity) => {
  expect(found(...objects)).toMatchObject(
    severity === undefined ? [] : [{ code: 'CRON_RUN_FAILED', severity }],
  );
});

test('a suspended one is a note, whatever else is wrong with it', () => {
  expect(found(cron({ suspend: true, schedule: 'never' }, { lastScheduleTime: ago(600) }))).toMatchObject([
    { code: 'CRON_SUSPENDED', severity: 'note' },
  ]);
});
