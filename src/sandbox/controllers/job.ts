import { endOfJob } from '../../kubernetes/job-end.ts';
import { readIndexes, writeIndexes } from '../../kubernetes/job-indexes.ts';
import {
  deadlineOf,
  isIndexed,
  ruleFor,
  type Tally,
  type Verdict,
  verdictOn,
} from '../../kubernetes/job-verdict.ts';
import type { Job } from '../../kubernetes/kinds/batch.ts';
import { type Condition, conditionOf } from '../../kubernetes/kinds/condition.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { isKind, ofKind } from '../../kubernetes/kinds.ts';
import { nonZero } from '../../kubernetes/non-zero.ts';
import { controllerUid, isDeleting } from '../../kubernetes/owners.ts';
import { isActive, isReady } from '../../kubernetes/pod-readiness.ts';
import { timestampAt } from '../../kubernetes/timestamps.ts';
import type { Controller, Operation, Reconciled } from './controller.ts';
import { eachObject } from './each-object.ts';
import { earlierFailures, endedAtMs, hasFailed, indexOf, isTracked, jobPod, untrack } from './job-pods.ts';
import { deleteOf, statusOf, wakeAtOf } from './owners.ts';
import { podKeeper } from './pod-keeper.ts';

const keeper = podKeeper('job-controller');
const { tell, warn } = keeper;
/** The wait after the first failure; each further one in a row doubles it, up to the longest. */
const firstBackoffMs = 10_000;
const longestBackoffMs = 600_000;

const each = eachObject('Job', {
  name: 'job',
  watches: ['Pod'],
  reconcile(job, { view, nowMs }) {
    const pods = ofKind(view.dependentsOf(job.metadata.uid ?? ''), 'Pod');
    return endOfJob(job) !== undefined ? finish(job, { pods, nowMs }) : run(job, { pods, nowMs });
  },
});

/** Runs pods until as many have succeeded as a job asks for, or too many have failed. */
export const jobController: Controller = {
  ...each,
  keysOf(changed, view) {
    const orphaned =
      isKind(changed, 'Pod') &&
      isTracked(changed) &&
      view.withUid(controllerUid(changed) ?? '') === undefined;
    return orphaned ? [changed.metadata.uid ?? ''] : (each.keysOf?.(changed, view) ?? []);
  },
  reconcile(view, nowMs, key) {
    if (key.includes('/')) return each.reconcile(view, nowMs, key);
    // Nobody counts the pods of a job that is gone.
    const pod = view.withUid(key);
    return {
      operations: pod !== undefined && isKind(pod, 'Pod') && isTracked(pod) ? [untrack(pod)] : [],
    };
  },
};

/** A job that has ended goes once it has been kept for as long as it asks to be. */
function finish(job: Job, { pods, nowMs }: { pods: readonly Pod[]; nowMs: number }): Reconciled {
  const operations = pods.filter(isTracked).map(pod => untrack(pod));
  const { ttlSecondsAfterFinished: keptSeconds } = job.spec;
  if (keptSeconds === undefined || isDeleting(job)) return { operations };
  const expiryMs = Date.parse(endOfJob(job)?.lastTransitionTime ?? '') + keptSeconds * 1_000;
  if (expiryMs > nowMs) return { operations, wakeAt: expiryMs };
  return { operations: [...operations, deleteOf(job, { propagation: 'Background' })] };
}

function run(job: Job, { pods, nowMs }: { pods: readonly Pod[]; nowMs: number }): Reconciled {
  const tally = count(job, pods);
  const counted = pods.filter(pod => isTracked(pod) && (hasFailed(pod) || pod.status?.phase === 'Succeeded'));
  const operations = counted.map(pod => untrack(pod));
  if (isDeleting(job)) return { operations: [...operations, ...show(job, { tally, pods, nowMs })] };
  const verdict = verdictOn(job, { tally, nowMs });
  if (verdict !== undefined)
    return { operations: [...operations, ...end(job, { verdict, tally, pods, nowMs })] };
  if (job.spec.suspend === true) {
    const stopped = tally.active.flatMap(pod => stop(job, pod));
    return {
      operations: [
        ...operations,
        ...stopped,
        ...show(job, { tally: { ...tally, active: [] }, pods, nowMs, suspended: true }),
      ],
    };
  }
  const startMs = backoffEndMs(pods);
  const wanted = wantedActive(job, tally);
  const surplus = tally.active
    .toSorted((a, b) => Number(isReady(a)) - Number(isReady(b)))
    .slice(0, Math.max(0, tally.active.length - wanted));
  const shown = show(job, { tally, pods, nowMs, suspended: false });
  const refused = keeper.refusal(job, shown);
  const started =
    startMs > nowMs ? [] : start(job, { tally, pods, count: wanted - tally.active.length, nowMs, refused });
  return {
    operations: [...operations, ...surplus.flatMap(pod => stop(job, pod)), ...started, ...shown],
    ...wakeAtOf([deadlineOf(job), startMs].filter(moment => moment > nowMs)),
  };
}

function count(job: Job, pods: readonly Pod[]): Tally {
  const { status } = job;
  const ended = pods.filter(isTracked);
  const successes = ended.filter(pod => pod.status?.phase === 'Succeeded');
  const newlyFailed = ended.filter(hasFailed);
  const failures = newlyFailed.filter(pod => ruleFor(job, pod)?.rule.action !== 'Ignore');
  const completedIndexes = readIndexes(status?.completedIndexes);
  const failedIndexes = readIndexes(status?.failedIndexes);
  if (isIndexed(job)) for (const pod of successes) completedIndexes.add(indexOf(pod));
  const perIndex = job.spec.backoffLimitPerIndex;
  for (const pod of perIndex === undefined ? [] : failures) {
    if (earlierFailures(pod) >= (perIndex ?? 0) || ruleFor(job, pod)?.rule.action === 'FailIndex')
      failedIndexes.add(indexOf(pod));
  }
  return {
    succeeded: isIndexed(job) ? completedIndexes.size : (status?.succeeded ?? 0) + successes.length,
    failed: (status?.failed ?? 0) + failures.length,
    completedIndexes,
    failedIndexes,
    active: pods.filter(isActive),
    newlyFailed,
  };
}

/** While a job ends its pods are stopped; it has ended when the last of them is gone. */
function end(
  job: Job,
  { verdict, tally, pods, nowMs }: { verdict: Verdict; tally: Tally; pods: readonly Pod[]; nowMs: number },
): Operation[] {
  const stopped = tally.active.flatMap(pod => stop(job, pod));
  const failed = verdict.type === 'FailureTarget';
  const rest = { ...tally, failed: tally.failed + (failed ? tally.active.length : 0), active: [] };
  const over = tally.active.length === 0 && !pods.some(isTerminating);
  const told = failed
    ? warn(job, { reason: verdict.reason, message: verdict.message })
    : tell(job, { reason: 'Completed', message: 'Job completed' });
  return [...stopped, ...show(job, { tally: rest, pods, nowMs, verdict, over }), ...(over ? [told] : [])];
}

function isTerminating(pod: Pod): boolean {
  return isDeleting(pod) && !hasFailed(pod) && pod.status?.phase !== 'Succeeded';
}

function wantedActive({ spec }: Job, { succeeded, failedIndexes, active }: Tally): number {
  const { parallelism = 1, completions } = spec;
  if (completions === undefined) return succeeded > 0 ? active.length : parallelism;
  return Math.min(parallelism, completions - succeeded - failedIndexes.size);
}

/** Until when the failures since the last success keep new pods from being made. */
function backoffEndMs(pods: readonly Pod[]): number {
  const successMs = Math.max(0, ...pods.filter(pod => pod.status?.phase === 'Succeeded').map(endedAtMs));
  const failures = pods.filter(pod => pod.status?.phase === 'Failed').map(endedAtMs);
  const recent = failures.filter(endMs => endMs > successMs);
  if (recent.length === 0) return 0;
  return Math.max(...recent) + Math.min(firstBackoffMs * 2 ** (recent.length - 1), longestBackoffMs);
}

function start(
  job: Job,
  {
    tally,
    pods,
    count,
    nowMs,
    refused,
  }: {
    tally: Tally;
    pods: readonly Pod[];
    count: number;
    nowMs: number;
    refused: (why: string) => Operation[];
  },
): Operation[] {
  const ageMs = nowMs - Date.parse(job.metadata.creationTimestamp ?? '');
  const taken = new Set([...tally.completedIndexes, ...tally.failedIndexes, ...tally.active.map(indexOf)]);
  const operations: Operation[] = [];
  for (let index = 0; operations.length < 2 * count; index++) {
    if (isIndexed(job) && index >= (job.spec.completions ?? 0)) break;
    if (isIndexed(job) && taken.has(index)) continue;
    const failures = pods.filter(each => indexOf(each) === index && hasFailed(each)).length;
    const seed = `${ageMs}/${pods.length + index}`;
    const pod = jobPod(job, { seed, ...(isIndexed(job) ? { index, failures } : {}) });
    operations.push(...keeper.make(job, { pod, refused }));
  }
  return operations;
}

/** Stops a pod that the job has no more use for: nobody has to count how it ends. */
function stop(job: Job, pod: Pod): Operation[] {
  return [untrack(pod), ...keeper.stop(job, pod)];
}

function show(
  job: Job,
  {
    tally,
    pods,
    nowMs,
    suspended,
    verdict,
    over = false,
  }: {
    tally: Tally;
    pods: readonly Pod[];
    nowMs: number;
    suspended?: boolean;
    verdict?: Verdict;
    over?: boolean;
  },
): Operation[] {
  const time = timestampAt(nowMs);
  const conditions = [...(job.status?.conditions ?? [])];
  const told: Operation[] = [];
  const set = ({ type, ...more }: Pick<Condition, 'type' | 'reason' | 'message'>, status = 'True') => {
    const at = conditions.findIndex(each => each.type === type);
    if (conditions[at]?.status === status) return;
    const condition = { type, status, ...more, lastProbeTime: time, lastTransitionTime: time };
    conditions.splice(at < 0 ? conditions.length : at, at < 0 ? 0 : 1, condition);
  };
  const wasSuspended = conditionOf(conditions, 'Suspended')?.status === 'True';
  if (suspended === true) set({ type: 'Suspended', reason: 'JobSuspended', message: 'Job suspended' });
  if (suspended === false && wasSuspended)
    set({ type: 'Suspended', reason: 'JobResumed', message: 'Job resumed' }, 'False');
  if (suspended !== undefined && suspended !== wasSuspended)
    told.push(
      tell(
        job,
        suspended
          ? { reason: 'Suspended', message: 'Job suspended' }
          : { reason: 'Resumed', message: 'Job resumed' },
      ),
    );
  if (verdict !== undefined) set(verdict);
  if (verdict !== undefined && over)
    set({ ...verdict, type: verdict.type === 'FailureTarget' ? 'Failed' : 'Complete' });
  const completed = writeIndexes(tally.completedIndexes);
  const startTime = suspended === true ? undefined : (job.status?.startTime ?? time);
  const complete = over && verdict?.type === 'SuccessCriteriaMet';
  const operations = statusOf(job, {
    ...(conditions.length === 0 ? {} : { conditions }),
    ...(startTime === undefined ? {} : { startTime }),
    ...(complete ? { completionTime: time } : {}),
    ...nonZero({ active: tally.active.length, succeeded: tally.succeeded, failed: tally.failed }),
    terminating: pods.filter(isTerminating).length,
    ...(completed === '' ? {} : { completedIndexes: completed }),
    ...(job.spec.backoffLimitPerIndex === undefined
      ? {}
      : { failedIndexes: writeIndexes(tally.failedIndexes) }),
    uncountedTerminatedPods: {},
    ready: tally.active.filter(isReady).length,
  });
  return [...operations, ...told];
}
