import { expect, test } from 'vitest';
import { rolesAnalyzer } from '../../../../src/diagnosis/analyzers/access/roles.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';

const analyze = (...documents: string[]) => rolesAnalyzer.analyze(snapshotOf(documents.join('---')));

const role = (...rules: string[]) => `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: shop}
rules: [${rules.join(', ')}]
`;

const binding = `
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: b, namespace: shop}
roleRef: {kind: Role, name: reader}
subjects: [{kind: ServiceAccount, name: api, namespace: shop}]
`;

test('deployments in the core group are given by nobody, and the right group is added', () => {
  expect(
    analyze(role("{apiGroups: [''], resources: [pods, deployments], verbs: [get]}"), binding),
  ).toMatchObject([
    {
      code: 'ROLE_GROUP_WRONG',
      severity: 'warning',
      summary: 'deployments are in group apps, not in the core group',
      fixes: [
        {
          tool: 'k8s_patch',
          arguments: { patch: '[{"op":"add","path":"/rules/0/apiGroups/-","value":"apps"}]' },
        },
      ],
    },
  ]);
});

test('resources of one rule that lack the same group get it once', () => {
  const [found] = analyze(
    role("{apiGroups: [''], resources: [deployments, deployments/scale, statefulsets], verbs: [get]}"),
    binding,
  );
  expect(found?.fixes).toMatchObject([
    {
      does: 'Name them as the server does: apps',
      arguments: { patch: '[{"op":"add","path":"/rules/0/apiGroups/-","value":"apps"}]' },
    },
  ]);
});

test.each([
  [
    '{apiGroups: [extensions], resources: [ingresses], verbs: [get]}',
    'ingresses are in group networking.k8s.io, not in extensions',
  ],
  [
    '{apiGroups: [apps/v1], resources: [deployments/scale], verbs: [get]}',
    'deployments are in group apps, not in apps/v1',
  ],
  ['{apiGroups: [apps], resources: [pods], verbs: [get]}', 'pods are in the core group, not in apps'],
  ['{apiGroups: [app], resources: [deployments], verbs: [get]}', 'deployments are in group apps, not in app'],
  ["{apiGroups: [''], resources: [pod], verbs: [get]}", 'there is no resource pod; it is pods'],
  [
    '{apiGroups: [apps], resources: [Deployment], verbs: [get]}',
    'there is no resource Deployment; it is deployments',
  ],
])('%s gives nothing', (rule, summary) => {
  expect(analyze(role(rule), binding)).toMatchObject([{ summary, severity: 'warning' }]);
});

test.each([
  [["{apiGroups: ['', apps], resources: [pods, deployments], verbs: [get]}"]],
  [["{apiGroups: ['*'], resources: [deployments], verbs: [get]}"]],
  [["{apiGroups: [''], resources: ['*', 'pods/log'], verbs: [get]}"]],
  [['{apiGroups: [traefik.io], resources: [ingresses], verbs: [get]}']],
  [
    [
      '{apiGroups: [extensions], resources: [ingresses], verbs: [get]}',
      "{apiGroups: [networking.k8s.io], resources: ['*'], verbs: [get, list]}",
    ],
  ],
  [['{apiGroups: [events.k8s.io], resources: [events], verbs: [get]}']],
  [['{nonResourceURLs: [/metrics], verbs: [get]}']],
])('%j gives what it says', rules => {
  const custom = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: ingresses.traefik.io}
spec: {group: traefik.io, scope: Namespaced, names: {kind: Ingress, plural: ingresses}}
`;
  expect(analyze(role(...rules), binding, custom)).toEqual([]);
});

test('a role that nobody is given is a note', () => {
  expect(analyze(role("{apiGroups: [''], resources: [deployments], verbs: [get]}"))).toMatchObject([
    { severity: 'note' },
  ]);
});
