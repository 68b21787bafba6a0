import { expect, test } from 'vitest';
import { claimsAnalyzer } from '../../../src/diagnosis/analyzers/claims.ts';
import { snapshotOf } from '../../support/snapshot-of.ts';

const claim = `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: shop}
spec: {storageClassName: fast}
status: {phase: Pending}
`;

test('a claim whose class could not make a volume is told with the words of the provisioner', () => {
  const [found] = claimsAnalyzer.analyze(
    snapshotOf(`${claim}---
apiVersion: v1
kind: Event
metadata: {name: e, namespace: shop}
involvedObject: {kind: PersistentVolumeClaim, name: data, namespace: shop}
type: Warning
reason: ProvisioningFailed
message: 'storageclass.storage.k8s.io "fast" not found'
`),
  );
  expect(found).toMatchObject({
    code: 'VOLUME_NOT_PROVISIONED',
    object: { kind: 'PersistentVolumeClaim', name: 'data', namespace: 'shop' },
    evidence: ['ProvisioningFailed: storageclass.storage.k8s.io "fast" not found'],
  });
});

test('a claim that waits for its first consumer is no finding', () => {
  expect(claimsAnalyzer.analyze(snapshotOf(claim))).toEqual([]);
});
