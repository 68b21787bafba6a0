import { endOfJob } from '../job-end.ts';
import { conditionOf } from '../kinds/condition.ts';
import type { Pod } from '../kinds/pod.ts';
import type { Deployment } from '../kinds/workloads.ts';
import { ofKind } from '../kinds.ts';
import type { KubeObject } from '../object.ts';
import { isReady } from '../pod-readiness.ts';
import { describeTrouble, podTrouble } from '../pod-trouble.ts';
import { newestPods } from '../rollout-trouble.ts';
import {
  countOf,
  defineJudge,
  degraded,
  type Health,
  healthy,
  isUnobserved,
  progressing,
  unknown,
} from './verdict.ts';

const unobserved = progressing('the controller has not yet seen the newest spec');

/** Related pods, where given, tell why a rollout does not move on. */
export const deploymentJudge = defineJudge('Deployment', (deployment, related) => {
  const { status } = deployment;
  if (isUnobserved(deployment, status?.observedGeneration)) return unobserved;
  const failure = conditionOf(status?.conditions, 'ReplicaFailure');
  if (failure?.status === 'True')
    return degraded(`pods cannot be created: ${failure.message ?? failure.reason ?? ''}`);
  const pending = rolloutGap(deployment);
  const deadline = conditionOf(status?.conditions, 'Progressing');
  if (deadline?.status === 'False') {
    return degraded(
      `the rollout ran out of time: ${pending ?? 'its pods are not available'}${because(related)}`,
    );
  }
  if (pending !== undefined) {
    if (deployment.spec.paused === true) return unknown(`the rollout is paused: ${pending}`);
    return short(deployment, { gap: pending, related });
  }
  return healthy(`${countOf(deployment.spec.replicas ?? 1, 'pod')} updated and available`);
});

function rolloutGap({ spec, status }: Deployment): string | undefined {
  const wanted = spec.replicas ?? 1;
  const updated = status?.updatedReplicas ?? 0;
  const available = status?.availableReplicas ?? 0;
  const surplus = (status?.replicas ?? 0) - updated;
  if (updated < wanted) return `${updated} of ${wanted} pods updated`;
  if (surplus > 0) return `${countOf(surplus, 'older pod')} still to stop`;
  if (available < wanted) return `${available} of ${wanted} pods available`;
  return undefined;
}

/** What lacks pods is on its way, unless those that it has made crash on and on. */
function short(
  object: KubeObject,
  { gap, related }: { gap: string; related: readonly KubeObject[] },
): Health {
  const state = newestPods(object, related).some(crashesOn) ? degraded : progressing;
  return state(`${gap}${because(related)}`);
}

// Their pauses alone have then been two minutes and a half: a peer that is slow to come is there by then.
const hopelessRestarts = 5;
// A kubelet forgets the crashes of what has run for so long: it ended of something else.
const longRunMs = 600_000;

/** In the pause after a crash or in the next try, after as many that ran for a short time only. */
function crashesOn({ status }: Pod): boolean {
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return all.some(({ ready, restartCount, lastState }) => {
    const last = lastState?.terminated;
    const ranMs = Date.parse(last?.finishedAt ?? '') - Date.parse(last?.startedAt ?? '');
    return !ready && restartCount >= hopelessRestarts && last?.exitCode !== 0 && !(ranMs >= longRunMs);
  });
}

function because(related: readonly KubeObject[]): string {
  const troubles = ofKind(related, 'Pod').flatMap(pod => podTrouble(pod) ?? []);
  const trouble = troubles.find(each => each.decisive) ?? troubles[0];
  return trouble === undefined ? '' : `, ${describeTrouble(trouble)}`;
}

export const replicaSetJudge = defineJudge('ReplicaSet', (set, related) => {
  if (isUnobserved(set, set.status?.observedGeneration)) return unobserved;
  const failure = conditionOf(set.status?.conditions, 'ReplicaFailure');
  if (failure?.status === 'True')
    return degraded(`pods cannot be created: ${failure.message ?? failure.reason ?? ''}`);
  const wanted = set.spec.replicas ?? 1;
  const available = set.status?.availableReplicas ?? 0;
  if (available < wanted) return short(set, { gap: `${available} of ${wanted} pods available`, related });
  return healthy(`${countOf(wanted, 'pod')} available`);
});

export const statefulSetJudge = defineJudge('StatefulSet', (set, related) => {
  const { spec, status } = set;
  if (isUnobserved(set, status?.observedGeneration)) return unobserved;
  const wanted = spec.replicas ?? 1;
  const ready = status?.readyReplicas ?? 0;
  if (ready < wanted) return short(set, { gap: `${ready} of ${wanted} pods ready`, related });
  // Older servers do not count what is available; ready is then all there is.
  const available = (spec.minReadySeconds ?? 0) > 0 ? (status?.availableReplicas ?? ready) : ready;
  if (available < wanted) return short(set, { gap: `${available} of ${wanted} pods available`, related });
  if ((status?.replicas ?? 0) > wanted)
    return progressing(`${countOf((status?.replicas ?? 0) - wanted, 'pod')} still to stop`);
  if (spec.updateStrategy?.type === 'OnDelete')
    return healthy(`${countOf(wanted, 'pod')} ready; updates wait for deletion`);
  if (status?.updateRevision === undefined || status.updateRevision === status.currentRevision) {
    return healthy(`${countOf(wanted, 'pod')} ready`);
  }
  // Pods below the partition keep the old revision on purpose.
  const partition = Math.min(spec.updateStrategy?.rollingUpdate?.partition ?? 0, wanted);
  const updated = status.updatedReplicas ?? 0;
  if (updated < wanted - partition)
    return short(set, { gap: `${updated} of ${wanted - partition} pods updated`, related });
  return healthy(
    `${countOf(wanted, 'pod')} ready${partition > 0 ? `, ${partition} held back by the partition` : ''}`,
  );
});

export const daemonSetJudge = defineJudge('DaemonSet', (set, related) => {
  const { spec, status } = set;
  if (isUnobserved(set, status?.observedGeneration)) return unobserved;
  const wanted = status?.desiredNumberScheduled ?? 0;
  const updated = status?.updatedNumberScheduled ?? 0;
  if (spec.updateStrategy?.type !== 'OnDelete' && updated < wanted) {
    return short(set, { gap: `updated on ${updated} of ${countOf(wanted, 'node')}`, related });
  }
  const available = status?.numberAvailable ?? 0;
  if (available < wanted)
    return short(set, { gap: `available on ${available} of ${countOf(wanted, 'node')}`, related });
  return healthy(`available on ${countOf(wanted, 'node')}`);
});

export const podJudge = defineJudge('Pod', pod => {
  const { metadata, status } = pod;
  if (metadata.deletionTimestamp !== undefined) return progressing('is being deleted');
  if (status?.phase === 'Succeeded') return healthy('ran to its end');
  const trouble = podTrouble(pod);
  if (status?.phase === 'Failed')
    return degraded(trouble === undefined ? 'failed' : describeTrouble(trouble));
  if (trouble?.decisive === true) return degraded(describeTrouble(trouble));
  if (isReady(pod)) return healthy('ready');
  if (trouble !== undefined && crashesOn(pod)) return degraded(`not ready: ${describeTrouble(trouble)}`);
  if (trouble !== undefined) return progressing(`not ready: ${describeTrouble(trouble)}`);
  const waiting = (status?.containerStatuses ?? []).filter(each => !each.ready).map(each => each.name);
  return progressing(waiting.length === 0 ? 'is starting' : `waits for ${waiting.join(', ')}`);
});

export const jobJudge = defineJudge('Job', (job, related) => {
  const { spec, status } = job;
  const end = endOfJob(job);
  if (end?.type === 'Failed')
    return degraded(`failed: ${end.message ?? end.reason ?? ''}${because(related)}`);
  if (end !== undefined) return healthy('completed');
  if (spec.suspend === true) return unknown('is suspended');
  const failures = status?.failed ?? 0;
  const retries =
    failures > 0 ? `, ${countOf(failures, 'failed try').replace(/trys$/, 'tries')}${because(related)}` : '';
  return progressing(
    `${status?.succeeded ?? 0} of ${countOf(spec.completions ?? 1, 'run')} succeeded${retries}`,
  );
});

export const cronJobJudge = defineJudge('CronJob', ({ spec, status }) => {
  if (spec.suspend === true) return healthy('is suspended');
  if (status?.lastScheduleTime === undefined) return healthy('waits for its first run');
  if ((status.active ?? []).length > 0)
    return healthy(`${countOf(status.active?.length ?? 0, 'job')} running`);
  const failedLast =
    status.lastSuccessfulTime === undefined || status.lastSuccessfulTime < status.lastScheduleTime;
  return failedLast
    ? degraded(`the run of ${status.lastScheduleTime} did not succeed`)
    : healthy('the last run succeeded');
});
