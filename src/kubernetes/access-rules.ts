import { isObject, type Json, type JsonObject, objectsIn, textsIn } from '../core/json.ts';
import type { Subject } from './kinds/access.ts';
import type { KubeObject } from './object.ts';
import { matchesLabels, requirementsOf } from './selectors.ts';

/** One thing that somebody may want to do. */
export interface Wanted {
  verb: string;
  /** Empty: the core group. */
  group: string;
  /** The plural. */
  resource: string;
  subresource?: string | undefined;
  /** Absent: any object. */
  name?: string | undefined;
}

/** What a role allows of something: all objects, those of some names, or none. */
export type Extent = 'all' | readonly string[];

/** Undefined where no rule allows it. */
export function extentOf(rules: readonly JsonObject[], wanted: Wanted): Extent | undefined {
  const names = new Set<string>();
  for (const rule of rules) {
    if (!covers(rule, wanted)) continue;
    const own = textsIn(rule['resourceNames']);
    if (own.length === 0 || (wanted.name !== undefined && own.includes(wanted.name))) return 'all';
    if (wanted.name === undefined) for (const name of own) names.add(name);
  }
  return names.size === 0 ? undefined : [...names].toSorted();
}

/** Whether one rule allows it; a rule about some names allows nothing of any object. */
export function allows(rule: JsonObject, wanted: Wanted): boolean {
  const names = textsIn(rule['resourceNames']);
  return (
    covers(rule, wanted) && (names.length === 0 || (wanted.name !== undefined && names.includes(wanted.name)))
  );
}

/** Whether one rule allows a verb on a path that is no resource. */
export function allowsPath(rule: JsonObject, { verb, path }: { verb: string; path: string }): boolean {
  return (
    has(rule['verbs'], [verb]) &&
    textsIn(rule['nonResourceURLs']).some(
      url => url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1))),
    )
  );
}

function covers(rule: JsonObject, { verb, group, resource, subresource }: Wanted): boolean {
  const resources =
    subresource === undefined ? [resource] : [`${resource}/${subresource}`, `*/${subresource}`];
  return has(rule['verbs'], [verb]) && has(rule['apiGroups'], [group]) && has(rule['resources'], resources);
}

function has(list: Json | undefined, wanted: readonly string[]): boolean {
  return textsIn(list).some(item => item === '*' || wanted.includes(item));
}

/** The rules of a role; of one that gathers others, theirs too, which a controller copies in a moment later. */
export function rulesOf(role: KubeObject, clusterRoles: readonly KubeObject[]): JsonObject[] {
  const { aggregationRule } = role;
  const selectors = isObject(aggregationRule) ? objectsIn(aggregationRule['clusterRoleSelectors']) : [];
  const gathered = selectors.flatMap(selector => {
    const requirements = requirementsOf(selector);
    return clusterRoles.filter(each => each !== role && matchesLabels(requirements, each.metadata.labels));
  });
  return [role, ...gathered].flatMap(ownRulesOf);
}

/** The rules that stand in a role itself. */
export function ownRulesOf(role: KubeObject): JsonObject[] {
  return objectsIn(role['rules']);
}

/** Somebody as the API server knows them after they have logged in. */
export interface Identity {
  user: string;
  groups: readonly string[];
}

/** Whether a subject of a binding is somebody. */
export function isSubject({ kind, name, namespace }: Subject, { user, groups }: Identity): boolean {
  switch (kind) {
    case 'User':
      return name === user;
    case 'Group':
      return groups.includes(name);
    default:
      return kind === 'ServiceAccount' && user === `system:serviceaccount:${namespace}:${name}`;
  }
}
