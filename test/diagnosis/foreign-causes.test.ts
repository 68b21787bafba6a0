import { expect, test } from 'vitest';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { deployment, service } from '../support/network-objects.ts';
import { snapshotOf } from '../support/snapshot-of.ts';

const pod = `---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web-1, namespace: shop, uid: rs, annotations: {deployment.kubernetes.io/revision: "1"}, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: shop-web, controller: true}]}
spec: {replicas: 2, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web}]}}}
---
apiVersion: v1
kind: Pod
metadata: {name: web-1-a, namespace: shop, uid: p, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-1, uid: rs, controller: true}]}
spec: {nodeName: n1, containers: [{name: web, image: 'shop/web:1'}]}
status:
  phase: Running
  containerStatuses:
    - {name: web, image: 'shop/web:1', imageID: x, ready: false, restartCount: 9, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 1, reason: Error, startedAt: '2026-11-21T11:59:30Z', finishedAt: '2026-11-21T11:59:40Z'}}}
`;
const database = (namespace: string) =>
  service('db', { namespace }) + deployment('db', { namespace, replicas: 0, status: '{replicas: 0}' });

/** What is told of a crash whose log says that a database of a namespace does not answer. */
function codes(namespace: string, container: string): string[] {
  const web = deployment('web', { container, status: '{replicas: 2, readyReplicas: 0}' });
  const line = `FATAL dial tcp: connect to db.${namespace}:80: connection refused`;
  const logs = new Map([['shop/web-1-a/web', { lines: [line], previous: true }]]);
  return diagnose(snapshotOf(web + pod + database(namespace), { logs })).findings.map(
    ({ code, object }) => `${code} ${object.name}`,
  );
}
const crash = 'CRASH_LOOP web';

test('what a log alone names in another namespace explains nothing: its clients have it say what they like', () => {
  expect(codes('evil', 'ports: []')).toContain(crash);
  expect(codes('evil', 'ports: []').length).toBeGreaterThan(1);
});

test('what its settings lead to explains it, and so does what a log names in its own namespace', () => {
  const setting = 'env: [{name: DB_URL, value: "http://db.data:80"}]';
  for (const told of [codes('data', setting), codes('shop', 'ports: []')]) {
    expect(told.length).toBeGreaterThan(0);
    expect(told).not.toContain(crash);
  }
});
