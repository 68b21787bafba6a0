import { canonicalJson, isObject, type Json } from './json.ts';

/** One place where two documents differ. An absent side means that the place is not there. */
export interface Difference {
  /** JSON pointer (RFC 6901). */
  path: string;
  before?: Json;
  after?: Json;
}

/**
 * The leaves at which two documents differ, in key order. Lists whose items all have a `name` are compared by it,
 * as Kubernetes merges them; other lists by position.
 */
export function differences(before: Json | undefined, after: Json | undefined, path = ''): Difference[] {
  if (
    canonicalJson(before ?? null) === canonicalJson(after ?? null) &&
    (before === undefined) === (after === undefined)
  )
    return [];
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap(key => differences(before[key], after[key], `${path}/${escapeToken(key)}`));
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const left = byName(before) ?? byPosition(before);
    const right = byName(after) ?? byPosition(after);
    const keys = [...new Set([...left.keys(), ...right.keys()])];
    return keys.flatMap(key => differences(left.get(key), right.get(key), `${path}/${escapeToken(key)}`));
  }
  return [
    {
      path,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    },
  ];
}

/** The leaves that a value adds where nothing was: a new container yields its image, command and so on. */
export function leaves(value: Json | undefined, path = ''): { path: string; value: Json }[] {
  if (value === undefined) return [];
  if (isObject(value))
    return Object.entries(value).flatMap(([key, item]) => leaves(item, `${path}/${escapeToken(key)}`));
  if (Array.isArray(value)) {
    const items = byName(value) ?? byPosition(value);
    return [...items].flatMap(([key, item]) => leaves(item, `${path}/${escapeToken(key)}`));
  }
  return [{ path, value }];
}

function byName(list: Json[]): Map<string, Json> | undefined {
  const named = new Map<string, Json>();
  for (const item of list) {
    if (!isObject(item) || typeof item['name'] !== 'string') return undefined;
    named.set(item['name'], item);
  }
  // Two items of one name: position is the only thing that tells them apart.
  return named.size === list.length ? named : undefined;
}

function byPosition(list: Json[]): Map<string, Json> {
  return new Map(list.map((item, index) => [String(index), item]));
}

function escapeToken(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
