import type { K8sDrain, K8sPatch } from '../../core/change.ts';
import { describeRef } from '../../core/ref.ts';
import { podsOnNode } from '../../toolkit/pods-on-node.ts';
import { drainNotes, namesOf, newcomersAmong } from './drain-notes.ts';
import { k8sPatch } from './k8s-patch.ts';
import type { ChangeKind, Prospect } from './kind.ts';
import { lookUntil } from './look-until.ts';

/** Cordons the node of a drain, tells what its evictions mean, and sees that the pods are gone. */
export const k8sDrain: ChangeKind<K8sDrain> = {
  name: 'k8s-drain',
  idempotent: true,
  deed: 'drain',
  write: 'cordon',

  async preview(change, reach): Promise<Prospect> {
    const [cordon, pods] = await Promise.all([
      k8sPatch.preview(cordonOf(change), reach),
      podsOnNode(change.target.name, reach.reader),
    ]);
    const cordoned = cordon.operation === 'none';
    return {
      ...cordon,
      change,
      operation: 'update',
      // Whoever cordons the node meanwhile changes nothing in what was decided.
      volatile: [...cordon.volatile, '/spec/unschedulable'],
      warnings: [...cordon.warnings, ...(await drainNotes(change, { pods, reader: reach.reader, cordoned }))],
      undo: { possible: true },
    };
  },

  async apply(change, reach, writing) {
    if (await k8sDrain.observe(change, reach)) return { uid: change.uid };
    return k8sPatch.apply(cordonOf(change), reach, writing);
  },

  observe: (change, looking) => k8sPatch.observe(cordonOf(change), looking),

  verify: (change, { reader }, waiting) =>
    lookUntil(waiting, async () => {
      const planned = new Set(change.pods);
      const pods = await podsOnNode(change.target.name, reader);
      const left = pods.filter(({ metadata }) => planned.has(metadata.uid ?? ''));
      const gone = `${describeRef(change.target)}: ${change.pods.length - left.length} of ${change.pods.length} pods have left`;
      if (left.length > 0)
        return { saying: gone, late: async () => [`${gone}; still there: ${namesOf(left)}.`] };
      const others = newcomersAmong(pods, change);
      if (others.length === 0) return { state: 'verified', evidence: [`${gone}.`] };
      const line = `Came to the node since the plan and were left alone: ${namesOf(others)}.`;
      return { state: 'unverified', evidence: [`${gone}.`, line] };
    }),

  invert: (change, preview, applied) => k8sPatch.invert(cordonOf(change), preview, applied),
};

function cordonOf({ target, uid }: K8sDrain): K8sPatch {
  return { kind: 'k8s-patch', target, uid, patch: { spec: { unschedulable: true } } };
}
