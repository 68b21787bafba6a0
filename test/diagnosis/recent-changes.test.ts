import { expect, test } from 'vitest';
import type { Finding } from '../../src/core/finding.ts';
import { withRecentChanges } from '../../src/diagnosis/recent-changes.ts';
import { snapshotOf } from '../support/snapshot-of.ts';

const set = (revision: number, made: string, container: string) => `
apiVersion: apps/v1
kind: ReplicaSet
metadata:
  name: web-${revision}
  namespace: shop
  uid: r${revision}
  creationTimestamp: '2026-11-21T${made}Z'
  annotations: {deployment.kubernetes.io/revision: '${revision}'}
  ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: d, controller: true}]
spec: {selector: {}, template: {spec: {containers: [${container}]}}}
`;

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, uid: d, creationTimestamp: '2026-11-01T00:00:00Z'}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: main, envFrom: [{configMapRef: {name: flags}}]}]}}
`;

const pod = (made: string, owner = 2, more = '') => `
apiVersion: v1
kind: Pod
metadata:
  name: web-${owner}-a
  namespace: shop
  creationTimestamp: '2026-11-21T${made}Z'
  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-${owner}, uid: r${owner}, controller: true}]
spec: {containers: []}
status: {phase: Pending${more}}
`;

const flags = (time: string) => `
apiVersion: v1
kind: ConfigMap
metadata:
  name: flags
  namespace: shop
  creationTimestamp: '2026-11-01T00:00:00Z'
  managedFields: [{manager: kubectl-edit, operation: Update, time: '2026-11-21T${time}Z'}]
`;

const old = set(1, '09:00:00', '{name: main, image: "shop/web:1.4", env: [{name: A, value: x}]}');
const now = set(2, '11:30:00', '{name: main, image: "shop/web:1.5", env: [{name: A, value: y}]}');
const web = { kind: 'Deployment', name: 'web', namespace: 'shop' };

function causeOf(
  documents: readonly string[],
  {
    object = web,
    changes = [],
    cause,
  }: Partial<{ object: Finding['object']; changes: object[]; cause: string }> = {},
) {
  const finding: Finding = {
    code: 'CRASH_LOOP',
    severity: 'critical',
    object,
    summary: 's',
    evidence: [],
    confidence: 'certain',
    fixes: [],
    ...(cause === undefined ? {} : { cause }),
  };
  const recorded = changes.map(each => ({
    id: 'c1',
    tool: 'k8s_set',
    summary: 'image main=shop/web:1.5',
    startedAt: '2026-11-21T11:31:30Z',
    finishedAt: '2026-11-21T11:33:00Z',
    targets: [web],
    changedSince: [],
    ...each,
  }));
  return withRecentChanges([finding], snapshotOf(documents.join('---'), { changes: recorded }))[0]?.cause;
}

test('what began after a rollout says after which, and what was other in it', () => {
  expect(causeOf([deployment, old, now, pod('11:32:00')])).toBe(
    'began 2m after revision 2 (image shop/web:1.4 → 1.5, env A)',
  );
});

test('what shows in the second of the change came with it', () => {
  expect(causeOf([deployment, old, now, pod('11:30:00')])).toBe(
    'began with revision 2 (image shop/web:1.4 → 1.5, env A)',
  );
});

test('values of variables are never quoted', () => {
  expect(causeOf([deployment, old, now, pod('11:32:00')])).not.toMatch(/[xy]\)/);
});

test('what began before the rollout, or long after it, did not begin with it', () => {
  expect(causeOf([deployment, old, now, pod('11:10:00', 1), pod('11:32:00')])).toBeUndefined();
  const late = ", conditions: [{type: Ready, status: 'False', lastTransitionTime: '2026-11-21T12:10:00Z'}]";
  expect(causeOf([deployment, old, now, pod('11:30:00', 2, late)])).toBeUndefined();
});

test('the newest change counts: a ConfigMap that was written after the rollout', () => {
  expect(causeOf([deployment, old, now, flags('11:31:30'), pod('11:32:00')])).toBe(
    'began 30s after ConfigMap/flags was written (by kubectl-edit)',
  );
});

test('a fault of configuration is told with the change of that configuration', () => {
  const object = { kind: 'ConfigMap', name: 'flags', namespace: 'shop' };
  expect(causeOf([deployment, old, flags('11:31:00'), pod('11:32:00', 1)], { object })).toBe(
    'began 60s after ConfigMap/flags was written (by kubectl-edit)',
  );
});

test('what was installed together with the workload did not change', () => {
  const young = deployment.replace('2026-11-01T00:00:00Z', '2026-11-21T11:31:00Z');
  expect(
    causeOf([young, set(1, '11:31:00', '{name: main}'), flags('11:31:01'), pod('11:31:05', 1)]),
  ).toBeUndefined();
});

test('a recorded change is named even where it was verified after the fault had begun', () => {
  expect(causeOf([deployment, old, now, pod('11:32:00')], { changes: [{}] })).toBe(
    'began with change c1 (k8s_set on Deployment/web in shop: image main=shop/web:1.5)',
  );
  expect(
    causeOf([deployment, old, pod('11:32:00', 1)], { changes: [{ finishedAt: '2026-11-21T11:58:00Z' }] }),
  ).toBeUndefined();
});

test('a repair that came after the fault is not blamed for it, and does not hide the change before', () => {
  const repair = { id: 'c2', startedAt: '2026-11-21T11:34:00Z', finishedAt: '2026-11-21T11:35:00Z' };
  const failing = [deployment, old, pod('11:32:00', 1)];
  expect(causeOf(failing, { changes: [repair] })).toBeUndefined();
  const before = { startedAt: '2026-11-21T11:30:00Z', finishedAt: '2026-11-21T11:31:00Z' };
  expect(causeOf(failing, { changes: [repair, before] })).toBe(
    'began 60s after change c1 (k8s_set on Deployment/web in shop: image main=shop/web:1.5)',
  );
});

test('a cause that is known stays, and times that are none are survived', () => {
  expect(causeOf([deployment, old, now, pod('11:32:00')], { cause: 'known' })).toBe('known');
  expect(causeOf([deployment, old, set(2, 'xx', '{name: main}'), pod('yy')])).toBeUndefined();
});

test('a well pod began nothing', () => {
  expect(
    causeOf([deployment, old, now, pod('11:32:00', 2, ", conditions: [{type: Ready, status: 'True'}]")]),
  ).toBeUndefined();
});
