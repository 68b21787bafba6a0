import { expect, test } from 'vitest';
import { helmReleasesAnalyzer } from '../../../../src/diagnosis/analyzers/cluster/helm-releases.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';

const record = (version: number, status: string, created = '11:00:00') => `
apiVersion: v1
kind: Secret
type: helm.sh/release.v1
metadata:
  name: sh.helm.release.v1.web.v${version}
  namespace: shop
  creationTimestamp: '2026-11-21T${created}Z'
  labels: {name: web, owner: helm, status: ${status}, version: '${version}'}
`;

const analyze = (...documents: string[]) => helmReleasesAnalyzer.analyze(snapshotOf(documents.join('---')));

test('a release whose newest revision failed is told with the one that stands, and depends on its workloads', () => {
  const workload = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, annotations: {meta.helm.sh/release-name: web}}
spec: {selector: {}, template: {spec: {containers: []}}}
`;
  expect(analyze(record(9, 'deployed'), record(10, 'failed'), workload)).toMatchObject([
    {
      code: 'HELM_RELEASE_FAILED',
      object: { kind: 'Secret', name: 'sh.helm.release.v1.web.v10' },
      cause: 'what stands is meant to be revision 9',
      dependsOn: [{ kind: 'Deployment', name: 'web' }],
    },
  ]);
});

test('a failure that a later upgrade mended is past', () => {
  expect(analyze(record(1, 'superseded'), record(2, 'failed'), record(3, 'deployed'))).toEqual([]);
});

test.each(['pending-install', 'pending-upgrade', 'pending-rollback', 'uninstalling'])(
  '%s is a finding only after a while',
  status => {
    expect(analyze(record(2, status))).toMatchObject([
      { code: 'HELM_RELEASE_STUCK', summary: `release web has been ${status} for 60m, at revision 2` },
    ]);
    expect(analyze(record(2, status, '11:50:00'))).toEqual([]);
  },
);

test('Secrets that only look like a record are left alone', () => {
  expect(analyze(record(2, 'failed').replace("version: '2'", 'version: two'))).toEqual([]);
  expect(
    analyze(record(2, 'failed').replace('helm.sh/release.v1', 'Opaque').replace('owner: helm', 'owner: me')),
  ).toEqual([]);
});

test('records in ConfigMaps, and such that only a label dates, are read as well', () => {
  const dated = record(2, 'pending-upgrade')
    .replace("creationTimestamp: '2026-11-21T11:00:00Z'", 'annotations: {}')
    .replace('owner: helm', "owner: helm, modifiedAt: '1795255200'")
    .replace('kind: Secret', 'kind: ConfigMap')
    .replace('type: helm.sh/release.v1', '');
  expect(analyze(dated)).toMatchObject([{ code: 'HELM_RELEASE_STUCK', object: { kind: 'ConfigMap' } }]);
});
