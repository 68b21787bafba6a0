import { expect, test } from 'vitest';
import type { Job } from '../../../src/kubernetes/kinds/batch.ts';
import type { Pod } from '../../../src/kubernetes/kinds/pod.ts';
import { ofKind } from '../../../src/kubernetes/kinds.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import { timestampAt } from '../../../src/kubernetes/timestamps.ts';
import type { Rehearsal } from '../../../src/sandbox/rehearsal.ts';
import { longMs, podsOf, remove, settleFor, startLife } from '../../support/cluster-life.ts';

const second = 1_000;

// `long` runs for ten minutes: time enough for a test to end a pod otherwise.
function jobObject(spec: object, image = 'shop/seed:1'): KubeObject {
  const template = {
    metadata: { labels: { app: 'seed' } },
    spec: { restartPolicy: 'Never', containers: [{ name: 'seed', image }] },
  };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'seed', namespace: 'shop' },
    spec: { backoffLimit: 6, parallelism: 1, completions: 1, template, ...spec },
  };
}

function theJob(life: Rehearsal): Job {
  const [job] = ofKind(life.list('Job'), 'Job');
  if (job === undefined) throw new Error('no job');
  return job;
}

function live(life: Rehearsal): Pod[] {
  return podsOf(life).filter(pod => pod.status?.phase !== 'Failed' && pod.status?.phase !== 'Succeeded');
}

/** Lets every running pod of the job end with a status. */
function endAll(life: Rehearsal, { exitCode }: { exitCode: number }): void {
  for (const pod of live(life)) {
    const terminated = { exitCode, finishedAt: timestampAt(life.nowMs) };
    const containerStatuses = [{ name: 'seed', ready: false, restartCount: 0, state: { terminated } }];
    const phase = exitCode === 0 ? 'Succeeded' : 'Failed';
    life.apply({ do: 'status', object: { ...pod, status: { phase, containerStatuses } } });
  }
  life.settle();
}

function startJob(spec: object, image?: string): Rehearsal {
  const life = startLife();
  life.apply({ do: 'create', object: jobObject(spec, image) });
  settleFor(life, second);
  return life;
}

function conditions(life: Rehearsal): [string, string, string?][] {
  return (theJob(life).status?.conditions ?? []).map(({ type, status, reason = '' }) => [
    type,
    status,
    reason,
  ]);
}

function tellings(life: Rehearsal, reason: string): string[] {
  return ofKind(life.list('Event'), 'Event').flatMap(event =>
    event.reason === reason ? (event.message ?? '') : [],
  );
}

test('a job runs as many pods at once as it may, and is complete when enough have succeeded', () => {
  const life = startJob({ parallelism: 2, completions: 3 });
  settleFor(life, longMs);
  expect(theJob(life).status).toMatchObject({
    succeeded: 3,
    ready: 0,
    terminating: 0,
    completionTime: expect.any(String),
  });
  expect(theJob(life).status).not.toHaveProperty('active');
  expect(conditions(life)).toEqual([
    ['SuccessCriteriaMet', 'True', 'CompletionsReached'],
    ['Complete', 'True', 'CompletionsReached'],
  ]);
  expect(podsOf(life).flatMap(pod => pod.metadata.finalizers ?? [])).toEqual([]);
});

test('a job waits longer after each failure and gives up past its back-off limit', () => {
  const life = startJob({ backoffLimit: 2 }, 'long:1');
  const waits: number[] = [];
  for (const _failure of [1, 2]) {
    endAll(life, { exitCode: 1 });
    const endMs = Math.floor(life.nowMs / second) * second;
    for (let next = life.settle(); live(life).length === 0; next = life.settle())
      life.nowMs = next ?? Number.NaN;
    waits.push(life.nowMs - endMs);
  }
  endAll(life, { exitCode: 1 });
  expect(waits).toEqual([10 * second, 20 * second]);
  expect(conditions(life)).toEqual([
    ['FailureTarget', 'True', 'BackoffLimitExceeded'],
    ['Failed', 'True', 'BackoffLimitExceeded'],
  ]);
  expect(theJob(life).status?.failed).toBe(3);
  expect(tellings(life, 'BackoffLimitExceeded')).toEqual(['Job has reached the specified backoff limit']);
});

test('what is counted stays counted when the pods are deleted', () => {
  const life = startJob({ completions: 2 }, 'long:1');
  endAll(life, { exitCode: 0 });
  for (const pod of podsOf(life).filter(each => each.status?.phase === 'Succeeded'))
    remove(life, { kind: 'Pod', name: pod.metadata.name });
  endAll(life, { exitCode: 0 });
  expect(theJob(life).status).toMatchObject({ succeeded: 2 });
  expect(conditions(life).at(-1)?.[0]).toBe('Complete');
});

test('a pod that is deleted under its job counts as failed and is replaced', () => {
  const life = startJob({}, 'long:1');
  const [first] = podsOf(life);
  remove(life, { kind: 'Pod', name: first?.metadata.name ?? '' });
  settleFor(life, 15 * second);
  expect(theJob(life).status).toMatchObject({ failed: 1, active: 1 });
  expect(podsOf(life).map(pod => pod.metadata.uid)).not.toContain(first?.metadata.uid);
});

test('a job past its deadline stops its pods and has failed when they are gone', () => {
  const life = startJob({ activeDeadlineSeconds: 5, parallelism: 2, completions: 2 }, 'long:1');
  settleFor(life, 4 * second);
  expect(conditions(life).map(([type]) => type)).toEqual(['FailureTarget']);
  settleFor(life, 5 * second);
  expect(conditions(life)).toEqual([
    ['FailureTarget', 'True', 'DeadlineExceeded'],
    ['Failed', 'True', 'DeadlineExceeded'],
  ]);
  expect(podsOf(life)).toEqual([]);
  expect(theJob(life).status).toMatchObject({ failed: 2 });
});

test('a suspended job has no pods and no start; resumed, it runs', () => {
  const life = startJob({ suspend: true });
  expect(podsOf(life)).toEqual([]);
  expect(theJob(life).status).not.toHaveProperty('startTime');
  const job = theJob(life);
  life.apply({ do: 'update', object: { ...job, spec: { ...job.spec, suspend: false } } });
  settleFor(life, longMs);
  expect(conditions(life).map(([type, status]) => `${type}=${status}`)).toEqual([
    'Suspended=False',
    'SuccessCriteriaMet=True',
    'Complete=True',
  ]);
  expect([...tellings(life, 'Suspended'), ...tellings(life, 'Resumed')]).toEqual([
    'Job suspended',
    'Job resumed',
  ]);
});

test('an indexed job runs each index once, under a name of its own', () => {
  const life = startJob({ completionMode: 'Indexed', completions: 3, parallelism: 2 });
  settleFor(life, longMs);
  expect(theJob(life).status).toMatchObject({ succeeded: 3, completedIndexes: '0-2' });
  expect(new Set(podsOf(life).map(pod => pod.spec.hostname))).toEqual(
    new Set(['seed-0', 'seed-1', 'seed-2']),
  );
  expect(
    podsOf(life)
      .map(pod => pod.metadata.name.slice(0, 7))
      .toSorted(),
  ).toEqual(['seed-0-', 'seed-1-', 'seed-2-']);
});

test('indexes with a limit of their own fail one by one', () => {
  const spec = { completionMode: 'Indexed', completions: 2, parallelism: 2, backoffLimitPerIndex: 0 };
  const life = startJob(spec, 'long:1');
  endAll(life, { exitCode: 1 });
  expect(theJob(life).status).toMatchObject({ failed: 2, failedIndexes: '0,1' });
  expect(conditions(life).at(-1)).toEqual(['Failed', 'True', 'FailedIndexes']);
});

test('a failure policy fails a job at once, or does not count a failure', () => {
  const rule = (action: string) => ({
    podFailurePolicy: { rules: [{ action, onExitCodes: { operator: 'In', values: [3] } }] },
  });
  const failing = startJob(rule('FailJob'), 'long:1');
  endAll(failing, { exitCode: 3 });
  expect(theJob(failing).status?.conditions?.at(-1)).toMatchObject({
    type: 'Failed',
    reason: 'PodFailurePolicy',
    message: expect.stringMatching(
      /^Container seed for pod shop\/seed-\w{5} failed with exit code 3 matching FailJob rule at index 0$/,
    ),
  });
  const ignoring = startJob({ ...rule('Ignore'), backoffLimit: 0 }, 'long:1');
  endAll(ignoring, { exitCode: 3 });
  settleFor(ignoring, longMs);
  expect(conditions(ignoring).at(-1)?.[0]).toBe('Complete');
  expect(theJob(ignoring).status).not.toHaveProperty('failed');
});

test('a success policy ends a job before all its indexes have run', () => {
  const spec = {
    completionMode: 'Indexed',
    completions: 4,
    successPolicy: { rules: [{ succeededCount: 1 }] },
  };
  const life = startJob(spec);
  settleFor(life, longMs);
  expect(theJob(life).status).toMatchObject({ succeeded: 1, completedIndexes: '0' });
  expect(conditions(life)[0]).toEqual(['SuccessCriteriaMet', 'True', 'SuccessPolicy']);
});

test('a job that is kept for a time goes with its pods after it, and none of them is held', () => {
  const life = startJob({ ttlSecondsAfterFinished: 60 });
  settleFor(life, 30 * second);
  expect(life.list('Job')).toHaveLength(1);
  settleFor(life, longMs);
  expect([...life.list('Job'), ...podsOf(life)]).toEqual([]);
});

test('a job that is deleted while it runs lets its pods go', () => {
  const life = startJob({ parallelism: 2, completions: 2 }, 'long:1');
  remove(life, { kind: 'Job', name: 'seed' });
  settleFor(life, longMs);
  expect([...life.list('Job'), ...podsOf(life)]).toEqual([]);
});
