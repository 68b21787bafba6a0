import { isKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { isDeleting } from '../../kubernetes/owners.ts';
import { protectionOf } from '../../kubernetes/protection.ts';
import { claimNames } from '../../kubernetes/scheduling/claims.ts';
import type { Operation } from './controller.ts';
import { eachObject } from './each-object.ts';
import { withoutFinalizer } from './owners.ts';

/** Lets a claim go only when no pod that has a node mounts it any more. */
export const claimProtectionController = eachObject('PersistentVolumeClaim', {
  name: 'claim-protection',
  watches: ['Pod'],
  concerned: (pod, view) =>
    claimNames(pod).flatMap(name => {
      const { namespace = '' } = pod.metadata;
      return view.get({ kind: 'PersistentVolumeClaim', name, namespace }) ?? [];
    }),
  reconcile(claim, { view }) {
    const { name, namespace } = claim.metadata;
    const used = () =>
      view
        .list('Pod', namespace)
        .some(pod => isKind(pod, 'Pod') && pod.spec.nodeName !== undefined && claimNames(pod).includes(name));
    return { operations: isDeleting(claim) && !used() ? letGo(claim) : [] };
  },
});

/** Lets a volume go only when no claim has it. */
export const volumeProtectionController = eachObject('PersistentVolume', {
  name: 'volume-protection',
  watches: [],
  reconcile: volume => ({
    operations: isDeleting(volume) && volume.status?.phase !== 'Bound' ? letGo(volume) : [],
  }),
});

function letGo(object: KubeObject): Operation[] {
  const protection = protectionOf(object) ?? '';
  return object.metadata.finalizers?.includes(protection) === true
    ? [withoutFinalizer(object, protection)]
    : [];
}
