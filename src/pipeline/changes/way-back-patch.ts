import type { Change } from '../../core/change.ts';
import { canonicalJson, isObject, type Json, type JsonObject } from '../../core/json.ts';
import type { Ref } from '../../core/ref.ts';
import { type Trusted, trusted } from '../../core/trusted-text.ts';
import { mergePatchBetween } from '../../kubernetes/merge-patch.ts';

/**
 * The patch that sets the changed fields of an object back, with the values they must still have when it is used.
 * The old data of a Secret is never kept, so a change of it has no way back.
 */
export function invertUpdate(input: {
  target: Ref;
  uid: string;
  before: JsonObject | undefined;
  after: JsonObject | undefined;
}): Change[] | { irreversible: Trusted } {
  const { target, uid, before = {}, after = {} } = input;
  const patch = mergePatchBetween(after, before);
  if (Object.keys(patch).length === 0) return [];
  if (target.kind === 'Secret' && ('data' in patch || 'stringData' in patch))
    return { irreversible: trusted`the old values of a Secret are never kept` };
  return [{ kind: 'k8s-patch', target, uid, patch, expect: valuesAt(after, patch) }];
}

/** The values that an object has at the places a merge patch names; null where there is none. */
function valuesAt(object: JsonObject, patch: JsonObject): JsonObject {
  const values: JsonObject = {};
  for (const [key, wanted] of Object.entries(patch)) {
    const found = object[key];
    if (isObject(wanted) && isObject(found)) values[key] = valuesAt(found, wanted);
    else values[key] = found ?? null;
  }
  return values;
}

/** Whether an object still has the values that a way back expects at its places. */
export function stillHas(object: JsonObject, expected: JsonObject): boolean {
  return Object.entries(expected).every(([key, value]) => matches(object[key], value ?? null));
}

function matches(found: Json | undefined, expected: Json): boolean {
  if (isObject(expected) && isObject(found)) return stillHas(found, expected);
  return canonicalJson(found ?? null) === canonicalJson(expected);
}
