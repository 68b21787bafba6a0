import type { JsonObject } from '../core/json.ts';
import { grantsFor, type RoleGrant } from '../kubernetes/access-grants.ts';
import { allows, allowsPath, type Wanted } from '../kubernetes/access-rules.ts';
import { type Cluster, viewOf } from './cluster.ts';
import { failure, qualified } from './status.ts';
import type { User } from './user.ts';

/** What somebody wants to do: with a resource, or with a path that is no resource. */
export type Access = ResourceAccess | { verb: string; path: string };

export interface ResourceAccess extends Wanted {
  namespace?: string | undefined;
}

/** Why a user may do it, empty for what needs no rule; undefined when they may not. */
export function whyAllowed(
  cluster: Cluster,
  { user, access }: { user: User; access: Access },
): string | undefined {
  if (user.groups.includes('system:masters')) return '';
  const namespace = 'path' in access ? undefined : access.namespace;
  const grant = grantsTo(cluster, { user, namespace }).find(({ rule }) =>
    'path' in access ? allowsPath(rule, access) : allows(rule, access),
  );
  return grant && `RBAC: allowed by ${grant.from}`;
}

export function isAllowed(cluster: Cluster, asked: { user: User; access: Access }): boolean {
  return whyAllowed(cluster, asked) !== undefined;
}

/** The rules that hold for a user: cluster-wide ones, and those of one namespace when it is named. */
export function rulesFor(
  cluster: Cluster,
  asked: { user: User; namespace?: string | undefined },
): JsonObject[] {
  return grantsTo(cluster, asked).map(({ rule }) => rule);
}

function grantsTo(
  cluster: Cluster,
  { user, namespace }: { user: User; namespace?: string | undefined },
): RoleGrant[] {
  return grantsFor({ user: user.name, groups: user.groups }, { view: viewOf(cluster), namespace });
}

/** Forbidden, in the server's words, for what a user may not do. */
export function requireAllowed(cluster: Cluster, { user, access }: { user: User; access: Access }): void {
  if (isAllowed(cluster, { user, access })) {
    cluster.heard?.(access);
    return;
  }
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
