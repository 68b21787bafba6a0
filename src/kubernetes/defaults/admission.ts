import { isObject, objectsIn } from '../../core/json.ts';
import { type Fill, type Fills, fillIn, objectAt } from './fill.ts';

const rbacGroup = 'rbac.authorization.k8s.io';

const webhook: Fill = given =>
  fillIn(given, {
    failurePolicy: 'Fail',
    matchPolicy: 'Equivalent',
    namespaceSelector: {},
    objectSelector: {},
    timeoutSeconds: 10,
  });

const roleBinding: Fill = given => fillIn(objectAt(given, 'roleRef'), { apiGroup: rbacGroup });

const httpsPort: Fill = given => fillIn(given, { port: 443 });

export const admissionDefaults: Fills = {
  'admissionregistration.v1.ValidatingWebhook': webhook,
  'admissionregistration.v1.MutatingWebhook': given => {
    webhook(given);
    fillIn(given, { reinvocationPolicy: 'Never' });
  },
  'admissionregistration.v1.RuleWithOperations': given => fillIn(given, { scope: '*' }),
  'admissionregistration.v1.NamedRuleWithOperations': given => fillIn(given, { scope: '*' }),
  'admissionregistration.v1.ServiceReference': httpsPort,
  'admissionregistration.v1.ValidatingAdmissionPolicySpec': given => fillIn(given, { failurePolicy: 'Fail' }),
  'admissionregistration.v1.MutatingAdmissionPolicySpec': given => fillIn(given, { failurePolicy: 'Fail' }),
  'admissionregistration.v1.MatchResources': given =>
    fillIn(given, { matchPolicy: 'Equivalent', namespaceSelector: {}, objectSelector: {} }),
  'apiextensions.v1.ServiceReference': httpsPort,
  'apiregistration.v1.ServiceReference': httpsPort,
  'apiextensions.v1.CustomResourceDefinition': given => {
    const spec = objectAt(given, 'spec');
    const names = objectAt(spec, 'names');
    const kind = typeof names['kind'] === 'string' ? names['kind'] : '';
    if (kind !== '') fillIn(names, { singular: kind.toLowerCase(), listKind: `${kind}List` });
    fillIn(spec, { conversion: { strategy: 'None' } });
    const stored = objectsIn(spec['versions']).find(version => version['storage'] === true);
    const status = isObject(given['status']) ? given['status'] : {};
    if (typeof stored?.['name'] === 'string' && !Array.isArray(status['storedVersions'])) {
      objectAt(given, 'status')['storedVersions'] = [stored['name']];
    }
  },
  'rbac.v1.RoleBinding': roleBinding,
  'rbac.v1.ClusterRoleBinding': roleBinding,
  'rbac.v1.Subject': given => {
    if (given['kind'] === 'User' || given['kind'] === 'Group') fillIn(given, { apiGroup: rbacGroup });
  },
};
