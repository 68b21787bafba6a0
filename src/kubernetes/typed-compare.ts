// Which fields an object has, and which differ between two: the sets that ownership is computed from.
import { canonicalJson, isObject, type Json } from '../core/json.ts';
import { addPath, emptyFieldSet, type FieldPath, type FieldSet, fieldElement } from './field-set.ts';
import { type FieldSchema, memberSchema } from './schema.ts';
import { declares, formOf, isAtomic, itemSchema, itemsByElement, membersOf } from './typed-value.ts';

/** No path is in two of the three sets; all are empty when the objects are equal. */
export interface Comparison {
  added: FieldSet;
  modified: FieldSet;
  removed: FieldSet;
}

/** Every leaf, every item of a keyed list or set, and every member of a map that the value holds. */
export function fieldSetOf(value: Json, schema: FieldSchema): FieldSet {
  const set = emptyFieldSet();
  collect({ value, schema, path: [], set });
  return set;
}

/** Compares two values of one schema; undefined is a value that is not there. */
export function compareTyped(
  sides: { before: Json | undefined; after: Json | undefined },
  schema: FieldSchema,
): Comparison {
  const comparison = { added: emptyFieldSet(), modified: emptyFieldSet(), removed: emptyFieldSet() };
  compare({ ...sides, schema, path: [], comparison });
  return comparison;
}

interface Collecting {
  value: Json;
  schema: FieldSchema;
  path: FieldPath;
  set: FieldSet;
}

function collect({ value, schema, path, set }: Collecting): void {
  const form = formOf(schema, value);
  if (isAtomic(schema, form)) {
    addPath(set, path);
  } else if (form === 'map' && isObject(value)) {
    for (const { name, element, member } of membersOf(value)) {
      const inner = memberSchema(schema, name) ?? { type: 'any' };
      const below = [...path, element];
      collect({ value: member, schema: inner, path: below, set });
      const isBare = member === null || (isObject(member) && Object.keys(member).length === 0);
      // Whatever the schema, an object has its first members by declaration.
      if (isBare || (path.length > 0 && !declares(schema, name))) addPath(set, below);
    }
  } else if (form === 'list' && Array.isArray(value)) {
    const items = itemsByElement(schema, value);
    const times = Map.groupBy(items, ({ element }) => element);
    for (const { element, item } of items) {
      const below = [...path, element];
      // Items that share a key cannot be told apart: only the key is owned, not what is in them.
      if (times.get(element)?.length === 1) {
        collect({ value: item, schema: itemSchema(schema), path: below, set });
      }
      addPath(set, below);
    }
  }
}

interface Comparing {
  before: Json | undefined;
  after: Json | undefined;
  schema: FieldSchema;
  path: FieldPath;
  comparison: Comparison;
}

function compare(at: Comparing): void {
  const { before, after, schema, path, comparison } = at;
  const was = formOf(schema, before);
  const is = formOf(schema, after);
  let isLeaf: boolean;
  if (after === undefined) isLeaf = compareAs(was, at);
  else if (before === undefined || was === is) isLeaf = compareAs(is, at);
  else {
    // Untyped JSON that changed its form: the old content goes, the new comes.
    compareAs(was, at);
    isLeaf = compareAs(is, at);
  }
  if (isLeaf) return;
  if (before === undefined) addPath(comparison.added, path);
  else if (after === undefined) addPath(comparison.removed, path);
}

/** Compares as one form and says whether the field was taken as a leaf. */
function compareAs(form: 'map' | 'list' | 'scalar', at: Comparing): boolean {
  const { before, after, schema } = at;
  if (form === 'map' && !isAtomic(schema, form)) {
    const [was, is] = [isObject(before) ? before : {}, isObject(after) ? after : {}];
    const names = new Set([...membersOf(was), ...membersOf(is)].map(({ name }) => name));
    if (names.size > 0) {
      for (const name of names) {
        compare({
          ...at,
          before: Object.hasOwn(was, name) ? was[name] : undefined,
          after: Object.hasOwn(is, name) ? is[name] : undefined,
          schema: memberSchema(schema, name) ?? { type: 'any' },
          path: [...at.path, fieldElement(name)],
        });
      }
      return false;
    }
  } else if (form === 'list' && !isAtomic(schema, form)) {
    const [was, is] = [Array.isArray(before) ? before : [], Array.isArray(after) ? after : []];
    if (was.length + is.length > 0) {
      compareItems(at, { was, is });
      return false;
    }
  }
  compareLeaf(at);
  return true;
}

function compareItems(at: Comparing, { was, is }: { was: readonly Json[]; is: readonly Json[] }): void {
  const schema = itemSchema(at.schema);
  const old = Map.groupBy(itemsByElement(at.schema, was), ({ element }) => element);
  const now = Map.groupBy(itemsByElement(at.schema, is), ({ element }) => element);
  for (const element of new Set([...old.keys(), ...now.keys()])) {
    const left = (old.get(element) ?? []).map(({ item }) => item);
    const right = (now.get(element) ?? []).map(({ item }) => item);
    const path = [...at.path, element];
    const one = (before: Json | undefined, after: Json | undefined) =>
      compare({ ...at, before, after, schema, path });
    // Items that share a key are compared as one block.
    if (left.length <= 1 && right.length <= 1) one(left[0], right[0]);
    else if (left.length >= 2 && right.length >= 2) {
      if (canonicalJson(left) !== canonicalJson(right)) addPath(at.comparison.modified, path);
    } else if (left.length >= 2) {
      if (right.length > 0) one(undefined, right[0]);
      addPath(at.comparison.removed, path);
    } else {
      if (left.length > 0) one(left[0], undefined);
      addPath(at.comparison.added, path);
    }
  }
}

function compareLeaf({ before, after, path, comparison }: Comparing): void {
  if (before === undefined) addPath(comparison.added, path);
  else if (after === undefined) addPath(comparison.removed, path);
  else if (canonicalJson(before) !== canonicalJson(after)) addPath(comparison.modified, path);
}
