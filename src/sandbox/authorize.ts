import { isObject, type Json, type JsonObject } from '../core/json.ts';
import type { KubeObject } from '../kubernetes/object.ts';
import type { Cluster } from './cluster.ts';
import type { User } from './user.ts';

/** What somebody wants to do: with a resource, or with a path that is no resource. */
export type Access = ResourceAccess | { verb: string; path: string };

export interface ResourceAccess {
  verb: string;
  group: string;
  resource: string;
  subresource?: string | undefined;
  namespace?: string | undefined;
  name?: string | undefined;
}

/** What every user who is known at all may do, roles or not. */
const openPaths = ['/healthz', '/livez', '/readyz', '/version', '/api', '/apis', '/openapi'];
const selfReviews = new Set(['selfsubjectreviews', 'selfsubjectaccessreviews', 'selfsubjectrulesreviews']);

/** Whether a user may do it: administrators everything, all others what roles and their bindings say. */
export function isAllowed(cluster: Cluster, { user, access }: { user: User; access: Access }): boolean {
  if (user.groups.includes('system:masters')) return true;
  if ('path' in access) {
    if (openPaths.some(path => access.path === path || access.path.startsWith(`${path}/`))) return true;
    return rulesFor(cluster, { user }).some(rule => allowsPath(rule, access));
  }
  if (access.verb === 'create' && selfReviews.has(access.resource)) return true;
  return rulesFor(cluster, { user, namespace: access.namespace }).some(rule => allows(rule, access));
}

/** The rules that hold for a user: cluster-wide ones, and those of one namespace when it is named. */
export function rulesFor(
  cluster: Cluster,
  { user, namespace }: { user: User; namespace?: string | undefined },
): JsonObject[] {
  const { state } = cluster;
  const storage = 'rbac.authorization.k8s.io';
  const bindings = [
    ...state.list(`${storage}/clusterrolebindings`),
    ...(namespace ? state.list(`${storage}/rolebindings`, `${namespace}/`) : []),
  ];
  return bindings
    .filter(binding => bindsUser(binding, user))
    .flatMap(({ roleRef, metadata }) => {
      if (!isObject(roleRef) || typeof roleRef['name'] !== 'string') return [];
      const role =
        roleRef['kind'] === 'Role'
          ? state.get(`${storage}/roles`, `${metadata.namespace}/${roleRef['name']}`)
          : state.get(`${storage}/clusterroles`, roleRef['name']);
      const rules = role?.['rules'];
      return Array.isArray(rules) ? rules.filter(isObject) : [];
    });
}

function bindsUser(binding: KubeObject, user: User): boolean {
  const { subjects } = binding;
  if (!Array.isArray(subjects)) return false;
  return subjects.filter(isObject).some(({ kind, name, namespace }) => {
    if (kind === 'User') return name === user.name;
    if (kind === 'Group') return typeof name === 'string' && user.groups.includes(name);
    if (kind !== 'ServiceAccount' || typeof namespace !== 'string' || typeof name !== 'string') return false;
    return user.name === `system:serviceaccount:${namespace}:${name}`;
  });
}

function has(list: Json | undefined, ...wanted: string[]): boolean {
  return Array.isArray(list) && list.some(item => item === '*' || wanted.some(each => each === item));
}

function allows(rule: JsonObject, access: ResourceAccess): boolean {
  const { resource, subresource } = access;
  const full = subresource === undefined ? resource : `${resource}/${subresource}`;
  const names = rule['resourceNames'];
  const anyName = !Array.isArray(names) || names.length === 0;
  return (
    has(rule['verbs'], access.verb) &&
    has(rule['apiGroups'], access.group) &&
    has(rule['resources'], full, ...(subresource === undefined ? [] : [`*/${subresource}`])) &&
    (anyName || (access.name !== undefined && names.includes(access.name)))
  );
}

function allowsPath(rule: JsonObject, access: { verb: string; path: string }): boolean {
  const urls = rule['nonResourceURLs'];
  if (!has(rule['verbs'], access.verb) || !Array.isArray(urls)) return false;
  return urls.some(
    url =>
      typeof url === 'string' &&
      (url === '*' || url === access.path || (url.endsWith('*') && access.path.startsWith(url.slice(0, -1)))),
  );
}

/** The server's words for a refusal: `User "bob" cannot list resource "pods" in API group "" in the namespace "shop"`. */
export function refusalText(user: User, access: Access): string {
  if ('path' in access) return `User "${user.name}" cannot ${access.verb} path "${access.path}"`;
  const { verb, group, resource, subresource, namespace } = access;
  const full = subresource === undefined ? resource : `${resource}/${subresource}`;
  const where = namespace ? ` in the namespace "${namespace}"` : ' at the cluster scope';
  return `User "${user.name}" cannot ${verb} resource "${full}" in API group "${group}"${where}`;
}
