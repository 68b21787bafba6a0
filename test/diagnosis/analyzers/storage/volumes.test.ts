import { expect, test } from 'vitest';
import { claimsAnalyzer } from '../../../../src/diagnosis/analyzers/storage/claims.ts';
import { volumesAnalyzer } from '../../../../src/diagnosis/analyzers/storage/volumes.ts';
import { fold } from '../../../../src/diagnosis/fold.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';

const analyze = (...documents: string[]) => volumesAnalyzer.analyze(snapshotOf(documents.join('---')));

const claim = (rest: string, spec = "{storageClassName: '', accessModes: [ReadWriteOnce]}") => `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: shop, uid: new, creationTimestamp: '2026-11-21T10:00:00Z'}
spec: ${spec}
status: ${rest}
`;

const released = `
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
spec: {accessModes: [ReadWriteOnce], claimRef: {namespace: shop, name: data, uid: old}}
status: {phase: Released, lastPhaseTransitionTime: '2026-11-21T10:05:00Z'}
`;

test('a volume that is kept for an earlier claim explains the present one, and is given to it', () => {
  const snapshot = snapshotOf([claim('{phase: Pending}'), released].join('---'));
  const findings = fold(
    [...claimsAnalyzer.analyze(snapshot), ...volumesAnalyzer.analyze(snapshot)],
    snapshot,
  );
  expect(findings).toMatchObject([
    {
      code: 'VOLUME_RELEASED',
      object: { kind: 'PersistentVolume', name: 'disk' },
      fixes: [{ arguments: { patch: '[{"op":"remove","path":"/spec/claimRef/uid"}]', type: 'json' } }],
      explains: ['PersistentVolumeClaim/data in shop (CLAIM_NO_VOLUME_FITS)'],
    },
  ]);
});

test.each([
  ['after it', '2026-11-21T09:00:00Z'],
  ['nobody knows when', 'soon'],
])('the data of a volume is not offered to a claim that was made %s', (_, releasedAt) => {
  const kept = released.replace('2026-11-21T10:05:00Z', releasedAt);
  expect(analyze(claim('{phase: Pending}'), kept)).toMatchObject([
    {
      code: 'VOLUME_RELEASED',
      fixes: [],
      question: 'May the present claim have the data that the earlier one left?',
    },
  ]);
});

test('a released volume that nobody waits for is as it should be', () => {
  expect(analyze(released)).toEqual([]);
  // Its name was given to a claim that has a volume of its own.
  expect(analyze(claim('{phase: Bound}'), released)).toEqual([]);
});

test('a volume that could not be taken back is told with the message of the cluster', () => {
  const failed = released.replace('phase: Released,', 'phase: Failed, message: disk is busy,');
  expect(analyze(failed)).toMatchObject([
    {
      code: 'VOLUME_FAILED',
      severity: 'warning',
      evidence: ['status.phase: Failed', 'status.message: disk is busy'],
    },
  ]);
});

test('a resize that failed is a finding, one under way is none', () => {
  const resized = (conditions: string) =>
    analyze(
      claim(
        `{phase: Bound, capacity: {storage: 1Gi}, conditions: [${conditions}]}`,
        '{resources: {requests: {storage: 2Gi}}}',
      ),
    );
  expect(resized("{type: ControllerResizeError, status: 'True', message: too large}")).toMatchObject([
    {
      code: 'CLAIM_NOT_RESIZED',
      evidence: [
        'spec.resources.requests.storage: 2Gi',
        'status.capacity.storage: 1Gi',
        'ControllerResizeError: too large',
      ],
    },
  ]);
  expect(
    resized("{type: FileSystemResizePending, status: 'True', lastTransitionTime: '2026-11-21T09:00:00Z'}"),
  ).toEqual([]);
});
