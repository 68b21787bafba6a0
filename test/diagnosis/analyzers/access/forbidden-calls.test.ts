import { expect, test } from 'vitest';
import { bindingsAnalyzer } from '../../../../src/diagnosis/analyzers/access/bindings.ts';
import { forbiddenCallsAnalyzer } from '../../../../src/diagnosis/analyzers/access/forbidden-calls.ts';
import { rolesAnalyzer } from '../../../../src/diagnosis/analyzers/access/roles.ts';
import { fold } from '../../../../src/diagnosis/fold.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';

const refusal = (user = 'system:serviceaccount:shop:api', what = 'list resource "pods" in API group ""') =>
  `pods is forbidden: User "${user}" cannot ${what} in the namespace "shop"`;

const world = `
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: shop}
spec: {serviceAccountName: api, containers: [{name: main}]}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: api, namespace: shop}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
`;

const grant = (rule: string) => `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: shop}
rules: [${rule}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: b, namespace: shop}
roleRef: {kind: Role, name: reader}
subjects: [{kind: ServiceAccount, name: api, namespace: shop}]
`;

function look(lines: readonly string[], more = '') {
  const logs = new Map([['shop/p/main', { lines, previous: false }]]);
  return snapshotOf(more === '' ? world : `${world}---${more}`, { logs });
}

test('a call that was refused is told of the account, with the right that is missing as the question', () => {
  expect(forbiddenCallsAnalyzer.analyze(look(['starting', refusal()]))).toMatchObject([
    {
      code: 'CALLS_FORBIDDEN',
      severity: 'critical',
      confidence: 'certain',
      object: { kind: 'ServiceAccount', name: 'api', namespace: 'shop' },
      summary: 'it may not list pods in shop',
      cause: 'Pod/p runs as it',
      question: 'Is it to have the right to list pods in shop? Then a role has to give it.',
      breaks: [{ kind: 'Pod', name: 'p' }],
    },
  ]);
});

test('lines of JSON are read, and many refusals of one account are one finding', () => {
  const json = JSON.stringify({
    error: refusal(undefined, 'watch resource "deployments" in API group "apps"'),
  });
  expect(forbiddenCallsAnalyzer.analyze(look([refusal(), json, refusal()]))).toMatchObject([
    { summary: 'it may not list pods in shop; watch deployments of apps in shop' },
  ]);
});

test('a right that the account has by now, and a refusal of somebody else, are no findings', () => {
  const now = grant("{apiGroups: [''], resources: [pods], verbs: [list]}");
  expect(forbiddenCallsAnalyzer.analyze(look([refusal()], now))).toEqual([]);
  expect(forbiddenCallsAnalyzer.analyze(look([refusal('system:serviceaccount:shop:other')]))).toEqual([]);
  expect(forbiddenCallsAnalyzer.analyze(look([refusal('alice')]))).toEqual([]);
});

test('where roles cannot be read the refusal is likely to hold', () => {
  const logs = new Map([['shop/p/main', { lines: [refusal()], previous: false }]]);
  const snapshot = snapshotOf(world, { logs, unread: [{ kind: 'Role', why: 'not allowed' }] });
  expect(forbiddenCallsAnalyzer.analyze(snapshot)).toMatchObject([{ confidence: 'likely' }]);
});

test.each([
  [grant('{apiGroups: [apps], resources: [pods], verbs: [list]}'), 'ROLE_GROUP_WRONG'],
  [grant("{apiGroups: [''], resources: [pod], verbs: [list]}"), 'ROLE_RESOURCE_WRONG'],
  [
    grant("{apiGroups: [''], resources: [pods], verbs: [list]}").replace(
      '{kind: Role, name: reader}',
      '{kind: Role, name: writer}',
    ),
    'BINDING_ROLE_MISSING',
  ],
  [
    grant("{apiGroups: [''], resources: [pods], verbs: [list]}").replace(
      '{kind: ServiceAccount, name: api, namespace: shop}',
      '{kind: User, name: "system:serviceaccount:api"}',
    ),
    'BINDING_SUBJECT_WRONG',
  ],
  [
    grant("{apiGroups: [''], resources: [pods], verbs: [list]}").replace('name: api', 'name: apii'),
    'BINDING_SUBJECT_MISSING',
  ],
])('a role or binding that is wrong explains the refusal', (rights, code) => {
  const snapshot = look([refusal()], rights);
  const drafts = [forbiddenCallsAnalyzer, rolesAnalyzer, bindingsAnalyzer].flatMap(each =>
    each.analyze(snapshot),
  );
  expect(fold(drafts, snapshot)).toMatchObject([
    { code, severity: 'critical', explains: ['ServiceAccount/api in shop (CALLS_FORBIDDEN)'] },
  ]);
});
