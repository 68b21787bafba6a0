import type { JsonObject } from '../../core/json.ts';
import { boundRole } from '../../kubernetes/access-grants.ts';
import { rightsBeyond } from '../../kubernetes/access-rights.ts';
import { ownRulesOf } from '../../kubernetes/access-rules.ts';
import { isKind } from '../../kubernetes/kinds.ts';
import { isAllowed, rulesFor } from '../authorize.ts';
import { viewOf } from '../cluster.ts';
import { forbidden, notFound } from '../status.ts';
import type { User } from '../user.ts';
import type { Admission, AdmissionPlugin } from './plugin.ts';

const group = 'rbac.authorization.k8s.io';

/** Nobody grants what they may not do themselves, unless they may `escalate` roles or `bind` the one in question. */
export const escalation: AdmissionPlugin = {
  complete(admission) {
    const { resource, object, user } = admission;
    if (resource.group !== group || user === undefined || user.groups.includes('system:masters'))
      return object;
    const granted = grantedBy(admission, user);
    const held = rulesFor(admission.cluster, { user, namespace: object.metadata.namespace });
    const missing = rightsBeyond(held, granted);
    if (missing.length === 0) return object;
    const groups = user.groups.map(each => JSON.stringify(each)).join(' ');
    const why = `user ${JSON.stringify(user.name)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${missing.join('\n')}`;
    throw forbidden(resource, { name: object.metadata.name, why });
  },
};

/** The rules that a write would grant anew. */
function grantedBy({ cluster, resource, object, live }: Admission, user: User): JsonObject[] {
  const { name, namespace } = object.metadata;
  const may = (verb: string, to: { resource: string; name: string }): boolean =>
    isAllowed(cluster, { user, access: { verb, group, namespace, ...to } });
  if (!resource.kind.endsWith('Binding')) {
    const isNew = JSON.stringify(live?.['rules']) !== JSON.stringify(object['rules']);
    if (!isNew || may('escalate', { resource: resource.plural, name })) return [];
    return ownRulesOf(object);
  }
  if (!isKind(object, 'RoleBinding') && !isKind(object, 'ClusterRoleBinding')) return [];
  const { kind, name: roleName } = object.roleRef;
  if (live !== undefined && JSON.stringify(live['subjects']) === JSON.stringify(object.subjects)) return [];
  if (may('bind', { resource: kind === 'Role' ? 'roles' : 'clusterroles', name: roleName })) return [];
  const role = boundRole(object, viewOf(cluster));
  if (role !== undefined) return ownRulesOf(role);
  // The real server, too, names the role as if it were a binding.
  throw notFound(resource, roleName);
}
