import type { Pod, PodTemplate } from '../kubernetes/kinds/pod.ts';
import type { KubeObject } from '../kubernetes/object.ts';
import { isReady } from '../kubernetes/pod-readiness.ts';
import type { Snapshot } from './snapshot.ts';

/** Whatever makes pods of one shape: a workload, or a pod that nothing makes. Most rules about specs are about these. */
export interface PodSet {
  object: KubeObject;
  namespace: string;
  labels: Readonly<Record<string, string>>;
  spec: PodTemplate['spec'];
  /** Where `spec` stands in the object: `spec.template.spec`, `spec`. */
  at: string;
  /** How many pods there ought to be now; a CronJob's is 0 between its runs, a DaemonSet's what its status says. */
  wanted: number;
  /** How many of them serve, by the workload's own status. */
  ready: number;
  /** Those of its pods that were read in full: at least all that looked wrong. */
  pods: readonly Pod[];
}

/** What pod sets are found in: whatever looks at them needs all of these. */
export const podSetKinds: readonly string[] = [
  'Pod',
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'Job',
  'CronJob',
];

/** Jobs of a CronJob and replica sets of a Deployment are their owner's. */
export function podSetsOf(snapshot: Snapshot): PodSet[] {
  const pods = new Map<KubeObject, Pod[]>();
  for (const pod of snapshot.of('Pod')) {
    const owner = snapshot.ownerOf(pod);
    const own = pods.get(owner);
    if (own === undefined) pods.set(owner, [pod]);
    else own.push(pod);
  }
  const set = (
    object: KubeObject,
    template: PodTemplate,
    facts: Pick<PodSet, 'at' | 'wanted' | 'ready'>,
  ) => ({
    object,
    namespace: object.metadata.namespace ?? '',
    labels: template.metadata?.labels ?? {},
    spec: template.spec,
    pods: pods.get(object) ?? [],
    ...facts,
  });
  const at = 'spec.template.spec';
  // What a custom object owns is nobody else's here.
  const unowned = (object: KubeObject) => snapshot.ownerOf(object) === object;
  return [
    ...[...snapshot.of('Deployment'), ...snapshot.of('StatefulSet')].map(each =>
      set(each, each.spec.template, {
        at,
        wanted: each.spec.replicas ?? 1,
        ready: each.status?.readyReplicas ?? 0,
      }),
    ),
    ...snapshot.of('DaemonSet').map(each =>
      set(each, each.spec.template, {
        at,
        wanted: each.status?.desiredNumberScheduled ?? 0,
        ready: each.status?.numberReady ?? 0,
      }),
    ),
    ...snapshot
      .of('ReplicaSet')
      .filter(unowned)
      .map(each =>
        set(each, each.spec.template, {
          at,
          wanted: each.spec.replicas ?? 1,
          ready: each.status?.readyReplicas ?? 0,
        }),
      ),
    ...snapshot
      .of('Job')
      .filter(unowned)
      .map(each =>
        set(each, each.spec.template, {
          at,
          wanted: each.status?.active ?? 0,
          ready: each.status?.ready ?? 0,
        }),
      ),
    ...snapshot.of('CronJob').map(each =>
      set(each, each.spec.jobTemplate.spec.template, {
        at: 'spec.jobTemplate.spec.template.spec',
        wanted: 0,
        ready: 0,
      }),
    ),
    ...snapshot
      .of('Pod')
      .filter(unowned)
      .map(pod =>
        set(
          pod,
          { metadata: pod.metadata, spec: pod.spec },
          { at: 'spec', ...countsOf(pods.get(pod) ?? [pod]) },
        ),
      ),
  ];
}

/** A pod that nothing makes says itself whether it is well; of several that stand for one thing it is told how many are. */
function countsOf(pods: readonly Pod[]): Pick<PodSet, 'wanted' | 'ready'> {
  const wanted = pods.filter(({ status }) => status?.phase !== 'Succeeded');
  return { wanted: wanted.length, ready: pods.length > 1 ? wanted.filter(isReady).length : 0 };
}
