import type { JsonObject } from '../../core/json.ts';
import { claimProblems, completed, podProblems } from '../../kubernetes/limit-range.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { listOf } from '../../kubernetes/validation/problem.ts';
import type { Cluster } from '../cluster.ts';
import { forbidden } from '../status.ts';
import { type AdmissionPlugin, newPodSpec } from './plugin.ts';

/** Completes containers from the limit ranges of their namespace, and refuses what lies outside of them. */
export const limitRange: AdmissionPlugin = {
  complete(admission) {
    let spec = newPodSpec(admission);
    if (spec === undefined) return admission.object;
    let { object } = admission;
    for (const limits of limitsIn(admission)) {
      const notes: string[] = [];
      for (const item of limits.filter(each => each['type'] === 'Container')) {
        spec = { ...spec, ...completed(spec, { item, notes }) };
      }
      if (notes.length === 0) continue;
      const annotations = {
        ...object.metadata.annotations,
        'kubernetes.io/limit-ranger': `LimitRanger plugin set: ${notes.join('; ')}`,
      };
      object = { ...object, metadata: { ...object.metadata, annotations } };
    }
    return { ...object, spec };
  },
  check(admission) {
    const { resource, object } = admission;
    const spec = newPodSpec(admission);
    for (const limits of limitsIn(admission)) {
      const why =
        spec !== undefined
          ? limits.flatMap(item => podProblems(spec, item))
          : resource.kind === 'PersistentVolumeClaim'
            ? limits.flatMap(item => claimProblems(object, item))
            : [];
      if (why.length === 0) continue;
      const all = [...new Set(why)];
      throw forbidden(resource, {
        name: object.metadata.name,
        why: all.length === 1 ? `${all[0]}` : `[${all.join(', ')}]`,
      });
    }
    return undefined;
  },
};

function limitsIn({ cluster, object }: { cluster: Cluster; object: KubeObject }): JsonObject[][] {
  return cluster.state
    .list('/limitranges', `${object.metadata.namespace}/`)
    .map(({ spec }) => listOf(spec ?? {}, 'limits'));
}
