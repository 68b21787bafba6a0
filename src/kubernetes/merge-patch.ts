import { canonicalJson, isObject, type Json, type JsonObject } from '../core/json.ts';
import type { KubeObject } from './object.ts';

/** Applies an RFC 7386 patch: null deletes a member, objects merge, anything else replaces. The input stays as it is. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return structuredClone(patch);
  const merged: JsonObject = isObject(target) ? structuredClone(target) : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    if (value === null) delete merged[key];
    else setMember(merged, key, mergePatch(own(merged, key), value));
  }
  return merged;
}

/** The object after an RFC 7386 patch. */
export function applyMergePatch(live: KubeObject, patch: JsonObject): KubeObject {
  // An object merged with an object is an object; whether it is still a fit one is the validation's question.
  return mergePatch(live as JsonObject, patch) as KubeObject;
}

/**
 * The RFC 7386 patch that turns one object into the other; empty when they are equal.
 * Such a patch cannot set a null: a null of `after` reads as an absent member.
 */
export function mergePatchBetween(before: JsonObject, after: JsonObject): JsonObject {
  const patch: JsonObject = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [was, is] = [own(before, key), own(after, key)];
    if (is === undefined || is === null) {
      if (was !== undefined) setMember(patch, key, null);
    } else if (isObject(was) && isObject(is)) {
      const inner = mergePatchBetween(was, is);
      if (Object.keys(inner).length > 0) setMember(patch, key, inner);
    } else if (canonicalJson(was) !== canonicalJson(is)) setMember(patch, key, withoutNulls(is));
  }
  return patch;
}

function withoutNulls(value: Json): Json {
  // Inside an array a null is a value like any other: a merge patch replaces arrays whole.
  if (!isObject(value)) return structuredClone(value);
  const kept: JsonObject = {};
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined && member !== null) setMember(kept, key, withoutNulls(member));
  }
  return kept;
}

// Names come from outside: `__proto__` must be a member like any other.
function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function setMember(object: JsonObject, key: string, value: Json): void {
  Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
}
