import { conditionOf } from '../../../kubernetes/kinds/condition.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../../../kubernetes/kinds/storage.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { isDeleting } from '../../../kubernetes/owners.ts';
import { sinceMs } from '../../ages.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { quoteEvent, quoteField } from '../../evidence.ts';
import { patchFix } from '../../fixes.ts';
import type { Snapshot } from '../../snapshot.ts';
import { refsOf, usersOfClaim } from '../../storage/claim-users.ts';

// The file system grows when its pod's node next looks at it, which takes minutes.
const growingMs = 15 * 60_000;

type Code = 'VOLUME_RELEASED' | 'VOLUME_FAILED' | 'CLAIM_NOT_RESIZED';

/** Volumes that exist and cannot be used: kept for another, not taken back, not grown. */
export const volumesAnalyzer = defineAnalyzer<Code>({
  id: 'volumes',
  needs: ['PersistentVolume', 'PersistentVolumeClaim', 'Event'],
  codes: {
    VOLUME_RELEASED: {
      row: 'volume',
      means: 'A volume is kept for a claim that was deleted, and a new claim of its name waits for it.',
      decided:
        'The uid in its claimRef is not that of the pending claim of that name; or the claim names a volume that is Released.',
      fixed:
        'Take the uid out of claimRef: the volume, with its data, goes to the new claim. Offered only where the claim is older than the release; a later one may be of somebody else.',
    },
    VOLUME_FAILED: {
      row: 'volume',
      means: 'A volume could not be taken back or deleted after its claim was.',
      decided: 'The cluster says so: its phase is Failed.',
      fixed: 'What the message says; then delete the volume.',
    },
    CLAIM_NOT_RESIZED: {
      row: 'claim',
      means: 'A claim asked for more room and does not get it.',
      decided:
        'The cluster says that resizing failed; or the file system has not grown for 15 minutes although a pod mounts it.',
      fixed: 'What the storage complains about; the claim asks again by itself.',
    },
  },

  analyze(snapshot) {
    return [...keptOrFailed(snapshot), ...notGrown(snapshot)];
  },
});

function keptOrFailed(snapshot: Snapshot): Draft<Code>[] {
  return snapshot.of('PersistentVolume').flatMap((volume): Draft<Code>[] => {
    const { claimRef } = volume.spec;
    const { phase, message } = volume.status ?? {};
    if (isDeleting(volume)) return [];
    if (phase === 'Failed')
      return [
        {
          code: 'VOLUME_FAILED',
          severity: 'warning',
          object: refOf(volume),
          summary: 'it could not be taken back after its claim was deleted',
          evidence: [
            quoteField('status.phase', phase),
            ...(message ? [quoteField('status.message', message)] : []),
          ],
          confidence: 'certain',
          fixes: [],
          question: 'Is its data still needed? Then it has to be saved before the volume is deleted.',
          depth: 2,
        },
      ];
    const { name = '', namespace = '', uid } = claimRef ?? {};
    const claim = snapshot.find('PersistentVolumeClaim', { name, namespace });
    if (claim === undefined || uid === undefined || claim.metadata.uid === undefined) return [];
    if (uid === claim.metadata.uid || claim.status?.phase === 'Bound' || isDeleting(claim)) return [];
    const { volumeName } = claim.spec;
    if (volumeName !== undefined && volumeName !== '' && volumeName !== volume.metadata.name) return [];
    return [
      {
        code: 'VOLUME_RELEASED',
        severity: 'critical',
        object: refOf(volume),
        summary: `it is kept for an earlier claim ${name} in ${namespace}, and the present one waits`,
        evidence: [
          quoteField('spec.claimRef.uid', uid),
          quoteField(`PersistentVolumeClaim/${name} uid`, claim.metadata.uid),
          quoteField('status.phase', phase),
        ],
        confidence: 'certain',
        ...(isOlderThanRelease(claim, volume)
          ? {
              fixes: [
                patchFix(refOf(volume), {
                  patch: [{ op: 'remove', path: '/spec/claimRef/uid' }],
                  does: `Give it, with the data on it, to the present claim ${name} in ${namespace}`,
                }),
              ],
            }
          : { fixes: [], question: 'May the present claim have the data that the earlier one left?' }),
        depth: 2,
        breaks: [refOf(claim), ...refsOf(usersOfClaim(claim.metadata, snapshot))],
      },
    ];
  });
}

/**
 * Only a claim that was there when the volume lost its own can be the one that it was meant for, as after both were
 * restored: one that was made since may be another tenant's, in a namespace made anew.
 */
function isOlderThanRelease(claim: PersistentVolumeClaim, { status }: PersistentVolume): boolean {
  const made = Date.parse(claim.metadata.creationTimestamp ?? '');
  return made < Date.parse(status?.lastPhaseTransitionTime ?? '');
}

function notGrown(snapshot: Snapshot): Draft<Code>[] {
  return snapshot.of('PersistentVolumeClaim').flatMap((claim): Draft<Code>[] => {
    const { conditions = [], allocatedResourceStatuses, phase } = claim.status ?? {};
    if (phase !== 'Bound' || isDeleting(claim)) return [];
    const failed = conditions.find(
      ({ type, status }) =>
        status === 'True' && (type === 'ControllerResizeError' || type === 'NodeResizeError'),
    );
    const infeasible = Object.entries(allocatedResourceStatuses ?? {}).find(([, state]) =>
      state.endsWith('Infeasible'),
    );
    const event = snapshot
      .eventsFor(refOf(claim))
      .find(({ reason }) => /^(?:VolumeResize|FileSystemResize)/.test(reason ?? ''));
    const resizing = conditions.find(({ type, status }) => type === 'Resizing' && status === 'True');
    const told = event?.reason === 'VolumeResizeFailed' && resizing !== undefined ? event : undefined;
    const pending = conditionOf(conditions, 'FileSystemResizePending');
    const since = sinceMs(snapshot, pending?.lastTransitionTime) ?? 0;
    // Without a pod nobody can let it grow, and that is no fault.
    const mounted = usersOfClaim(claim.metadata, snapshot).some(({ ready }) => ready > 0);
    const late = pending?.status === 'True' && mounted && since > growingMs;
    if (failed === undefined && infeasible === undefined && told === undefined && !late) return [];
    const requested = claim.spec.resources?.requests?.['storage'];
    return [
      {
        code: 'CLAIM_NOT_RESIZED',
        severity: 'warning',
        object: refOf(claim),
        summary: late ? 'its volume has grown, its file system has not' : 'it could not be given more room',
        evidence: [
          quoteField('spec.resources.requests.storage', requested),
          quoteField('status.capacity.storage', claim.status?.capacity?.['storage']),
          ...(failed === undefined
            ? []
            : [quoteField(failed.type, failed.message ?? failed.reason ?? 'True')]),
          ...(told === undefined ? [] : [quoteEvent(told)]),
        ],
        confidence: 'certain',
        fixes: [],
        question: 'Can the storage behind make a volume of that size?',
        depth: 2,
      },
    ];
  });
}
