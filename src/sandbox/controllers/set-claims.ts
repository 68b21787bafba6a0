import { canonicalJson } from '../../core/json.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import type { PersistentVolumeClaim } from '../../kubernetes/kinds/storage.ts';
import type { StatefulSet } from '../../kubernetes/kinds/workloads.ts';
import type { KubeObject, OwnerReference } from '../../kubernetes/object.ts';
import { findIn } from '../../kubernetes/object-view.ts';
import { controlledBy } from '../../kubernetes/owners.ts';
import type { ClusterView, Operation } from './controller.ts';
import { updateOf } from './owners.ts';

type ClaimTemplate = NonNullable<StatefulSet['spec']['volumeClaimTemplates']>[number];

/** The claims that a pod of the set has for its own, by the name of the volume that each is for. */
export function claimsFor(set: StatefulSet, podName: string): { template: ClaimTemplate; name: string }[] {
  return (set.spec.volumeClaimTemplates ?? []).map(template => ({
    template,
    name: `${template.metadata.name}-${podName}`,
  }));
}

/** The claims that a new pod of the set still lacks. */
export function missingClaims(
  view: ClusterView,
  { set, podName }: { set: StatefulSet; podName: string },
): KubeObject[] {
  const { namespace = '' } = set.metadata;
  return claimsFor(set, podName).flatMap(({ template, name }): KubeObject[] => {
    if (findIn(view, 'PersistentVolumeClaim', { name, namespace }) !== undefined) return [];
    const labels = { ...set.spec.selector.matchLabels, ...template.metadata.labels };
    const metadata = { name, namespace, labels };
    return [{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata, spec: template.spec }];
  });
}

/**
 * Lets claims belong to what they go with: the set where they go with it, the pod that is scaled away where they go with
 * that one, nobody where they stay. The garbage collector does the rest.
 */
export function ownClaims(
  view: ClusterView,
  { set, pods, isSurplus }: { set: StatefulSet; pods: readonly Pod[]; isSurplus: (pod: Pod) => boolean },
): Operation[] {
  const { whenDeleted, whenScaled } = set.spec.persistentVolumeClaimRetentionPolicy ?? {};
  const { namespace = '' } = set.metadata;
  return pods.flatMap(pod => {
    const owner =
      whenScaled === 'Delete' && isSurplus(pod)
        ? controlledBy(pod)
        : whenDeleted === 'Delete'
          ? controlledBy(set)
          : undefined;
    return claimsFor(set, pod.metadata.name).flatMap(({ name }) => {
      const claim = findIn(view, 'PersistentVolumeClaim', { name, namespace });
      return claim === undefined ? [] : belongTo(claim, { owner, set });
    });
  });
}

function belongTo(
  claim: PersistentVolumeClaim,
  { owner, set }: { owner: OwnerReference | undefined; set: StatefulSet },
): Operation[] {
  const { ownerReferences: before = [], ...metadata } = claim.metadata;
  const others = before.filter(each => each.uid !== set.metadata.uid && each.kind !== 'Pod');
  const after = owner === undefined ? others : [...others, owner];
  if (canonicalJson(before) === canonicalJson(after)) return [];
  return [
    updateOf({
      ...claim,
      metadata: { ...metadata, ...(after.length === 0 ? {} : { ownerReferences: after }) },
    }),
  ];
}
