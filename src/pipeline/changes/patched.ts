import type { K8sPatch } from '../../core/change.ts';
import { isObject, type Json, type JsonObject } from '../../core/json.ts';
import { differences } from '../../core/json-diff.ts';
import { applyMergePatch } from '../../kubernetes/merge-patch.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { withOtherSecrets } from '../../kubernetes/other-secrets.ts';
import { strategicMerge } from '../../kubernetes/strategic-merge.ts';
import { encodeStringData } from '../../kubernetes/string-data.ts';
import { sameQuantity } from './same-quantity.ts';

/** The object as a patch would leave it, by our own reckoning; defaults and admission are the server's. */
export function patchedLocally(object: JsonObject, { patch, type }: K8sPatch): KubeObject {
  // An object of a kind is JSON whatever its type says.
  const live = object as KubeObject;
  return encodeStringData(
    type === 'strategic' ? strategicMerge({ live, patch }) : applyMergePatch(live, patch),
  );
}

/** Whether an object is already as a patch would leave it. */
export function isPatched(object: JsonObject, change: K8sPatch): boolean {
  if (change.type === undefined) {
    const kind = { apiVersion: object['apiVersion'], kind: object['kind'] };
    // An object of a kind is JSON whatever its type says.
    const sent = encodeStringData({ ...change.patch, ...kind } as KubeObject);
    return holdsPatch(object, sent as JsonObject);
  }
  return differences(object, patchedLocally(object, change) as JsonObject).every(
    ({ before, after }) => after !== undefined && sameQuantity(before, after),
  );
}

/** As a merge patch reads: null is gone, a list is as it was sent but for what the server has filled into its items. */
function holdsPatch(found: Json | undefined, patch: Json | undefined): boolean {
  if (patch === undefined) return true;
  if (patch === null) return found === undefined || found === null;
  if (isObject(patch)) {
    const members = isObject(found) ? found : {};
    return Object.entries(patch).every(([key, value]) => holdsPatch(memberOf(members, key), value));
  }
  if (!Array.isArray(patch)) return found === patch || sameQuantity(found, patch);
  return (
    Array.isArray(found) &&
    found.length === patch.length &&
    differences(found, patch).every(({ before, after }) => after === undefined || sameQuantity(before, after))
  );
}

/** The same patch with values that nobody has wherever the caller has set a secret; undefined where it sets none. */
export function withOthersSaid(change: K8sPatch): K8sPatch | undefined {
  const { said, target } = change;
  if (said === undefined) return undefined;
  const others = withOtherSecrets<JsonObject>({ ...change.patch, kind: target.kind });
  if (others === undefined) return undefined;
  const { kind: _own, ...replaced } = others;
  if (said.includes('')) return { ...change, patch: replaced };
  const patch = structuredClone(change.patch);
  const changed = said.map(pointer => setFrom(replaced, { into: patch, pointer }));
  return changed.includes(true) ? { ...change, patch } : undefined;
}

/** Copies what stands at a pointer; false where both have the same. */
function setFrom(from: JsonObject, { into, pointer }: { into: JsonObject; pointer: string }): boolean {
  const tokens = pointer
    .slice(1)
    .split('/')
    .map(token => token.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = tokens.pop() ?? '';
  let [source, place]: (Json | undefined)[] = [from, into];
  for (const token of tokens) [source, place] = [memberOf(source, token), memberOf(place, token)];
  const value = memberOf(source, last);
  if (value === undefined || differences(memberOf(place, last), value).length === 0) return false;
  if (Array.isArray(place)) place[Number(last)] = value;
  else if (isObject(place)) place[last] = value;
  return true;
}

function memberOf(value: Json | undefined, token: string): Json | undefined {
  if (Array.isArray(value)) return value[Number(token)];
  return isObject(value) && Object.hasOwn(value, token) ? value[token] : undefined;
}
