import type { Ref } from '../../../core/ref.ts';
import type { Event } from '../../../kubernetes/kinds/event.ts';
import type { PersistentVolumeClaim, StorageClass } from '../../../kubernetes/kinds/storage.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { isDeleting } from '../../../kubernetes/owners.ts';
import { isProvisioned, selectedNode, waitsForConsumer } from '../../../kubernetes/scheduling/claims.ts';
import { sinceMs } from '../../ages.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { quoteEvent, quoteField } from '../../evidence.ts';
import { patchFix } from '../../fixes.ts';
import type { Snapshot } from '../../snapshot.ts';
import { refsOf, usersOfClaim, waitingFor } from '../../storage/claim-users.ts';
import { runnerOf } from '../../storage/provisioner-runner.ts';
import { provisioningCause } from '../../storage/provisioning-cause.ts';
import { nearestVolume, whyNotFor } from '../../storage/volume-fit.ts';
import { harmTo } from '../../workloads/harm.ts';

// Clouds make a disk within a minute or two; a provisioner that says nothing for this long does not work.
const provisioningMs = 5 * 60_000;
// Names of a message or a question; more would not help to choose.
const mostNamed = 5;

type Code =
  | 'CLAIM_CLASS_MISSING'
  | 'CLAIM_WITHOUT_CLASS'
  | 'CLAIM_NO_VOLUME_FITS'
  | 'CLAIM_VOLUME_UNFIT'
  | 'CLAIM_LOST'
  | 'PROVISIONER_SILENT'
  | 'VOLUME_NOT_PROVISIONED';

type Told = Omit<Draft<Code>, 'object' | 'severity' | 'breaks' | 'depth'>;

/** Claims that have no volume, by cause. One that waits for its first consumer is well. */
export const claimsAnalyzer = defineAnalyzer<Code>({
  id: 'claims',
  needs: ['PersistentVolumeClaim', 'PersistentVolume', 'StorageClass', 'CSIDriver', 'Event'],
  codes: {
    CLAIM_CLASS_MISSING: {
      row: 'claim',
      means: 'A claim names a storage class that does not exist.',
      decided: 'The claim has no volume, there is no class of the name, and no volume made by hand bears it.',
      fixed: 'The class, or the claim made anew with one that exists: its class cannot be changed.',
    },
    CLAIM_WITHOUT_CLASS: {
      row: 'claim',
      means: 'A claim names no storage class, and the cluster has no default one.',
      decided:
        'The claim has no volume and no class, no class is marked as default, and no volume without class fits.',
      fixed:
        'Mark a class as default: claims without one take it. The fix is offered where there is only one class.',
    },
    CLAIM_NO_VOLUME_FITS: {
      row: 'claim',
      means: 'A claim waits for a volume made by hand, and none fits.',
      decided:
        'The claim has no class, or one that provisions nothing, and each volume differs from it: in class, size, access mode, labels, or whom it belongs to. One that waits for its first consumer is no fault.',
      fixed: 'A volume that fits; the finding names the nearest and what is wrong with it.',
    },
    CLAIM_VOLUME_UNFIT: {
      row: 'claim',
      means: 'A claim names a volume that it cannot have.',
      decided:
        'The claim is not bound, and the volume that it names is missing, belongs to another claim, or differs from it in class, size, access mode or labels.',
      fixed: 'Another volume, or the claim made anew without a name.',
    },
    CLAIM_LOST: {
      row: 'claim',
      means: 'The volume of a claim is gone, with its data.',
      decided: 'The cluster says so: the phase of the claim is Lost.',
      fixed: 'Restore the volume, or delete the claim and restore its data from a backup.',
    },
    PROVISIONER_SILENT: {
      row: 'claim',
      means: 'Nobody makes the volume that a claim waits for.',
      decided:
        'The claim was handed to the provisioner of its class more than 5 minutes ago, and it has said nothing.',
      fixed: 'Get the provisioner to run; the finding names its workload where one bears its name.',
    },
    VOLUME_NOT_PROVISIONED: {
      row: 'claim',
      means: 'The storage class could not make a volume for a claim.',
      decided: 'The claim is pending and its newest warning is ProvisioningFailed.',
      fixed: 'What the provisioner complains about; it tries again by itself.',
    },
  },

  analyze(snapshot) {
    const first = new Map<string, Ref>();
    return snapshot.of('PersistentVolumeClaim').flatMap((claim): Draft<Code>[] => {
      if (isDeleting(claim)) return [];
      const told = whatIsWrong(claim, snapshot);
      if (told === undefined) return [];
      const object = refOf(claim);
      // One cause keeps many claims waiting: they are the first one's.
      const cause = `${told.code} ${told.summary}`;
      const leader = first.get(cause);
      if (leader === undefined) first.set(cause, object);
      return [
        {
          ...told,
          severity: harmTo(...waitingFor(claim.metadata, snapshot)),
          object,
          depth: 2,
          breaks: refsOf(usersOfClaim(claim.metadata, snapshot)),
          dependsOn: [...(told.dependsOn ?? []), ...(leader === undefined ? [] : [leader])],
        },
      ];
    });
  },
});

function whatIsWrong(claim: PersistentVolumeClaim, snapshot: Snapshot): Told | undefined {
  const { spec, status } = claim;
  if (status?.phase === 'Lost') return lost(claim);
  if (status?.phase === 'Bound') return undefined;
  if (spec.volumeName !== undefined && spec.volumeName !== '') return unfit(claim, snapshot);
  const failed = snapshot.eventsFor(refOf(claim)).find(({ reason }) => reason === 'ProvisioningFailed');
  if (spec.storageClassName === undefined) return withoutClass(claim, { snapshot, failed });
  const storageClass = snapshot.find('StorageClass', { name: spec.storageClassName });
  if (storageClass !== undefined && isProvisioned(storageClass)) {
    if (failed !== undefined) return notProvisioned(claim, failed);
    return silent(claim, { snapshot, storageClass });
  }
  return byHand(claim, { snapshot, storageClass, failed });
}

function lost({ spec }: PersistentVolumeClaim): Told {
  return {
    code: 'CLAIM_LOST',
    summary: `its volume ${spec.volumeName ?? ''} is gone`,
    evidence: [quoteField('status.phase', 'Lost'), quoteField('spec.volumeName', spec.volumeName)],
    confidence: 'certain',
    fixes: [],
    question: 'Is there a backup of its data? A claim that lost its volume does not get another.',
  };
}

function unfit(claim: PersistentVolumeClaim, snapshot: Snapshot): Told | undefined {
  const { volumeName = '' } = claim.spec;
  const place = { kind: 'PersistentVolume', name: volumeName };
  const volume = snapshot.find('PersistentVolume', place);
  const [why] = volume === undefined ? [] : whyNotFor(claim, volume);
  if (why === undefined && !snapshot.lacks(place)) return undefined;
  return {
    code: 'CLAIM_VOLUME_UNFIT',
    summary: `it names volume ${volumeName}, which ${why ?? 'does not exist'}`,
    evidence: [quoteField('spec.volumeName', volumeName), quoteField('spec', { ...claim.spec })],
    confidence: 'certain',
    fixes: [],
    question: 'Which volume is it to have? Its name cannot be changed: the claim has to be made anew.',
    dependsOn: [place],
  };
}

function withoutClass(
  claim: PersistentVolumeClaim,
  { snapshot, failed }: { snapshot: Snapshot; failed: Event | undefined },
): Told | undefined {
  if (!snapshot.sees('StorageClass') || !snapshot.sees('PersistentVolume')) return undefined;
  const classes = snapshot.of('StorageClass');
  if (classes.some(isDefault)) return undefined;
  if (nearestVolume(claim, snapshot)?.against.length === 0) return undefined;
  const said = failed ?? snapshot.eventsFor(refOf(claim)).find(({ reason }) => reason === 'FailedBinding');
  const [only, ...others] = classes.filter(isProvisioned);
  return {
    code: 'CLAIM_WITHOUT_CLASS',
    summary: 'it names no storage class and the cluster has no default one',
    evidence: [
      quoteField('spec.storageClassName', undefined),
      ...(said === undefined ? [] : [quoteEvent(said)]),
    ],
    confidence: 'certain',
    ...(only === undefined || others.length > 0
      ? { fixes: [], question: `Which class is to be the default? ${listed(classes)}` }
      : {
          fixes: [
            patchFix(refOf(only), {
              patch: { metadata: { annotations: { [defaultClass]: 'true' } } },
              does: `Make ${only.metadata.name}, the only class, the default: the claim then takes it`,
            }),
          ],
        }),
  };
}

/** There is no such class, or one whose volumes somebody makes by hand. */
function byHand(
  claim: PersistentVolumeClaim,
  {
    snapshot,
    storageClass,
    failed,
  }: { snapshot: Snapshot; storageClass: StorageClass | undefined; failed: Event | undefined },
): Told | undefined {
  const { storageClassName = '' } = claim.spec;
  const volumes = snapshot.of('PersistentVolume');
  const isNamed = storageClassName !== '' && storageClass === undefined;
  if (isNamed && !volumes.some(({ spec }) => spec.storageClassName === storageClassName)) {
    const said = failed?.message?.includes('not found') === true ? [quoteEvent(failed)] : [];
    if (!snapshot.lacks({ kind: 'StorageClass', name: storageClassName }) && said.length === 0)
      return undefined;
    return {
      code: 'CLAIM_CLASS_MISSING',
      summary: `there is no storage class ${storageClassName}`,
      evidence: [quoteField('spec.storageClassName', storageClassName), ...said],
      confidence: 'certain',
      fixes: [],
      question: `Which class is it to have? ${listed(snapshot.of('StorageClass'))} A claim is made anew for another.`,
    };
  }
  if (!snapshot.sees('PersistentVolume')) return undefined;
  if (waitsForConsumer(storageClass) && waitingFor(claim.metadata, snapshot).length === 0) return undefined;
  const nearest = nearestVolume(claim, snapshot);
  if (nearest?.against.length === 0) return undefined;
  const said = snapshot.eventsFor(refOf(claim)).find(({ reason }) => reason === 'FailedBinding');
  const why =
    nearest === undefined
      ? undefined
      : `PersistentVolume/${nearest.volume.metadata.name} ${nearest.against.join(', and ')}`;
  return {
    code: 'CLAIM_NO_VOLUME_FITS',
    summary: why === undefined ? 'there is no volume that it could have' : `no volume fits it: ${why}`,
    evidence: [quoteField('spec', { ...claim.spec }), ...(said === undefined ? [] : [quoteEvent(said)])],
    confidence: 'certain',
    fixes: [],
    question: 'Which volume is it to have? One that fits in size, class and access mode has to be made.',
    ...(nearest === undefined ? {} : { dependsOn: [refOf(nearest.volume)] }),
  };
}

function silent(
  claim: PersistentVolumeClaim,
  { snapshot, storageClass }: { snapshot: Snapshot; storageClass: StorageClass },
): Told | undefined {
  const handedOver =
    !waitsForConsumer(storageClass) || claim.metadata.annotations?.[selectedNode] !== undefined;
  const age = sinceMs(snapshot, claim.metadata.creationTimestamp);
  if (!handedOver || claim.status?.phase !== 'Pending' || age === undefined || age < provisioningMs)
    return undefined;
  const { provisioner } = storageClass;
  const by = runnerOf(provisioner, snapshot);
  const said = snapshot.eventsFor(refOf(claim))[0];
  const nobody = by === undefined && snapshot.lacks({ kind: 'CSIDriver', name: provisioner });
  return {
    code: 'PROVISIONER_SILENT',
    summary: `provisioner ${provisioner} of class ${storageClass.metadata.name} makes no volume`,
    evidence: [
      quoteField('spec.storageClassName', storageClass.metadata.name),
      quoteField('provisioner', provisioner),
      ...(said === undefined ? [] : [quoteEvent(said)]),
    ],
    ...(nobody ? { cause: 'nothing in the cluster bears its name' } : {}),
    ...(by !== undefined && by.ready === 0
      ? {
          cause: `${by.object.kind}/${by.object.metadata.name}, which runs it, ${by.wanted === 0 ? 'is scaled to no pods' : 'has no ready pod'}`,
        }
      : {}),
    confidence: 'likely',
    fixes: [],
    question: `Does ${provisioner} run? Its log says why it makes no volume.`,
    ...(by === undefined ? {} : { dependsOn: [refOf(by.object)] }),
  };
}

function notProvisioned({ spec }: PersistentVolumeClaim, failed: Event): Told {
  const { storageClassName = '' } = spec;
  const cause = provisioningCause(failed.message ?? '');
  return {
    code: 'VOLUME_NOT_PROVISIONED',
    summary: `class ${storageClassName} could not make its volume`,
    evidence: [quoteEvent(failed)],
    ...(cause === undefined ? {} : { cause }),
    confidence: 'certain',
    fixes: [],
    question: `Why can class ${storageClassName} make no volume?`,
  };
}

const defaultClass = 'storageclass.kubernetes.io/is-default-class';
const olderDefaultClass = 'storageclass.beta.kubernetes.io/is-default-class';

function isDefault({ metadata }: StorageClass): boolean {
  const { annotations = {} } = metadata;
  return annotations[defaultClass] === 'true' || annotations[olderDefaultClass] === 'true';
}

function listed(classes: readonly StorageClass[]): string {
  const names = classes.slice(0, mostNamed).map(({ metadata }) => metadata.name);
  const more = classes.length - names.length;
  if (names.length === 0) return 'There is none.';
  return `There are: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`;
}
