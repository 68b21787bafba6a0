import * as z from 'zod';
import { VigieError } from '../../core/errors.ts';
import { describeRef } from '../../core/ref.ts';
import { type KubeObject, refOf, splitApiVersion } from '../../kubernetes/object.ts';
import { defineChangeTool } from '../../toolkit/tool.ts';
import { patchOf } from './planned-change.ts';
import { refField, toRef } from './schemas.ts';

// The default pod limit of a node is 110: more of one workload than five nodes hold is a slip more often than a wish.
const mostReplicas = 500;

/** Sets the replica count of one workload. Undo restores the previous count. */
export const k8sScale = defineChangeTool({
  name: 'k8s_scale',
  title: 'Scale a workload',
  description: 'Set how many pods a workload runs. To restart pods use k8s_rollout.',
  input: z.strictObject({
    target: refField.describe('Workload.'),
    replicas: z.int().min(0).max(mostReplicas).describe('Wanted pods; 0 stops it.'),
  }),
  idempotent: true,

  async plan({ target, replicas }, { kube }) {
    const ref = toRef(target);
    const resource = await kube.resolve(ref.kind, ref.apiVersion);
    if (!resource.subresources.includes('scale')) {
      throw new VigieError('INVALID_INPUT', `target: ${resource.kind} cannot be scaled`, {
        hint: 'Only kinds with a scale subresource can: Deployment, StatefulSet, ReplicaSet and some custom ones.',
        details: { issues: [{ field: 'target.kind', message: `${describeRef(ref)} has no replica count` }] },
      });
    }
    const current = await kube.get(ref);
    if (replicasOf(current) === replicas) return [];
    return [patchOf(current, { patch: { spec: { replicas } }, subresource: 'scale' })];
  },
});

/** The count that stands; undefined where a custom kind keeps it elsewhere. */
function replicasOf(object: KubeObject): number | undefined {
  const replicas = object.spec?.['replicas'];
  if (typeof replicas === 'number') return replicas;
  // An unset count means 1 to the built-in workloads, so 1 is no change to it.
  return splitApiVersion(refOf(object).apiVersion ?? '').group === 'apps' ? 1 : undefined;
}
