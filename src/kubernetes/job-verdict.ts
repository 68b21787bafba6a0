import { readIndexes } from './job-indexes.ts';
import type { Job, PodFailureRule } from './kinds/batch.ts';
import { conditionOf } from './kinds/condition.ts';
import type { Pod } from './kinds/pod.ts';

/** How a job is going to end. */
export interface Verdict {
  type: 'SuccessCriteriaMet' | 'FailureTarget';
  reason: string;
  message: string;
}

/** What has come of a job's pods up to now. */
export interface Tally {
  succeeded: number;
  failed: number;
  completedIndexes: ReadonlySet<number>;
  failedIndexes: ReadonlySet<number>;
  active: readonly Pod[];
  /** Pods that have failed and were not counted before. */
  newlyFailed: readonly Pod[];
}

export function isIndexed({ spec }: Job): boolean {
  return spec.completionMode === 'Indexed';
}

/** How the job ends, once that is decided; a decision stands. */
export function verdictOn(job: Job, { tally, nowMs }: { tally: Tally; nowMs: number }): Verdict | undefined {
  for (const type of ['FailureTarget', 'SuccessCriteriaMet'] as const) {
    const known = conditionOf(job.status?.conditions, type);
    if (known?.status === 'True') return { type, reason: known.reason ?? '', message: known.message ?? '' };
  }
  return failureOf(job, { tally, nowMs }) ?? successOf(job, tally);
}

function failureOf(job: Job, { tally, nowMs }: { tally: Tally; nowMs: number }): Verdict | undefined {
  const fails = (reason: string, message: string): Verdict => ({ type: 'FailureTarget', reason, message });
  const { backoffLimit = 6, backoffLimitPerIndex, maxFailedIndexes, completions = 0 } = job.spec;
  const named = tally.newlyFailed.flatMap(pod => {
    const match = ruleFor(job, pod);
    return match?.rule.action === 'FailJob' ? [match.message] : [];
  });
  if (named[0] !== undefined) return fails('PodFailurePolicy', named[0]);
  if (deadlineOf(job) <= nowMs)
    return fails('DeadlineExceeded', 'Job was active longer than specified deadline');
  if (
    backoffLimitPerIndex === undefined &&
    (tally.failed > backoffLimit || restartsOf(job, tally) > backoffLimit)
  )
    return fails('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  const failed = tally.failedIndexes.size;
  if (maxFailedIndexes !== undefined && failed > maxFailedIndexes) {
    return fails(
      'MaxFailedIndexesExceeded',
      'Job has exceeded the specified maximal number of failed indexes',
    );
  }
  if (failed > 0 && failed + tally.completedIndexes.size >= completions && isIndexed(job))
    return fails('FailedIndexes', 'Job has failed indexes');
  return undefined;
}

/** Restarts in place count too; with a limit of zero the first one is too much, with another one that reaches it. */
function restartsOf({ spec }: Job, { active }: Tally): number {
  if (spec.template.spec.restartPolicy !== 'OnFailure') return 0;
  const statuses = active.flatMap(({ status }) => [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
  ]);
  const restarts = statuses.reduce((sum, status) => sum + status.restartCount, 0);
  return restarts > 0 && restarts >= (spec.backoffLimit ?? 6) ? Number.POSITIVE_INFINITY : restarts;
}

/** When the job has been active for as long as it may; Infinity while it has no start or no limit. */
export function deadlineOf({ spec, status }: Job): number {
  if (spec.activeDeadlineSeconds === undefined || status?.startTime === undefined || spec.suspend === true)
    return Number.POSITIVE_INFINITY;
  return Date.parse(status.startTime) + spec.activeDeadlineSeconds * 1_000;
}

function successOf(job: Job, { succeeded, completedIndexes, active }: Tally): Verdict | undefined {
  const rule = (job.spec.successPolicy?.rules ?? []).findIndex(({ succeededIndexes, succeededCount }) => {
    const counted =
      succeededIndexes === undefined
        ? completedIndexes
        : new Set([...readIndexes(succeededIndexes)].filter(index => completedIndexes.has(index)));
    return counted.size >= (succeededCount ?? readIndexes(succeededIndexes).size);
  });
  if (rule >= 0)
    return { type: 'SuccessCriteriaMet', reason: 'SuccessPolicy', message: `Matched rules at index ${rule}` };
  const { completions } = job.spec;
  // Without a number of completions the first success says that the work is done, and the others finish theirs.
  const reached = completions === undefined ? succeeded > 0 && active.length === 0 : succeeded >= completions;
  if (!reached) return undefined;
  const message = 'Reached expected number of succeeded pods';
  return { type: 'SuccessCriteriaMet', reason: 'CompletionsReached', message };
}

/** The first rule of the job's failure policy that fits a failed pod, in the words that name it. */
export function ruleFor(job: Job, pod: Pod): { rule: PodFailureRule; message: string } | undefined {
  const name = `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;
  for (const [index, rule] of (job.spec.podFailurePolicy?.rules ?? []).entries()) {
    const end = `matching ${rule.action} rule at index ${index}`;
    const condition = rule.onPodConditions?.find(
      wanted => conditionOf(pod.status?.conditions, wanted.type)?.status === (wanted.status ?? 'True'),
    );
    if (condition !== undefined)
      return { rule, message: `Pod ${name} has condition ${condition.type} ${end}` };
    const exited = exitedBy(rule, pod);
    if (exited !== undefined)
      return {
        rule,
        message: `Container ${exited.name} for pod ${name} failed with exit code ${exited.code} ${end}`,
      };
  }
  return undefined;
}

function exitedBy(
  { onExitCodes }: PodFailureRule,
  { status }: Pod,
): { name: string; code: number } | undefined {
  if (onExitCodes === undefined) return undefined;
  for (const { name, state } of [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
  ]) {
    const code = state?.terminated?.exitCode ?? 0;
    if (code === 0 || (onExitCodes.containerName ?? name) !== name) continue;
    if (onExitCodes.values.includes(code) === (onExitCodes.operator === 'In')) return { name, code };
  }
  return undefined;
}
