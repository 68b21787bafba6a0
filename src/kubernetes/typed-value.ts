// How a JSON value and its schema look to server-side apply: what is a leaf, what is merged member by member,
// and by which path element an item of a list is known.
import { isObject, type Json, type JsonObject } from '../core/json.ts';
import { fieldElement, keyElement, valueElement } from './field-set.ts';
import { definitionOf, type FieldSchema, memberSchema } from './schema.ts';

/** The form that a schema gives a value. A null fits any form. */
export type Form = 'map' | 'list' | 'scalar';

function formsOf(schema: FieldSchema): readonly Form[] {
  if (schema.ref !== undefined || schema.type === 'map') return ['map'];
  if (schema.type === 'array') return ['list'];
  if (schema.type === 'any') return ['map', 'scalar', 'list'];
  return ['scalar'];
}

/** The form of a value; where the schema leaves it open the value decides, and a map is taken for a null. */
export function formOf(schema: FieldSchema, value: Json | undefined): Form {
  const forms = formsOf(schema);
  const own = Array.isArray(value) ? 'list' : isObject(value) ? 'map' : 'scalar';
  if (value !== undefined && value !== null && forms.includes(own)) return own;
  return forms[0] ?? 'scalar';
}

/** True when the map or list is owned and replaced as a whole. */
export function isAtomic(schema: FieldSchema, form: Form): boolean {
  if (form === 'scalar') return true;
  if (form === 'list') return schema.list !== 'set' && schema.list !== 'map';
  return schema.atomic ?? definitionOf(schema)?.atomic ?? false;
}

export function itemSchema(schema: FieldSchema): FieldSchema {
  return schema.items ?? { type: 'any' };
}

/** The schema below a path element. */
export function schemaBelow(schema: FieldSchema, element: string): FieldSchema {
  if (!element.startsWith('f:')) return itemSchema(schema);
  return memberSchema(schema, element.slice(2)) ?? { type: 'any' };
}

/** True when the struct names the member itself, unlike the keys of a map such as labels. */
export function declares(schema: FieldSchema, name: string): boolean {
  const definition = definitionOf(schema);
  return definition !== undefined && Object.hasOwn(definition.fields, name);
}

/**
 * The path element of one item of a keyed list or set. A key that is left out takes its default (`protocol: TCP`).
 * fault: the server's words when the item cannot be told apart.
 */
export function elementOfItem(list: FieldSchema, item: Json): { element: string } | { fault: string } {
  if (list.list === 'set') {
    if (item === null)
      return { fault: "associative list without keys has an element that's an explicit null" };
    if (Array.isArray(item)) return { fault: 'not supported: associative list with lists as elements' };
    if (isObject(item)) return { fault: "associative list without keys has an element that's a map type" };
    return { element: valueElement(item) };
  }
  if (item === null) return { fault: 'associative list with keys may not have a null element' };
  if (!isObject(item)) return { fault: 'associative list with keys may not have non-map elements' };
  const keys = list.keys ?? [];
  const key: JsonObject = {};
  for (const name of keys) {
    const value = item[name] ?? memberSchema(itemSchema(list), name)?.default;
    if (value !== undefined) key[name] = value;
  }
  if (Object.keys(key).length === 0) {
    const names = keys.map(name => JSON.stringify(name)).join(' ');
    return {
      fault: `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
    };
  }
  return { element: keyElement(key) };
}

/** The items of a keyed list or set with their path elements; items that cannot be told apart are left out. */
export function itemsByElement(list: FieldSchema, items: readonly Json[]): { element: string; item: Json }[] {
  return items.flatMap(item => {
    const found = elementOfItem(list, item);
    return 'element' in found ? [{ element: found.element, item }] : [];
  });
}

/** The members of a map with their path elements. */
export function membersOf(value: JsonObject): { name: string; element: string; member: Json }[] {
  return Object.entries(value).flatMap(([name, member]) =>
    member === undefined ? [] : [{ name, element: fieldElement(name), member }],
  );
}
