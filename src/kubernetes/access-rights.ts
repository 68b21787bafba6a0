import { type JsonObject, textsIn } from '../core/json.ts';
import { allows, allowsPath } from './access-rules.ts';

/** One right: a verb on a resource, maybe of one name, or on a path. */
type Right =
  | { verb: string; path: string }
  | { verb: string; group: string; resource: string; name?: string };

/**
 * What rules give beyond those that somebody holds, as the server prints it: one line for the rights that differ in the
 * verb alone. A right is held only where a single rule gives it.
 */
export function rightsBeyond(held: readonly JsonObject[], granted: readonly JsonObject[]): string[] {
  const missing = granted.flatMap(rightsIn).filter(right => !held.some(rule => gives(rule, right)));
  const lines = Map.groupBy(missing, right => {
    if ('path' in right) return `{NonResourceURLs:[${JSON.stringify(right.path)}]`;
    const names = right.name === undefined ? '' : `, ResourceNames:[${JSON.stringify(right.name)}]`;
    return `{APIGroups:[${JSON.stringify(right.group)}], Resources:[${JSON.stringify(right.resource)}]${names}`;
  });
  return [...lines]
    .map(([what, own]) => {
      const verbs = [...new Set(own.map(({ verb }) => JSON.stringify(verb)))];
      return `${what}, Verbs:[${verbs.join(' ')}]}`;
    })
    .sort();
}

function gives(rule: JsonObject, right: Right): boolean {
  if ('path' in right) return allowsPath(rule, right);
  const [resource = '', subresource] = right.resource.split('/');
  return allows(rule, { ...right, resource, subresource });
}

function rightsIn(rule: JsonObject): Right[] {
  const verbs = textsIn(rule['verbs']);
  const names = textsIn(rule['resourceNames']);
  return [
    ...textsIn(rule['nonResourceURLs']).flatMap(path => verbs.map(verb => ({ verb, path }))),
    ...textsIn(rule['apiGroups']).flatMap(group =>
      textsIn(rule['resources']).flatMap(resource =>
        verbs.flatMap((verb): Right[] => {
          const right = { verb, group, resource };
          return names.length === 0 ? [right] : names.map(name => ({ ...right, name }));
        }),
      ),
    ),
  ];
}
