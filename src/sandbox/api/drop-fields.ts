import { isObject, type Json } from '../../core/json.ts';
import type { KubeObject } from '../../kubernetes/object.ts';

/** The object without the fields at the given paths (`spec.containers[0].imagee`); a path that leads nowhere is passed over. */
export function dropFields(object: KubeObject, paths: readonly string[]): KubeObject {
  const copy = structuredClone(object);
  for (const path of paths) drop(copy, path);
  return copy;
}

/** Keys may hold dots themselves, so the longest key that fits is taken at each step. */
function drop(value: unknown, path: string): void {
  if (Array.isArray(value)) {
    const match = /^\[(\d+)\]\.?(.*)$/.exec(path);
    if (match !== null) drop(value[Number(match[1])] as Json | undefined, match[2] ?? '');
    return;
  }
  if (!isObject(value)) return;
  if (Object.hasOwn(value, path)) {
    delete value[path];
    return;
  }
  const key = Object.keys(value)
    .filter(each => path.startsWith(`${each}.`) || path.startsWith(`${each}[`))
    .sort((a, b) => b.length - a.length)[0];
  if (key === undefined) return;
  const rest = path.slice(key.length);
  drop(value[key], rest.startsWith('.') ? rest.slice(1) : rest);
}
