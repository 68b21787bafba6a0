import { isObject, type Json, type JsonObject } from '../core/json.ts';
import type { KubeObject } from './object.ts';

/**
 * The object without the fields at the given paths (`spec.containers[0].imagee`); a path that leads nowhere is passed
 * over. Only what lies on a path is copied.
 */
export function dropFields(object: KubeObject, paths: readonly string[]): KubeObject {
  // A KubeObject is JSON; its metadata has a narrower type.
  let rest: Json = object as unknown as JsonObject;
  for (const path of paths) rest = without(rest, path);
  return rest as unknown as KubeObject;
}

/** Keys may hold dots themselves, so the longest key that fits is taken at each step. */
function without(value: Json, path: string): Json {
  if (Array.isArray(value)) {
    const match = /^\[(\d+)\]\.?(.*)$/.exec(path);
    const item = match === null ? undefined : value[Number(match[1])];
    return item === undefined ? value : value.with(Number(match?.[1]), without(item, match?.[2] ?? ''));
  }
  if (!isObject(value)) return value;
  if (Object.hasOwn(value, path)) {
    const { [path]: _dropped, ...rest } = value;
    return rest;
  }
  const key = Object.keys(value)
    .filter(each => path.startsWith(`${each}.`) || path.startsWith(`${each}[`))
    .sort((a, b) => b.length - a.length)[0];
  const member = key === undefined ? undefined : value[key];
  if (key === undefined || member === undefined) return value;
  const after = path.slice(key.length);
  return { ...value, [key]: without(member, after.startsWith('.') ? after.slice(1) : after) };
}
