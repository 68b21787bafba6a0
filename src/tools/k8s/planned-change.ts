import type { K8sDelete, K8sPatch } from '../../core/change.ts';
import { VigieError } from '../../core/errors.ts';
import { describeRef } from '../../core/ref.ts';
import { type KubeObject, refOf } from '../../kubernetes/object.ts';

/** A patch of the object that was read, bound to its uid. */
export function patchOf(
  current: KubeObject,
  change: Pick<K8sPatch, 'patch' | 'type' | 'subresource' | 'said'>,
): K8sPatch {
  return { kind: 'k8s-patch', target: refOf(current), uid: uidOf(current), ...change };
}

/** The delete of the object that was read, bound to its uid. */
export function deletionOf(
  current: KubeObject,
  how: { propagation: K8sDelete['propagation']; gracePeriodSeconds: number | undefined },
): K8sDelete {
  return {
    kind: 'k8s-delete',
    target: refOf(current),
    uid: uidOf(current),
    propagation: how.propagation,
    ...(how.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: how.gracePeriodSeconds }),
  };
}

/** The uid that a change of this object is bound to. @throws VigieError BAD_RESPONSE without one */
export function uidOf(object: KubeObject): string {
  const { uid } = object.metadata;
  if (uid === undefined) {
    throw new VigieError('BAD_RESPONSE', `The server sent ${describeRef(refOf(object))} without a uid`, {
      hint: 'An API extension serves this kind incompletely; Vigie changes only objects it can tell apart.',
    });
  }
  return uid;
}
