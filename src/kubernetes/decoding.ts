// What the API server finds when it reads a body: fields the kind does not have, and values of the wrong JSON type.
import { isObject, type Json, type JsonObject } from '../core/json.ts';
import type { KubeObject } from './object.ts';
import { readQuantity } from './quantities.ts';
import { definitionOf, type FieldSchema, hasSchema, memberSchema, schemaOf } from './schema.ts';

/**
 * The paths of fields that the object's kind does not have, as the server's warning names them:
 * `spec.containers[0].imagee`. None for kinds without a schema.
 */
export function unknownFields(object: KubeObject): string[] {
  if (!hasSchema(object.apiVersion, object.kind)) return [];
  return unknownBelow(object as JsonObject, { schema: schemaOf(object.apiVersion, object.kind), path: '' });
}

function unknownBelow(value: Json, { schema, path }: { schema: FieldSchema; path: string }): string[] {
  if (Array.isArray(value)) {
    const items = schema.items;
    if (items === undefined) return [];
    return value.flatMap((item, index) => unknownBelow(item, { schema: items, path: `${path}[${index}]` }));
  }
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    if (member === undefined) return [];
    const below = path === '' ? name : `${path}.${name}`;
    const inner = memberSchema(schema, name);
    if (inner === undefined) return schema.ref === undefined ? [] : [below];
    return unknownBelow(member, { schema: inner, path: below });
  });
}

/**
 * The server's words for the first value it cannot read, as they follow `… cannot be handled as a Deployment: `;
 * undefined when all can be read. Kinds without a schema read anything.
 */
export function typeMismatch(object: KubeObject): string | undefined {
  if (!hasSchema(object.apiVersion, object.kind)) return undefined;
  const schema = schemaOf(object.apiVersion, object.kind);
  return mismatchIn(object as JsonObject, { schema, struct: goName(schema), path: '' });
}

interface Place {
  schema: FieldSchema;
  /** The Go struct that holds the field. */
  struct: string;
  path: string;
}

function mismatchIn(value: Json, place: Place): string | undefined {
  const { schema } = place;
  if (value === null || schema.type === 'any') return undefined;
  if (schema.type === 'array') {
    if (!Array.isArray(value)) return wrong(value, place);
    return first(value, item => mismatchIn(item, { ...place, schema: schema.items ?? { type: 'any' } }));
  }
  if (schema.type === 'map') {
    if (!isObject(value)) return wrong(value, place);
    return first(Object.values(value), member =>
      member === undefined
        ? undefined
        : mismatchIn(member, { ...place, schema: schema.values ?? { type: 'any' } }),
    );
  }
  const definition = definitionOf(schema);
  if (definition !== undefined) {
    if (!isObject(value)) return wrong(value, place);
    const struct = goName(schema).replace(/^.*\./, '');
    return first(Object.entries(value), ([name, member]) => {
      const inner = memberSchema(schema, name);
      if (member === undefined || inner === undefined) return undefined;
      return mismatchIn(member, {
        schema: inner,
        struct,
        path: place.path === '' ? name : `${place.path}.${name}`,
      });
    });
  }
  return scalarMismatch(value, place);
}

function scalarMismatch(value: Json, place: Place): string | undefined {
  const { type = 'any', format } = place.schema;
  switch (type) {
    case 'string':
      if (typeof value !== 'string') return wrong(value, place);
      if (format === 'byte') return badBytes(value);
      return format === 'date-time' || format === 'micro-time' ? badTime(value) : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : wrong(value, place);
    case 'number':
      return typeof value === 'number' ? undefined : wrong(value, place);
    case 'integer':
      if (typeof value !== 'number') return wrong(value, place);
      return fitsInteger(value, format) ? undefined : wrong(value, place);
    case 'int-or-string':
      return typeof value === 'string' || (typeof value === 'number' && fitsInteger(value, 'int32'))
        ? undefined
        : wrong(value, place);
    case 'quantity':
      if ((typeof value === 'string' || typeof value === 'number') && readQuantity(value) !== undefined)
        return undefined;
      return "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    case 'array':
    case 'map':
    case 'any':
      return undefined;
  }
}

function fitsInteger(value: number, format: string | undefined): boolean {
  if (!Number.isInteger(value)) return false;
  return format === 'int64' || (value >= -(2 ** 31) && value < 2 ** 31);
}

function badTime(value: string): string | undefined {
  const isTime =
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value) &&
    !Number.isNaN(Date.parse(value));
  if (isTime) return undefined;
  const text = JSON.stringify(value);
  return `parsing time ${text} as "2006-01-02T15:04:05Z07:00": cannot parse ${text} as "2006"`;
}

function badBytes(value: string): string | undefined {
  const bad = /[^A-Za-z0-9+/=\r\n]/.exec(value);
  if (bad === null && value.replaceAll(/[\r\n]/g, '').length % 4 === 0) return undefined;
  return `illegal base64 data at input byte ${bad?.index ?? value.length - 1}`;
}

function wrong(value: Json, { schema, struct, path }: Place): string {
  return `json: cannot unmarshal ${jsonName(value, schema)} into Go struct field ${struct}.${path} of type ${goName(schema)}`;
}

function jsonName(value: Json, schema: FieldSchema): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  // A number of the right JSON type that does not fit is named with its value.
  if (typeof value === 'number') return schema.type === 'integer' ? `number ${value}` : 'number';
  return typeof value;
}

function goName(schema: FieldSchema): string {
  if (schema.ref !== undefined) return schema.ref.replace(/^[a-z]+\./, '');
  switch (schema.type ?? 'any') {
    case 'integer':
      return schema.format ?? 'int32';
    case 'int-or-string':
      return 'int32';
    case 'number':
      return 'float64';
    case 'boolean':
      return 'bool';
    case 'array':
      return `[]${goName(schema.items ?? { type: 'any' })}`;
    case 'map':
      return `map[string]${goName(schema.values ?? { type: 'any' })}`;
    case 'quantity':
      return 'resource.Quantity';
    case 'string':
    case 'any':
      return 'string';
  }
}

function first<T>(items: readonly T[], find: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
