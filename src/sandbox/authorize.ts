import { isObject, type JsonObject } from '../core/json.ts';
import { allows, allowsPath, isSubject, ownRulesOf, type Wanted } from '../kubernetes/access-rules.ts';
import type { ClusterRoleBinding, RoleBinding } from '../kubernetes/kinds/access.ts';
import { ofKind } from '../kubernetes/kinds.ts';
import type { KubeObject } from '../kubernetes/object.ts';
import type { Cluster } from './cluster.ts';
import { failure, qualified } from './status.ts';
import type { User } from './user.ts';

/** What somebody wants to do: with a resource, or with a path that is no resource. */
export type Access = ResourceAccess | { verb: string; path: string };

export interface ResourceAccess extends Wanted {
  namespace?: string | undefined;
}

/** A rule and where a user has it from. */
interface Grant {
  rule: JsonObject;
  /** `RoleBinding "r/shop" of Role "r"`. */
  from: string;
}

/** Why a user may do it, empty for what needs no rule; undefined when they may not. */
export function whyAllowed(
  cluster: Cluster,
  { user, access }: { user: User; access: Access },
): string | undefined {
  if (user.groups.includes('system:masters')) return '';
  if ('path' in access) {
    return reasonOf(grantsFor(cluster, { user }).find(({ rule }) => allowsPath(rule, access)));
  }
  const grants = grantsFor(cluster, { user, namespace: access.namespace });
  return reasonOf(grants.find(({ rule }) => allows(rule, access)));
}

export function isAllowed(cluster: Cluster, asked: { user: User; access: Access }): boolean {
  return whyAllowed(cluster, asked) !== undefined;
}

function reasonOf(grant: Grant | undefined): string | undefined {
  return grant === undefined ? undefined : `RBAC: allowed by ${grant.from}`;
}

/** The rules that hold for a user: cluster-wide ones, and those of one namespace when it is named. */
export function rulesFor(
  cluster: Cluster,
  asked: { user: User; namespace?: string | undefined },
): JsonObject[] {
  return grantsFor(cluster, asked).map(({ rule }) => rule);
}

const storage = 'rbac.authorization.k8s.io';

function grantsFor(
  cluster: Cluster,
  { user, namespace }: { user: User; namespace?: string | undefined },
): Grant[] {
  const { state } = cluster;
  const bindings = [
    ...ofKind(state.list(`${storage}/clusterrolebindings`), 'ClusterRoleBinding'),
    ...(namespace ? ofKind(state.list(`${storage}/rolebindings`, `${namespace}/`), 'RoleBinding') : []),
  ];
  return bindings.flatMap(binding => {
    const subject = boundSubject(binding, user);
    const role = subject === undefined ? undefined : boundRole(cluster, binding);
    if (role === undefined) return [];
    const { metadata, kind } = binding;
    const place = metadata.namespace === undefined ? '' : `/${metadata.namespace}`;
    const from = `${kind} "${metadata.name}${place}" of ${role.kind} "${role.metadata.name}" to ${subject}`;
    return ownRulesOf(role).map(rule => ({ rule, from }));
  });
}

/** The role that a binding names; undefined when there is none of that name. */
export function boundRole({ state }: Cluster, { roleRef, metadata }: KubeObject): KubeObject | undefined {
  if (!isObject(roleRef) || typeof roleRef['name'] !== 'string') return undefined;
  return roleRef['kind'] === 'Role'
    ? state.get(`${storage}/roles`, `${metadata.namespace}/${roleRef['name']}`)
    : state.get(`${storage}/clusterroles`, roleRef['name']);
}

/** The subject of a binding that a user is: `User "bob"`. */
function boundSubject(binding: RoleBinding | ClusterRoleBinding, user: User): string | undefined {
  const found = binding.subjects?.find(subject =>
    isSubject(subject, { user: user.name, groups: user.groups }),
  );
  if (found === undefined) return undefined;
  const { kind, name, namespace } = found;
  return `${kind} "${name}${kind === 'ServiceAccount' ? `/${namespace}` : ''}"`;
}

/** Forbidden, in the server's words, for what a user may not do. */
export function requireAllowed(cluster: Cluster, { user, access }: { user: User; access: Access }): void {
  if (isAllowed(cluster, { user, access })) return;
  const why = refusalText(user, access);
  if ('path' in access) {
    throw failure(403, { reason: 'Forbidden', message: `forbidden: ${why}`, details: {} });
  }
  const { group, resource, name } = access;
  const subject = qualified({ group, plural: resource });
  throw failure(403, {
    reason: 'Forbidden',
    message: `${subject}${name === undefined ? '' : ` "${name}"`} is forbidden: ${why}`,
    details: {
      ...(name === undefined ? {} : { name }),
      ...(group === '' ? {} : { group }),
      kind: resource,
    },
  });
}

/** The server's words for a refusal: `User "bob" cannot list resource "pods" in API group "" in the namespace "shop"`. */
function refusalText(user: User, access: Access): string {
  if ('path' in access) return `User "${user.name}" cannot ${access.verb} path "${access.path}"`;
  const { verb, group, resource, subresource, namespace } = access;
  const full = subresource === undefined ? resource : `${resource}/${subresource}`;
  const where = namespace ? ` in the namespace "${namespace}"` : ' at the cluster scope';
  return `User "${user.name}" cannot ${verb} resource "${full}" in API group "${group}"${where}`;
}
