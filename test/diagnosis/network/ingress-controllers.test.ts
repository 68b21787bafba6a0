import { expect, test } from 'vitest';
import { diagnose } from '../../../src/diagnosis/diagnose.ts';
import { deployment, service } from '../../support/network-objects.ts';
import { snapshotOf } from '../../support/snapshot-of.ts';

const ingressOf = (backend: string) => `---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx}
spec: {controller: k8s.io/ingress-nginx}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: api, namespace: shop, creationTimestamp: "2026-11-01T00:00:00Z"}
spec:
  ingressClassName: nginx
  rules: [{host: a.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: ${backend}, port: {number: 80}}}}]}}]
`;
const api = deployment('api') + service('api') + deployment('orders') + service('orders');
const down = { replicas: 1, status: '{replicas: 1, readyReplicas: 0}' };
const near = (name: string, more: object) => deployment(name, { namespace: 'ingress', ...more });
const rights = `---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: ingress-nginx}
rules: [{apiGroups: [networking.k8s.io], resources: [ingresses/status], verbs: [update]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: ingress-nginx}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ingress-nginx}
subjects: [{kind: ServiceAccount, name: default, namespace: ingress}]
`;
const verdicts = (documents: string) =>
  diagnose(snapshotOf(api + documents)).findings.map(
    ({ code, object, severity, confidence }) => `${code} ${object.namespace} ${severity} ${confidence}`,
  );
const misspelt = ingressOf('ordres');

test('is known by what its account may do, and explains what it serves', () => {
  expect(verdicts(near('ingress-nginx', down) + rights + misspelt)).toContain(
    'INGRESS_CONTROLLER_DOWN ingress critical certain',
  );
});

test('is not hidden by a pod of another namespace that has its labels, and runs', () => {
  const decoy = deployment('ingress-nginx', { namespace: 'evil' });
  for (const known of [rights, ''])
    expect(verdicts(near('ingress-nginx', down) + decoy + known + ingressOf('api'))[0]).toMatch(
      /^INGRESS_CONTROLLER_DOWN ingress /,
    );
});

test('by its labels alone is likely, and explains nothing of another namespace', () => {
  const decoy = deployment('ingress-nginx', { namespace: 'evil', ...down });
  expect(verdicts(decoy + misspelt)).toEqual([
    'INGRESS_BACKEND_MISSING shop critical certain',
    'INGRESS_CONTROLLER_DOWN evil warning likely',
  ]);
  expect(verdicts(decoy + near('ingress-nginx', {}) + rights + ingressOf('api'))).toEqual([]);
});
