// Strategic merge patch: a merge patch that knows which arrays are keyed lists, and that can say more with
// its directives ($patch, $setElementOrder/…, $deleteFromPrimitiveList/…, $retainKeys).
import { VigieError } from '../core/errors.ts';
import { canonicalJson, isObject, type Json, type JsonObject } from '../core/json.ts';
import type { KubeObject } from './object.ts';
import { type FieldSchema, memberSchema, schemaOf } from './schema.ts';

const orderPrefix = '$setElementOrder/';
const deletePrefix = '$deleteFromPrimitiveList/';

/**
 * The object after the patch. Kinds that are not in the schema have no merge keys: the server refuses a strategic
 * patch of them, the caller has to. Throws INVALID_INPUT for a directive that makes no sense.
 */
export function strategicMerge(input: { live: KubeObject; patch: JsonObject }): KubeObject {
  const { live, patch } = input;
  const schema = schemaOf(live.apiVersion, live.kind);
  // An object merged with an object is an object.
  return mergeMap({ live: live as JsonObject, patch }, schema) as KubeObject;
}

function mergeMap({ live, patch }: { live: JsonObject; patch: JsonObject }, schema: FieldSchema): JsonObject {
  const directive = patch['$patch'];
  if (directive === 'replace') return plain(patch);
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge') throw badDirective(directive);

  const merged = new Map<string, Json>();
  for (const [name, value] of Object.entries(live))
    if (value !== undefined) merged.set(name, structuredClone(value));
  retainKeys(merged, patch);
  const orders = new Map<string, Json[]>();
  for (const [name, value] of Object.entries(patch)) {
    if (value === undefined || name === '$patch' || name === '$retainKeys') continue;
    if (name.startsWith(orderPrefix)) {
      if (!Array.isArray(value)) throw badDirective(name);
      orders.set(name.slice(orderPrefix.length), value);
    } else if (name.startsWith(deletePrefix)) {
      if (!Array.isArray(value)) throw badDirective(name);
      deletePrimitives(merged, { name: name.slice(deletePrefix.length), values: value });
    } else if (value === null) merged.delete(name);
  }
  for (const [name, value] of Object.entries(patch)) {
    if (value === undefined || value === null || name.startsWith('$')) continue;
    const result = mergeValue(
      { live: merged.get(name), patch: value, order: orders.get(name) },
      memberSchema(schema, name),
    );
    orders.delete(name);
    if (result === undefined) merged.delete(name);
    else merged.set(name, result);
  }
  for (const [name, order] of orders) {
    const items = merged.get(name);
    const field = memberSchema(schema, name);
    if (Array.isArray(items))
      merged.set(name, sortItems(items, { order, live: items, key: field?.mergeKey }));
  }
  return Object.fromEntries(merged);
}

function mergeValue(
  { live, patch, order }: { live: Json | undefined; patch: Json; order: Json[] | undefined },
  schema: FieldSchema | undefined,
): Json | undefined {
  const field = schema ?? { type: 'any' };
  if (isObject(patch)) {
    const isReplaced = field.strategy?.split(',').includes('replace') === true;
    if (patch['$patch'] === 'delete') return undefined;
    const old = isObject(live) && !isReplaced ? live : {};
    return mergeMap({ live: old, patch }, field);
  }
  if (Array.isArray(patch)) {
    const merges = field.type === 'array' && field.strategy?.split(',').includes('merge') === true;
    if (!merges) return patch.map(item => (isObject(item) ? plain(item) : structuredClone(item)));
    // Where there is nothing to merge with, the list is taken as it is written, same keys and all.
    if (!Array.isArray(live)) return withoutDeletes(patch);
    if (field.mergeKey === undefined) return mergePrimitives({ live, patch, order });
    return mergeItems({ live, patch, order, key: field.mergeKey }, field.items ?? { type: 'any' });
  }
  return patch;
}

function mergePrimitives(input: { live: Json[]; patch: Json[]; order: Json[] | undefined }): Json[] {
  const { live, patch, order } = input;
  const seen = new Set<string>();
  const all = [...live, ...patch].filter(item => {
    const id = canonicalJson(item);
    return !seen.has(id) && seen.add(id);
  });
  return sortItems(all, { order: order ?? patch, live, key: undefined });
}

function mergeItems(
  input: { live: Json[]; patch: Json[]; order: Json[] | undefined; key: string },
  schema: FieldSchema,
): Json[] {
  const { live, patch, order, key } = input;
  if (patch.some(item => isObject(item) && item['$patch'] === 'replace')) {
    return patch
      .filter(item => !(isObject(item) && item['$patch'] === 'replace'))
      .map(item => withoutDirectives(item));
  }
  let items: Json[] = structuredClone(live);
  const written: JsonObject[] = [];
  for (const item of patch) {
    if (!isObject(item)) throw new VigieError('INVALID_INPUT', `a list merged by ${key} takes objects only`);
    const id = item[key];
    if (id === undefined) {
      throw new VigieError(
        'INVALID_INPUT',
        `map: ${canonicalJson(item)} does not contain declared merge key: ${key}`,
      );
    }
    if (item['$patch'] === 'delete') {
      items = items.filter(old => !sameKey(old, { key, id }));
      continue;
    }
    written.push(item);
    const at = items.findIndex(old => sameKey(old, { key, id }));
    const old = items[at];
    if (old === undefined) items.push(mergeMap({ live: {}, patch: item }, schema));
    else items = items.with(at, mergeMap({ live: isObject(old) ? old : {}, patch: item }, schema));
  }
  return sortItems(items, { order: order ?? written, live, key });
}

/**
 * Puts the items that the patch speaks of in the patch's order (or that of $setElementOrder) and weaves in the
 * others where they stood among the live ones. So an item that is new comes before what follows it there: first.
 */
function sortItems(items: Json[], by: { order: Json[]; live: Json[]; key: string | undefined }): Json[] {
  const idOf = (item: Json): string => {
    const value = by.key === undefined || !isObject(item) ? item : (item[by.key] ?? null);
    return canonicalJson(value);
  };
  const rank = new Map(by.order.map((item, index) => [idOf(item), index]));
  const position = new Map(by.live.map((item, index) => [idOf(item), index]));
  const positionOf = (item: Json) => position.get(idOf(item)) ?? -1;
  const ordered = items
    .filter(item => rank.has(idOf(item)))
    .toSorted((a, b) => (rank.get(idOf(a)) ?? 0) - (rank.get(idOf(b)) ?? 0));
  const others = items.filter(item => !rank.has(idOf(item)));
  const woven: Json[] = [];
  let next = 0;
  for (const item of ordered) {
    let other = others[next];
    while (other !== undefined && positionOf(other) < positionOf(item)) {
      woven.push(other);
      next += 1;
      other = others[next];
    }
    woven.push(item);
  }
  return [...woven, ...others.slice(next)];
}

function retainKeys(merged: Map<string, Json>, patch: JsonObject): void {
  const retained = patch['$retainKeys'];
  if (retained === undefined) return;
  if (!Array.isArray(retained)) throw badDirective('$retainKeys');
  const names = new Set(retained);
  for (const name of Object.keys(patch)) {
    if (!name.startsWith('$') && patch[name] !== null && !names.has(name)) throw badDirective('$retainKeys');
  }
  for (const name of merged.keys()) if (!names.has(name)) merged.delete(name);
}

function deletePrimitives(
  merged: Map<string, Json>,
  { name, values }: { name: string; values: Json[] },
): void {
  const items = merged.get(name);
  if (!Array.isArray(items)) return;
  const gone = new Set(values.map(canonicalJson));
  merged.set(
    name,
    items.filter(item => !gone.has(canonicalJson(item))),
  );
}

function sameKey(item: Json, { key, id }: { key: string; id: Json }): boolean {
  return isObject(item) && canonicalJson(item[key]) === canonicalJson(id);
}

function withoutDeletes(patch: readonly Json[]): Json[] {
  return patch.filter(item => !isObject(item) || item['$patch'] === undefined).map(withoutDirectives);
}

/** The patch as a value of its own: directives and nulls mean nothing where there is nothing to change. */
function plain(patch: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(patch).flatMap(([name, value]): [string, Json][] => {
      if (value === undefined || value === null || name.startsWith('$')) return [];
      return [[name, withoutDirectives(value)]];
    }),
  );
}

function withoutDirectives(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutDirectives);
  return isObject(value) ? plain(value) : value;
}

function badDirective(directive: Json): VigieError {
  return new VigieError('INVALID_INPUT', `unknown or misused patch directive: ${canonicalJson(directive)}`);
}
