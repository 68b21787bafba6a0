import { expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.ts';
import { jobsAnalyzer } from '../../../../src/diagnosis/analyzers/workloads/jobs.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';
import { ago, object, ownedBy, template, written } from '../../../support/written-objects.ts';

const job = (
  status: JsonObject,
  { spec = {}, metadata = {} }: { spec?: JsonObject; metadata?: JsonObject } = {},
) =>
  object('Job', 'migrate', {
    apiVersion: 'batch/v1',
    metadata,
    spec: { template: template('migrate'), ...spec },
    status,
  });
const failed = (reason: string, minutes = 5) => ({
  failed: 4,
  conditions: [
    { type: 'Failed', status: 'True', reason, message: 'because', lastTransitionTime: ago(minutes) },
  ],
});
const pod = object('Pod', 'migrate-1', {
  metadata: ownedBy('Job', 'migrate', 'batch/v1'),
  spec: { containers: [{ name: 'main' }] },
  status: {
    phase: 'Failed',
    containerStatuses: [
      {
        name: 'main',
        ready: false,
        restartCount: 0,
        state: { terminated: { exitCode: 3, reason: 'Error', finishedAt: ago(5) } },
      },
    ],
  },
});
const logs = new Map([
  [
    'shop/migrate-1/main',
    { lines: ['starting', 'Error: relation "orders" does not exist', 'bye'], previous: false },
  ],
]);
const found = (...objects: JsonObject[]) => jobsAnalyzer.analyze(snapshotOf(written(...objects), { logs }));

test.each([
  ['BackoffLimitExceeded', { backoffLimit: 3 }, 'it gave up: more failures than its limit of 3'],
  [
    'DeadlineExceeded',
    { activeDeadlineSeconds: 60 },
    'it was ended after its 60 seconds, before it was done',
  ],
  ['PodFailurePolicy', {}, 'a failure ended it that its policy says no retry helps'],
  ['MaxFailedIndexesExceeded', {}, 'it failed: MaxFailedIndexesExceeded'],
])('a Job that failed by %s', (reason, spec, summary) => {
  expect(found(job(failed(reason), { spec }))).toMatchObject([
    { code: 'JOB_FAILED', severity: 'critical', summary, fixes: [] },
  ]);
});

test('how its last pod ended, and what that said, is told', () => {
  const [draft] = found(job(failed('BackoffLimitExceeded')), pod);
  expect(draft?.summary).toBe(
    'it gave up: more failures than its limit of 6; container main ended with exit code 3',
  );
  expect(draft?.evidence).toContain('log of main: Error: relation "orders" does not exist');
});

test.each<[what: string, of: JsonObject]>([
  ['complete', job({ succeeded: 1, failed: 2, conditions: [{ type: 'Complete', status: 'True' }] })],
  ['still trying', job({ active: 1, failed: 2 })],
  ['history', job(failed('BackoffLimitExceeded', 8 * 24 * 60))],
  [
    'a run of a CronJob',
    job(failed('BackoffLimitExceeded'), { metadata: ownedBy('CronJob', 'nightly', 'batch/v1') }),
  ],
])('a Job that is %s is no finding', (_what, of) => {
  expect(found(of)).toEqual([]);
});

test('a Job that is suspended for a day is a note', () => {
  const suspended = (hours: number) =>
    job({}, { spec: { suspend: true }, metadata: { creationTimestamp: ago(hours * 60) } });
  expect(found(suspended(30))).toMatchObject([{ code: 'JOB_SUSPENDED', severity: 'note' }]);
  expect(found(suspended(1))).toEqual([]);
});
