import { canonicalJson } from '../../core/json.ts';
import type { PodTemplate } from '../../kubernetes/kinds/pod.ts';
import type { Deployment, ReplicaSet } from '../../kubernetes/kinds/workloads.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { controllerUid } from '../../kubernetes/owners.ts';
import { revisionOf, writtenTemplate } from '../../kubernetes/revisions.ts';

/** A deployment whose rollout came less far loses the oldest of them. */
const mostRevisions = 10;
const hourMs = 3_600_000;
/** What was replaced just now was there a moment before. */
const leastHours = 1 / 60;

/** A deployment as it was before the present template, and when that ended. */
export interface EarlierRevision {
  deployment: Deployment;
  untilHoursAgo: number;
}

/**
 * Where a rollout has not come to its end, what its old pods run: the templates of replica sets that still have pods,
 * oldest first for each deployment.
 */
export function earlierRevisions(objects: readonly KubeObject[], nowMs: number): EarlierRevision[] {
  const pods = Map.groupBy(ofKind(objects, 'Pod'), controllerUid);
  const sets = Map.groupBy(ofKind(objects, 'ReplicaSet'), controllerUid);
  const bornMs = (set: ReplicaSet): number => {
    // A set that is rolled back to is older than the rollout; its pods are not.
    const own = pods.get(set.metadata.uid) ?? [];
    const times = (own.length > 0 ? own : [set]).map(({ metadata }) =>
      Date.parse(metadata.creationTimestamp ?? ''),
    );
    return Math.min(nowMs, ...times.filter(Number.isFinite));
  };
  return ofKind(objects, 'Deployment').flatMap(deployment => {
    const { uid } = deployment.metadata;
    if (uid === undefined) return [];
    const present = canonicalJson(deployment.spec.template);
    const living = (sets.get(uid) ?? [])
      .map(set => ({ set, template: writtenTemplate(set.spec.template) }))
      .toSorted((a, b) => revisionOf(b.set) - revisionOf(a.set));
    const isPresent = ({ template }: { template: PodTemplate }): boolean =>
      canonicalJson(template) === present;
    const newest = living.find(isPresent)?.set;
    let endedMs = newest === undefined ? nowMs : bornMs(newest);
    const found: EarlierRevision[] = [];
    for (const { set, template } of living) {
      if (set === newest || (set.status?.replicas ?? 0) === 0 || found.length >= mostRevisions) continue;
      found.unshift({
        deployment: { ...deployment, spec: { ...deployment.spec, template } },
        untilHoursAgo: Math.max(leastHours, (nowMs - endedMs) / hourMs),
      });
      endedMs = Math.min(endedMs, bornMs(set));
    }
    return found;
  });
}
