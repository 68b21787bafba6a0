import { memberOf } from '../../core/json.ts';
import { misfitOf } from '../../kubernetes/fit.ts';
import type { PodTemplate } from '../../kubernetes/kinds/pod.ts';
import { isKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { revisionOf } from '../../kubernetes/revisions.ts';
import { madeBy } from '../made-by.ts';
import type { Snapshot } from '../snapshot.ts';

/** One template that a workload had. */
export interface Revision {
  revision: number;
  spec: PodTemplate['spec'];
  /** Pods of it that serve now; 0 also where nobody counts them. */
  ready: number;
  /** When it was made; a rollback takes an older one again. */
  madeAt: string | undefined;
}

/** The revision before the present one, which a rollback goes to; undefined where there is none, or it was not read. */
export function earlierRevision(workload: KubeObject, snapshot: Snapshot): Revision | undefined {
  return revisionsOf(workload, snapshot)[1];
}

/** The templates of a Deployment, StatefulSet or DaemonSet, the newest first. */
export function revisionsOf(workload: KubeObject, snapshot: Snapshot): Revision[] {
  const found = isKind(workload, 'Deployment')
    ? madeBy(workload, { kind: 'ReplicaSet', snapshot }).map(set => ({
        revision: revisionOf(set),
        spec: set.spec.template.spec,
        ready: set.status?.readyReplicas ?? 0,
        madeAt: set.metadata.creationTimestamp,
      }))
    : madeBy(workload, { kind: 'ControllerRevision', snapshot }).flatMap(({ revision, data, metadata }) => {
        const spec = specIn(data);
        return spec === undefined ? [] : [{ revision, spec, ready: 0, madeAt: metadata.creationTimestamp }];
      });
  return found.filter(({ revision }) => revision > 0).toSorted((a, b) => b.revision - a.revision);
}

/** What a ControllerRevision keeps is of any type: it passes as a pod's spec or is left out. */
function specIn(data: KubeObject['spec']): PodTemplate['spec'] | undefined {
  const spec = memberOf(memberOf(memberOf(data, 'spec'), 'template'), 'spec');
  const pod: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: '' }, spec: spec ?? {} };
  if (misfitOf({ kind: 'Pod', spec }, { apiVersion: 'v1', kind: 'Pod' }) !== undefined) return undefined;
  return isKind(pod, 'Pod') ? pod.spec : undefined;
}
