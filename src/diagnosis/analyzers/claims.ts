import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { refOf } from '../../kubernetes/object.ts';
import { claimNames } from '../../kubernetes/scheduling/claims.ts';
import { defineAnalyzer } from '../analyzer.ts';
import { quoteEvent } from '../evidence.ts';
import type { Snapshot } from '../snapshot.ts';

/** Claims whose volume could not be made. One that waits for its first consumer is well. */
export const claimsAnalyzer = defineAnalyzer({
  id: 'claims',
  needs: ['PersistentVolumeClaim', 'StorageClass', 'Event'],
  codes: {
    VOLUME_NOT_PROVISIONED: {
      row: 'claim',
      means: 'The storage class could not make a volume for a claim.',
      decided: 'The claim is pending and its newest warning is ProvisioningFailed.',
      fixed: 'What the provisioner complains about; it tries again by itself.',
    },
  },

  analyze(snapshot) {
    return snapshot.of('PersistentVolumeClaim').flatMap(claim => {
      if (claim.status?.phase !== 'Pending') return [];
      const failed = snapshot.eventsFor(refOf(claim)).find(({ reason }) => reason === 'ProvisioningFailed');
      if (failed === undefined) return [];
      const { storageClassName = '(default)' } = claim.spec;
      return [
        {
          code: 'VOLUME_NOT_PROVISIONED',
          severity: 'critical',
          object: refOf(claim),
          summary: `no volume was made for it by class ${storageClassName}`,
          evidence: [quoteEvent(failed)],
          confidence: 'certain',
          fixes: [],
          question: `Why can class ${storageClassName} make no volume?`,
          breaks: usersOf(claim.metadata.name, { snapshot, namespace: claim.metadata.namespace ?? '' }),
        },
      ];
    });
  },
});

function usersOf(claim: string, { snapshot, namespace }: { snapshot: Snapshot; namespace: string }) {
  const uses = (pod: Pod) => pod.metadata.namespace === namespace && claimNames(pod).includes(claim);
  return snapshot
    .of('Pod')
    .filter(uses)
    .map(pod => refOf(snapshot.ownerOf(pod)));
}
