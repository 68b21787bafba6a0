import { type Condition, conditionOf, transitionTime } from './kinds/condition.ts';
import type { Deployment, ReplicaSet } from './kinds/workloads.ts';
import { nonZero } from './non-zero.ts';
import { leewayOf, sizeOf, total } from './rolling-update.ts';
import { timestampAt } from './timestamps.ts';

export type DeploymentStatus = NonNullable<Deployment['status']>;

const defaultDeadlineSeconds = 600;

/** The status of a deployment from its sets. newest is absent before its replica set was made. */
export function deploymentStatus(
  deployment: Deployment,
  { newest, sets, nowMs }: { newest: ReplicaSet | undefined; sets: readonly ReplicaSet[]; nowMs: number },
): DeploymentStatus {
  const sum = (count: (set: ReplicaSet) => number | undefined) => total(sets.map(set => count(set) ?? 0));
  const available = sum(set => set.status?.availableReplicas);
  const counts = {
    replicas: sum(set => set.status?.replicas),
    updatedReplicas: newest?.status?.replicas ?? 0,
    readyReplicas: sum(set => set.status?.readyReplicas),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sum(sizeOf) - available),
  };
  const { generation } = deployment.metadata;
  const conditions = [
    settled(deployment, { ...availability(deployment, available), nowMs }),
    progress(deployment, { counts, newest, nowMs }),
    replicaFailure(deployment, { newest, sets, nowMs }),
  ].filter(condition => condition !== undefined);
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...nonZero(counts),
    conditions,
  };
}

/** The status of a deployment whose newest replica set could not be made. */
export function withoutProgress(
  deployment: Deployment,
  { status, nowMs, ...why }: { status: DeploymentStatus; reason: string; message: string; nowMs: number },
): DeploymentStatus {
  const before = conditionOf(deployment.status?.conditions, 'Progressing');
  const failed = settled(deployment, { type: 'Progressing', status: 'False', ...why, nowMs });
  const others = (status.conditions ?? []).filter(({ type }) => type !== 'Progressing');
  return { ...status, conditions: [...others, before?.reason === why.reason ? before : failed] };
}

/** When a stalled rollout will have run out of time; Infinity for one that is done, paused or out of time already. */
export function deadlineMs(deployment: Deployment): number {
  const progressing = conditionOf(deployment.status?.conditions, 'Progressing');
  if (progressing?.status !== 'True' || progressing.reason === 'NewReplicaSetAvailable')
    return Number.POSITIVE_INFINITY;
  const seconds = deployment.spec.progressDeadlineSeconds ?? defaultDeadlineSeconds;
  return Date.parse(progressing.lastUpdateTime ?? '') + seconds * 1000;
}

type Verdict = Pick<Condition, 'type' | 'status'> & { reason: string; message: string };

function availability(deployment: Deployment, available: number): Verdict {
  const least = (deployment.spec.replicas ?? 1) - leewayOf(deployment).unavailable;
  return available >= least
    ? {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      };
}

/** What keeps a replica set from making its pods, of the newest before all others. */
function replicaFailure(
  deployment: Deployment,
  { newest, sets, nowMs }: { newest: ReplicaSet | undefined; sets: readonly ReplicaSet[]; nowMs: number },
): Condition | undefined {
  const failures = [...(newest === undefined ? [] : [newest]), ...sets].flatMap(
    set => conditionOf(set.status?.conditions, 'ReplicaFailure') ?? [],
  );
  const [{ status, reason = '', message = '' } = { status: '' }] = failures;
  return failures.length === 0
    ? undefined
    : settled(deployment, { type: 'ReplicaFailure', status, reason, message, nowMs });
}

type Counts = { replicas: number; updatedReplicas: number; readyReplicas: number; availableReplicas: number };

function progress(
  deployment: Deployment,
  { counts, newest, nowMs }: { counts: Counts; newest: ReplicaSet | undefined; nowMs: number },
): Condition | undefined {
  const before = conditionOf(deployment.status?.conditions, 'Progressing');
  const verdict = progressVerdict(deployment, { counts, newest, nowMs });
  if (verdict === undefined) return before;
  const stands = before?.reason === verdict.reason && before.message === verdict.message;
  // A rollout that moves on pushes its deadline; one that has ended keeps the time of its end.
  if (stands && (verdict.reason !== 'ReplicaSetUpdated' || !advanced(deployment, counts))) return before;
  return settled(deployment, { ...verdict, nowMs });
}

function progressVerdict(
  deployment: Deployment,
  { counts, newest, nowMs }: { counts: Counts; newest: ReplicaSet | undefined; nowMs: number },
): Verdict | undefined {
  const before = conditionOf(deployment.status?.conditions, 'Progressing');
  const type = 'Progressing';
  if (deployment.spec.paused === true) {
    return { type, status: 'Unknown', reason: 'DeploymentPaused', message: 'Deployment is paused' };
  }
  if (before?.reason === 'DeploymentPaused') {
    return { type, status: 'Unknown', reason: 'DeploymentResumed', message: 'Deployment is resumed' };
  }
  if (newest === undefined) return undefined;
  const set = `ReplicaSet "${newest.metadata.name}"`;
  const wanted = deployment.spec.replicas ?? 1;
  const done =
    counts.updatedReplicas === wanted && counts.replicas === wanted && counts.availableReplicas >= wanted;
  const message = `${set} has successfully progressed.`;
  // Once a rollout is done, pods that fail or a new size are no new rollout.
  const wasDone = before?.reason === 'NewReplicaSetAvailable' && before.message === message;
  if (done || (wasDone && counts.replicas === counts.updatedReplicas)) {
    return { type, status: 'True', reason: 'NewReplicaSetAvailable', message };
  }
  const progressing: Verdict = {
    type,
    status: 'True',
    reason: 'ReplicaSetUpdated',
    message: `${set} is progressing.`,
  };
  const moved = advanced(deployment, counts);
  if (moved || before?.reason === 'DeploymentResumed') return progressing;
  if (before?.message?.includes(`"${newest.metadata.name}"`) !== true) {
    return {
      ...progressing,
      reason: 'NewReplicaSetCreated',
      message: `Created new replica set "${newest.metadata.name}"`,
    };
  }
  if (before.reason === 'ProgressDeadlineExceeded' || nowMs >= deadlineMs(deployment)) {
    return {
      type,
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: `${set} has timed out progressing.`,
    };
  }
  return undefined;
}

function advanced({ status }: Deployment, counts: Counts): boolean {
  const olderBefore = (status?.replicas ?? 0) - (status?.updatedReplicas ?? 0);
  return (
    counts.updatedReplicas > (status?.updatedReplicas ?? 0) ||
    counts.replicas - counts.updatedReplicas < olderBefore ||
    counts.readyReplicas > (status?.readyReplicas ?? 0) ||
    counts.availableReplicas > (status?.availableReplicas ?? 0)
  );
}

/** The condition with its times: the update is now, the transition only where the status changes. */
function settled(deployment: Deployment, { nowMs, ...verdict }: Verdict & { nowMs: number }): Condition {
  const before = conditionOf(deployment.status?.conditions, verdict.type);
  const time = timestampAt(nowMs);
  const same = before?.status === verdict.status;
  const unchanged = same && before.reason === verdict.reason && verdict.type !== 'Progressing';
  return {
    ...verdict,
    lastTransitionTime: transitionTime(deployment.status?.conditions, { ...verdict, time }),
    lastUpdateTime: unchanged ? (before.lastUpdateTime ?? time) : time,
  };
}
