import { isObject, type Json, type JsonObject } from '../../core/json.ts';
import { boundRole, isAllowed, rulesFor, rulesOf } from '../authorize.ts';
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
    const missing = granted.flatMap(partsOf).filter(part => !held.some(rule => covers(rule, part)));
    if (missing.length === 0) return object;
    const groups = user.groups.map(each => JSON.stringify(each)).join(' ');
    const why = `user ${JSON.stringify(user.name)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${describe(missing).join('\n')}`;
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
    return rulesOf(object);
  }
  const { roleRef, subjects } = object;
  if (!isObject(roleRef) || typeof roleRef['name'] !== 'string') return [];
  if (live !== undefined && JSON.stringify(live['subjects']) === JSON.stringify(subjects)) return [];
  const plural = roleRef['kind'] === 'Role' ? 'roles' : 'clusterroles';
  if (may('bind', { resource: plural, name: roleRef['name'] })) return [];
  const role = boundRole(cluster, object);
  if (role !== undefined) return rulesOf(role);
  // The real server, too, names the role as if it were a binding.
  throw notFound(resource, roleRef['name']);
}

/** One right: a verb on a resource, maybe of one name, or on a path. */
type Part = { verb: string; url: string } | { verb: string; group: string; resource: string; name?: string };

function partsOf(rule: JsonObject): Part[] {
  const verbs = texts(rule['verbs']);
  const names = texts(rule['resourceNames']);
  return [
    ...texts(rule['nonResourceURLs']).flatMap(url => verbs.map(verb => ({ verb, url }))),
    ...texts(rule['apiGroups']).flatMap(apiGroup =>
      texts(rule['resources']).flatMap(resource =>
        verbs.flatMap((verb): Part[] => {
          const part = { verb, group: apiGroup, resource };
          return names.length === 0 ? [part] : names.map(name => ({ ...part, name }));
        }),
      ),
    ),
  ];
}

function covers(rule: JsonObject, part: Part): boolean {
  const has = (member: string, wanted: string): boolean => {
    const list = texts(rule[member]);
    return list.includes('*') || list.includes(wanted);
  };
  if (!has('verbs', part.verb)) return false;
  if ('url' in part) {
    return texts(rule['nonResourceURLs']).some(
      url => url === part.url || (url.endsWith('*') && part.url.startsWith(url.slice(0, -1))),
    );
  }
  const names = texts(rule['resourceNames']);
  const [, subresource] = part.resource.split('/');
  return (
    has('apiGroups', part.group) &&
    (has('resources', part.resource) ||
      (subresource !== undefined && texts(rule['resources']).includes(`*/${subresource}`))) &&
    (names.length === 0 || (part.name !== undefined && names.includes(part.name)))
  );
}

/** The parts as the server prints them: those that differ in the verb alone are one line. */
function describe(parts: readonly Part[]): string[] {
  const lines = Map.groupBy(parts, part => {
    if ('url' in part) return `{NonResourceURLs:[${JSON.stringify(part.url)}]`;
    const names = part.name === undefined ? '' : `, ResourceNames:[${JSON.stringify(part.name)}]`;
    return `{APIGroups:[${JSON.stringify(part.group)}], Resources:[${JSON.stringify(part.resource)}]${names}`;
  });
  return [...lines]
    .map(([what, own]) => {
      const verbs = [...new Set(own.map(part => JSON.stringify(part.verb)))];
      return `${what}, Verbs:[${verbs.join(' ')}]}`;
    })
    .sort();
}

function texts(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter(each => typeof each === 'string') : [];
}
