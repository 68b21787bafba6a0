// The merge of an applied object into the live one, and the removal of fields from an object, by schema.
import { isObject, type Json, type JsonObject } from '../core/json.ts';
import { type FieldSet, isEmptySet } from './field-set.ts';
import { type FieldSchema, memberSchema } from './schema.ts';
import {
  declares,
  elementOfItem,
  formOf,
  isAtomic,
  itemSchema,
  itemsByElement,
  membersOf,
  schemaBelow,
} from './typed-value.ts';

/**
 * The live value with what the applied one says on top: nothing is removed, leaves are the applied ones.
 * A list keeps the live order unless the applied one orders the shared items otherwise.
 */
export function mergeTyped(
  sides: { live: Json | undefined; applied: Json | undefined },
  schema: FieldSchema,
): Json | undefined {
  const { live, applied } = sides;
  const form = formOf(schema, applied ?? live);
  if (!isAtomic(schema, form)) {
    if (form === 'map') {
      const [old, own] = [isObject(live) ? live : {}, isObject(applied) ? applied : {}];
      const names = new Set([...membersOf(old), ...membersOf(own)].map(({ name }) => name));
      if (names.size > 0) return mergeMembers({ old, own, names }, schema);
    } else {
      const [old, own] = [Array.isArray(live) ? live : [], Array.isArray(applied) ? applied : []];
      if (old.length + own.length > 0) return mergeItems({ old, own }, schema);
    }
  }
  // A leaf, or empty on both sides: the applied form of empty wins.
  return structuredClone(applied ?? (applied === null ? null : live));
}

function mergeMembers(
  { old, own, names }: { old: JsonObject; own: JsonObject; names: Set<string> },
  schema: FieldSchema,
): JsonObject {
  const merged: [string, Json][] = [];
  for (const name of names) {
    const value = mergeTyped(
      {
        live: Object.hasOwn(old, name) ? old[name] : undefined,
        applied: Object.hasOwn(own, name) ? own[name] : undefined,
      },
      memberSchema(schema, name) ?? { type: 'any' },
    );
    if (value !== undefined) merged.push([name, value]);
  }
  // fromEntries, so that `__proto__` is a member like any other.
  return Object.fromEntries(merged);
}

function mergeItems(
  { old, own }: { old: readonly Json[]; own: readonly Json[] },
  schema: FieldSchema,
): Json[] {
  const live = itemsByElement(schema, old);
  const applied = itemsByElement(schema, own);
  const liveTimes = Map.groupBy(live, ({ element }) => element);
  const appliedItems = new Map(applied.map(({ element, item }) => [element, item]));
  // The shared items in the applied order; a live item that is not the next of them waits for its turn.
  const shared = applied.filter(({ element }) => liveTimes.has(element)).map(({ element }) => element);
  const done = new Set<string>();
  const merged: Json[] = [];
  const emit = (element: string, liveItem: Json | undefined) => {
    const value = mergeTyped({ live: liveItem, applied: appliedItems.get(element) }, itemSchema(schema));
    if (value !== undefined) merged.push(value);
  };
  const emitApplied = (element: string) => {
    done.add(element);
    const liveItems = liveTimes.get(element) ?? [];
    // Live items that share a key cannot be merged into: the applied item replaces them.
    emit(element, liveItems.length === 1 ? liveItems[0]?.item : undefined);
    if (shared[0] === element) shared.shift();
  };

  let next = 0;
  for (const { element, item } of live) {
    if (!appliedItems.has(element)) {
      emit(element, item);
      continue;
    }
    if (done.has(element)) continue;
    if (shared[0] !== element) continue;
    // Applied items that stand before this one come first, so that new items land where they were written.
    while (next < applied.length) {
      const candidate = applied[next]?.element;
      next += 1;
      if (candidate === undefined || done.has(candidate)) continue;
      emitApplied(candidate);
      if (candidate === element) break;
    }
  }
  for (const { element } of applied.slice(next)) if (!done.has(element)) emitApplied(element);
  return merged;
}

/** The value without the items, members and fields of the set. What is emptied by it stays as {} or []. */
export function removeFields(value: Json, { set, schema }: { set: FieldSet; schema: FieldSchema }): Json {
  const form = formOf(schema, value);
  if (isAtomic(schema, form)) return value;
  if (Array.isArray(value)) {
    return value.flatMap(item => {
      const found = elementOfItem(schema, item);
      if (!('element' in found)) return [item];
      const inner = set.children.get(found.element);
      if (inner === undefined) return [item];
      return inner.member ? [] : [removeFields(item, { set: inner, schema: itemSchema(schema) })];
    });
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(
    membersOf(value).flatMap(({ name, element, member }): [string, Json][] => {
      const inner = set.children.get(element);
      if (inner === undefined || isEmptySet(inner)) return [[name, member]];
      if (inner.member) return [];
      return [
        [name, removeFields(member, { set: inner, schema: memberSchema(schema, name) ?? { type: 'any' } })],
      ];
    }),
  );
}

/** The set with every declared field that has something below it: structs come and go with their content. */
export function withDeclaredFields(set: FieldSet, schema: FieldSchema): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const [element, child] of set.children) {
    const inner = withDeclaredFields(child, schemaBelow(schema, element));
    const isStructField = element.startsWith('f:') && declares(schema, element.slice(2));
    const member = inner.member || (isStructField && inner.children.size > 0);
    children.set(element, { member, children: inner.children });
  }
  return { member: set.member, children };
}
