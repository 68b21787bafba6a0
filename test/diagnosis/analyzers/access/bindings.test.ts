import { expect, test } from 'vitest';
import { bindingsAnalyzer } from '../../../../src/diagnosis/analyzers/access/bindings.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';

const analyze = (...documents: string[]) => bindingsAnalyzer.analyze(snapshotOf(documents.join('---')));

const binding = (subject: string, role = '{kind: Role, name: reader}', labels = '{}') => `
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: b, namespace: shop, labels: ${labels}}
roleRef: ${role}
subjects: [${subject}]
`;

const object = (kind: string, name: string, place = ', namespace: shop') => `
apiVersion: ${kind === 'ServiceAccount' || kind === 'Namespace' ? 'v1' : 'rbac.authorization.k8s.io/v1'}
kind: ${kind}
metadata: {name: ${name}${place}}
`;

const role = object('Role', 'reader');
const account = object('ServiceAccount', 'api');
const shop = object('Namespace', 'shop', '');
const api = '{kind: ServiceAccount, name: api, namespace: shop}';

test('a binding of a role that is there to an account that is there is well', () => {
  expect(analyze(binding(api), role, account, shop)).toEqual([]);
});

test('a binding of no role is found, with the role of the other kind that has its name', () => {
  expect(analyze(binding(api), object('ClusterRole', 'reader', ''), account)).toMatchObject([
    {
      code: 'BINDING_ROLE_MISSING',
      object: { kind: 'RoleBinding', name: 'b', namespace: 'shop' },
      cause: 'there is a ClusterRole of this name, and the binding names a Role',
      dependsOn: [{ kind: 'Role', name: 'reader', namespace: 'shop' }],
    },
  ]);
  expect(
    analyze(binding(api, '{kind: ClusterRole, name: veiw}'), object('ClusterRole', 'view', ''), account),
  ).toMatchObject([{ code: 'BINDING_ROLE_MISSING', cause: 'there is ClusterRole view' }]);
});

test('what the server binds by itself, and roles that could not be read, say nothing', () => {
  expect(
    analyze(binding(api, '{kind: Role, name: x}', '{kubernetes.io/bootstrapping: rbac-defaults}')),
  ).toEqual([]);
  const blind = snapshotOf([binding(api), account].join('---'), {
    unread: [{ kind: 'Role', why: 'not allowed' }],
  });
  expect(bindingsAnalyzer.analyze(blind)).toEqual([]);
});

test('an account that does not exist is offered the one of a near name', () => {
  expect(
    analyze(
      binding('{kind: ServiceAccount, name: reportr, namespace: shop}'),
      role,
      object('ServiceAccount', 'reporter'),
      shop,
    ),
  ).toMatchObject([
    {
      code: 'BINDING_SUBJECT_MISSING',
      severity: 'warning',
      fixes: [{ arguments: { patch: '[{"op":"replace","path":"/subjects/0/name","value":"reporter"}]' } }],
    },
  ]);
});

test('rights are not offered to an account whose name only begins the same', () => {
  const other = object('ServiceAccount', 'api-controller');
  const [found] = analyze(binding('{kind: ServiceAccount, name: api, namespace: shop}'), role, other, shop);
  expect(found).toMatchObject({ code: 'BINDING_SUBJECT_MISSING', fixes: [] });
});

test('an account of a namespace that is gone is a note', () => {
  const found = analyze(binding('{kind: ServiceAccount, name: api, namespace: old}'), role, shop);
  expect(found).toMatchObject([{ code: 'BINDING_SUBJECT_MISSING', severity: 'note' }]);
});

const user = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec: {selector: {}, template: {spec: {serviceAccountName: api, containers: []}}}
`;

test.each([
  ['{kind: ServiceAccount, name: "system:serviceaccount:shop:api", namespace: shop}'],
  ['{kind: Group, name: "system:serviceaccount:shop:api"}'],
  ['{kind: User, name: "system:serviceaccount:api"}'],
  ['{kind: ServiceAccount, name: api}'],
])('%s means an account and does not name it', subject => {
  const found = analyze(binding(subject), role, account, user, shop);
  expect(found).toMatchObject([
    {
      code: 'BINDING_SUBJECT_WRONG',
      fixes: [
        {
          arguments: {
            patch:
              '[{"op":"replace","path":"/subjects/0","value":{"kind":"ServiceAccount","name":"api","namespace":"shop"}}]',
          },
        },
      ],
    },
  ]);
});

test.each([
  ['{kind: User, name: "system:serviceaccount:shop:api"}'],
  ['{kind: User, name: alice}'],
  ['{kind: Group, name: "system:serviceaccounts:shop"}'],
  ['{kind: User, name: default}'],
])('%s is named as it should be', subject => {
  expect(analyze(binding(subject), role, account, user, shop, object('ServiceAccount', 'default'))).toEqual(
    [],
  );
});

test('a role of another namespace, and a reference to another group, are told as what they are', () => {
  const other = object('Role', 'reader', ', namespace: other');
  expect(analyze(binding(api), other, account)).toMatchObject([
    { cause: 'there is one in namespace other, which a binding here cannot give' },
  ]);
  const grouped = binding(api, '{apiGroup: rbac, kind: Role, name: reader}');
  expect(analyze(grouped, role, account)).toMatchObject([
    { code: 'BINDING_ROLE_MISSING', cause: 'roles are in group rbac.authorization.k8s.io, not in rbac' },
  ]);
});

test('an account that is said to be of the group of roles is not the account', () => {
  const subject = '{kind: ServiceAccount, name: api, namespace: shop, apiGroup: rbac.authorization.k8s.io}';
  expect(analyze(binding(subject), role, account, shop)).toMatchObject([{ code: 'BINDING_SUBJECT_WRONG' }]);
});

test('the rights of a user are never offered to an account that somebody made by the same name', () => {
  expect(analyze(binding('{kind: User, name: api}'), role, account, user, shop)).toMatchObject([
    {
      code: 'BINDING_SUBJECT_WRONG',
      severity: 'note',
      fixes: [],
      question: 'Which service account is meant?',
    },
  ]);
});
