import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { diagnose } from '../../../../src/diagnosis/diagnose.ts';
import { deployment, endpoints, namespace, service } from '../../../support/network-objects.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';

const webhook = ({
  policy = 'Fail',
  client = 'service: {name: guard, namespace: shop}',
  bundle = 'Z2liYmVyaXNo',
} = {}) => `---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: guard}
webhooks:
  - name: pods.guard.dev
    failurePolicy: ${policy}
    clientConfig: {${client}, caBundle: ${bundle}}
    rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
    namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-system]}]}
`;

const guard =
  deployment('guard', { status: '{replicas: 2, readyReplicas: 2}' }) +
  service('guard', { ports: '[{port: 443, targetPort: 8080}]' });
const findings = (documents: string, rest = {}) => diagnose(snapshotOf(documents, rest)).findings;
const found = (documents: string, rest = {}) =>
  findings(documents, rest).map(
    ({ code, severity, object }) => `${severity} ${code} ${object.kind}/${object.name}`,
  );

test.each([
  ['whose pods are ready', webhook() + guard + endpoints('guard', [true])],
  ['by a URL', webhook({ client: 'url: "https://guard.example.com"' })],
])('a webhook %s is well', (_, documents) => {
  expect(found(documents)).toEqual([]);
});

test.each([
  ['without its service', webhook(), 'critical WEBHOOK_SERVICE_MISSING ValidatingWebhookConfiguration/guard'],
  [
    'that may be passed over',
    webhook({ policy: 'Ignore' }),
    'warning WEBHOOK_SERVICE_MISSING ValidatingWebhookConfiguration/guard',
  ],
  [
    'at a port that is not there',
    webhook({ client: 'service: {name: guard, namespace: shop, port: 9443}' }) + guard,
    'critical WEBHOOK_PORT_UNKNOWN ValidatingWebhookConfiguration/guard',
  ],
  [
    'whose program is gone',
    webhook() + service('guard', { ports: '[{port: 443}]' }),
    'critical WEBHOOK_UNREACHABLE ValidatingWebhookConfiguration/guard',
  ],
])('a webhook %s is one finding, found from the spec', (_, documents, expected) => {
  expect(found(documents)).toEqual([expected]);
});

test('a webhook whose pods fail is a sign of them', () => {
  const down =
    deployment('guard', { status: '{replicas: 2, readyReplicas: 0}' }) +
    service('guard', { ports: '[{port: 443, targetPort: 8080}]' }) +
    endpoints('guard', [false, false]);
  const pod = `---
apiVersion: v1
kind: Pod
metadata: {name: guard-1, namespace: shop, creationTimestamp: "2026-11-01T00:00:00Z", ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: guard, uid: shop-guard, controller: true}]}
spec: {nodeName: node-1, containers: [{name: web, image: "shop/guard:9"}]}
status: {phase: Pending, conditions: [{type: PodScheduled, status: "True"}], containerStatuses: [{name: web, ready: false, restartCount: 0, state: {waiting: {reason: ImagePullBackOff, message: 'Back-off pulling image "shop/guard:9": not found'}}}]}
`;
  const [first, ...others] = findings(webhook() + down + pod);
  expect(others).toEqual([]);
  expect(first?.object).toMatchObject({ kind: 'Deployment', name: 'guard' });
  expect(first?.explains?.join()).toContain('WEBHOOK_UNREACHABLE');
});

test('what the webhook keeps from being made folds under it', () => {
  const refused = `---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web-1, namespace: shop, uid: web-1-uid, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: shop-web, controller: true}]}
spec: {replicas: 2, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web}]}}}
status: {replicas: 0}
---
apiVersion: v1
kind: Event
metadata: {name: e, namespace: shop}
involvedObject: {kind: ReplicaSet, name: web-1, namespace: shop}
type: Warning
reason: FailedCreate
lastTimestamp: "2026-11-21T11:59:00Z"
message: 'Error creating: Internal error occurred: failed calling webhook "pods.guard.dev": failed to call webhook: service "guard" not found'
`;
  const failing = deployment('web', {
    status:
      '{replicas: 0, conditions: [{type: ReplicaFailure, status: "True", reason: FailedCreate, message: failed calling webhook "pods.guard.dev"}]}',
  });
  const [first, ...others] = findings(webhook() + failing + refused);
  expect(first?.code).toBe('WEBHOOK_SERVICE_MISSING');
  expect(first?.evidence.join()).toContain('FailedCreate');
  expect(others).toEqual([]);
});

test('a webhook is no finding where services could not be read', () => {
  expect(found(webhook(), { unread: [{ kind: 'Service', why: 'not allowed' }] })).toEqual([]);
});

test('one that judges kube-system is only counted', () => {
  const all = webhook().replace(/ {4}namespaceSelector.*\n/, '');
  const { notes } = diagnose(snapshotOf(all + guard + endpoints('guard', [true]) + namespace('kube-system')));
  expect(notes).toContainEqual(expect.objectContaining({ code: 'WEBHOOK_JUDGES_SYSTEM', count: 1 }));
});

test('an authority that has ended is told, and one that lasts is not', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vigie-ca-'));
  const file = join(folder, 'ca.pem');
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-subj',
      '/CN=ca',
      '-days',
      '1',
      '-keyout',
      join(folder, 'key.pem'),
      '-out',
      file,
    ],
    { stdio: 'ignore' },
  );
  const pem = readFileSync(file);
  rmSync(folder, { recursive: true });
  const documents = webhook({ bundle: pem.toString('base64') }) + guard + endpoints('guard', [true]);
  const madeAt = Date.now();
  expect(diagnose(snapshotOf(documents, { takenAt: new Date(madeAt + 3_600_000) })).findings).toEqual([]);
  expect(
    diagnose(snapshotOf(documents, { takenAt: new Date(madeAt + 30 * 86_400_000) })).findings,
  ).toMatchObject([
    {
      code: 'WEBHOOK_CA_EXPIRED',
      summary: 'the authority of pods.guard.dev ended 29 days ago: its calls fail',
    },
  ]);
});

const refusal = (reason: string, at = '2026-11-21T11:58:00Z') => `---
apiVersion: v1
kind: Event
metadata: {name: e, namespace: shop}
involvedObject: {kind: Deployment, name: web, namespace: shop}
type: Warning
reason: FailedCreate
lastTimestamp: "${at}"
message: 'Error creating: Internal error occurred: failed calling webhook "pods.guard.dev": failed to call webhook: Post "https://guard.shop.svc:443/x?timeout=10s": ${reason}'
`;
const stopped = deployment('web', { status: '{replicas: 0, readyReplicas: 0}' });
const answering = webhook() + guard + endpoints('guard', [true]) + stopped;

test.each([
  [
    'whose certificate the server does not know',
    'tls: failed to verify certificate: x509: certificate signed by unknown authority',
    /caBundle/,
  ],
  ['that the server does not reach', 'context deadline exceeded', /does not answer/],
])('a webhook %s is the finding, for all that it keeps from being made', (_, reason, says) => {
  const all = findings(answering + refusal(reason));
  expect(all).toMatchObject([
    { code: 'WEBHOOK_FAILS', severity: 'critical', object: { kind: 'ValidatingWebhookConfiguration' } },
  ]);
  expect(all[0]?.summary).toMatch(says);
  expect(all[0]?.evidence.join(' ')).toContain(reason.slice(-30));
});

test('a webhook that failed an hour ago may answer since', () => {
  expect(found(answering + refusal('EOF', '2026-11-21T10:58:00Z')).join(' ')).not.toContain('WEBHOOK_FAILS');
});

test('a webhook of a namespace that is gone has no service', () => {
  const gone = webhook({ client: 'service: {name: guard, namespace: policies}' });
  const data = { namespaces: ['shop'] };
  expect(found(namespace('shop') + gone, data)).toEqual([
    'critical WEBHOOK_SERVICE_MISSING ValidatingWebhookConfiguration/guard',
  ]);
});
