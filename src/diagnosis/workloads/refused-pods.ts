import { isObject } from '../../core/json.ts';
import { lastSeenMs } from '../../kubernetes/event-times.ts';
import { endOfJob } from '../../kubernetes/job-end.ts';
import { conditionOf } from '../../kubernetes/kinds/condition.ts';
import type { Event } from '../../kubernetes/kinds/event.ts';
import { isKind, isKnownKind } from '../../kubernetes/kinds.ts';
import { type KubeObject, refOf } from '../../kubernetes/object.ts';
import { madeBy } from '../made-by.ts';
import type { PodSet } from '../pod-sets.ts';
import type { Snapshot } from '../snapshot.ts';

/** Controllers try again after a quarter of an hour at the latest; a refusal that is older than two of those is over. */
const currentMs = 2_000_000;

/** What a server said when it last refused a pod of the set; undefined: nothing, or it has taken them since. */
export function refusalTo(set: PodSet, snapshot: Snapshot): string | undefined {
  const { object } = set;
  const sets = makersOf(object, snapshot);
  for (const each of [object, ...sets]) {
    const failure = failureOf(each);
    if (failure !== undefined) return failure;
  }
  if (!lacksPods(object, set)) return undefined;
  // Events are anybody's who may write some: what tells by itself that pods are missing, or says so nowhere else.
  const events = [object, ...sets]
    .filter(each => !saysItself(each) && lacksPods(each, set))
    .flatMap(each =>
      snapshot
        .eventsFor(refOf(each))
        .filter(event => isRefusal(event, snapshot) && !hasMadeSince(each, event)),
    );
  return events.toSorted((a, b) => lastSeenMs(b) - lastSeenMs(a))[0]?.message;
}

/** The replica sets of a Deployment and the jobs of a CronJob, which make the pods for it. */
function makersOf(object: KubeObject, snapshot: Snapshot): readonly KubeObject[] {
  const kind = isKind(object, 'Deployment') ? 'ReplicaSet' : isKind(object, 'CronJob') ? 'Job' : undefined;
  return kind === undefined ? [] : madeBy(object, { kind, snapshot });
}

function failureOf(object: KubeObject): string | undefined {
  if (!isKind(object, 'Deployment') && !isKind(object, 'ReplicaSet')) return undefined;
  // A set that is scaled down keeps its last failure for good.
  if ((object.spec.replicas ?? 1) === 0) return undefined;
  const failure = conditionOf(object.status?.conditions, 'ReplicaFailure');
  return failure?.status === 'True' ? (failure.message ?? failure.reason) : undefined;
}

/** Deployments and their sets have a condition for it. */
function saysItself(object: KubeObject): boolean {
  return (isKind(object, 'Deployment') || isKind(object, 'ReplicaSet')) && object.status !== undefined;
}

function hasMadeSince(object: KubeObject, event: Event): boolean {
  if (!isKind(object, 'CronJob')) return false;
  const { active = [], lastScheduleTime } = object.status ?? {};
  return active.length > 0 || Date.parse(lastScheduleTime ?? '') >= lastSeenMs(event);
}

function isRefusal(event: Event, snapshot: Snapshot): boolean {
  return event.reason === 'FailedCreate' && snapshot.nowMs - lastSeenMs(event) < currentMs;
}

/** Whether pods are missing that its controller would have made. */
export function lacksPods(object: KubeObject, { wanted }: Pick<PodSet, 'wanted'>): boolean {
  if (!isKnownKind(object.kind) || object.metadata.deletionTimestamp !== undefined) return false;
  if (isKind(object, 'Job'))
    return (
      endOfJob(object) === undefined && object.spec.suspend !== true && (object.status?.active ?? 0) === 0
    );
  // What is only written down yet has no status, and a CronJob that was never due no time.
  if (isKind(object, 'CronJob'))
    return object.spec.suspend !== true && object.status?.lastSuccessfulTime === undefined;
  if (isKind(object, 'DaemonSet'))
    return object.status === undefined || (object.status.currentNumberScheduled ?? 0) < wanted;
  if (isKind(object, 'Pod')) return false;
  const replicas = isObject(object.status) ? object.status['replicas'] : undefined;
  return (typeof replicas === 'number' ? replicas : 0) < wanted;
}
