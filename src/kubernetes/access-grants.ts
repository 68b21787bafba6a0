import type { JsonObject } from '../core/json.ts';
import { type Identity, isSubject, rulesOf } from './access-rules.ts';
import type { ClusterRoleBinding, RoleBinding } from './kinds/access.ts';
import { ofKind } from './kinds.ts';
import type { KubeObject } from './object.ts';
import type { ObjectView } from './object-view.ts';

/** A rule and where somebody has it from. */
export interface RoleGrant {
  rule: JsonObject;
  /** `RoleBinding "r/shop" of Role "r" to User "bob"`. */
  from: string;
}

/** The rules that hold for somebody: cluster-wide ones, and those of one namespace when it is named. */
export function grantsFor(
  identity: Identity,
  { view, namespace }: { view: ObjectView; namespace?: string | undefined },
): RoleGrant[] {
  const bindings = [
    ...ofKind(view.list('ClusterRoleBinding'), 'ClusterRoleBinding'),
    ...(namespace ? ofKind(view.list('RoleBinding', namespace), 'RoleBinding') : []),
  ];
  return bindings.flatMap(binding => {
    const subject = boundSubject(binding, identity);
    const role = subject === undefined ? undefined : boundRole(binding, view);
    if (role === undefined) return [];
    const { metadata, kind } = binding;
    const place = metadata.namespace === undefined ? '' : `/${metadata.namespace}`;
    const from = `${kind} "${metadata.name}${place}" of ${role.kind} "${role.metadata.name}" to ${subject}`;
    return rulesOf(role, view.list('ClusterRole')).map(rule => ({ rule, from }));
  });
}

/** The role that a binding names; undefined when there is none of that name. */
export function boundRole(
  { roleRef: { kind, name }, metadata }: RoleBinding | ClusterRoleBinding,
  view: Pick<ObjectView, 'get'>,
): KubeObject | undefined {
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  if (kind !== 'Role') return view.get({ apiVersion, kind: 'ClusterRole', name });
  return view.get({ apiVersion, kind, name, namespace: metadata.namespace ?? '' });
}

/** The subject of a binding that somebody is: `User "bob"`. */
function boundSubject(
  { subjects = [] }: RoleBinding | ClusterRoleBinding,
  identity: Identity,
): string | undefined {
  const found = subjects.find(subject => isSubject(subject, identity));
  if (found === undefined) return undefined;
  const { kind, name, namespace } = found;
  return `${kind} "${name}${kind === 'ServiceAccount' ? `/${namespace}` : ''}"`;
}
