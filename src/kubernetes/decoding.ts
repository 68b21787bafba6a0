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
  return mismatchOf(object, { wrong, badBytes: why => why });
}

/** The same of an object that a strategic merge made: servers convert that from maps instead of reading it. */
export function conversionMismatch(object: KubeObject): string | undefined {
  return mismatchOf(object, {
    wrong: notConverted,
    badBytes: why => `error decoding from json: ${why}`,
  });
}

interface Words {
  wrong(value: Json, place: Place): string;
  badBytes(why: string): string;
}

function mismatchOf(object: KubeObject, words: Words): string | undefined {
  if (!hasSchema(object.apiVersion, object.kind)) return undefined;
  const schema = schemaOf(object.apiVersion, object.kind);
  return mismatchIn(object as JsonObject, { schema, struct: goName(schema), path: '', words });
}

interface Place {
  schema: FieldSchema;
  /** The Go struct that holds the field. */
  struct: string;
  path: string;
  words: Words;
}

function mismatchIn(value: Json, place: Place): string | undefined {
  const { schema } = place;
  if (value === null || schema.type === 'any') return undefined;
  if (schema.type === 'array') {
    if (!Array.isArray(value)) return place.words.wrong(value, place);
    return first(value, item => mismatchIn(item, { ...place, schema: schema.items ?? { type: 'any' } }));
  }
  if (schema.type === 'map') {
    if (!isObject(value)) return place.words.wrong(value, place);
    return first(Object.values(value), member =>
      member === undefined
        ? undefined
        : mismatchIn(member, { ...place, schema: schema.values ?? { type: 'any' } }),
    );
  }
  const definition = definitionOf(schema);
  if (definition !== undefined) {
    if (!isObject(value)) return place.words.wrong(value, place);
    const struct = goName(schema).replace(/^.*\./, '');
    return first(Object.entries(value), ([name, member]) => {
      const inner = memberSchema(schema, name);
      if (member === undefined || inner === undefined) return undefined;
      return mismatchIn(member, {
        ...place,
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
      if (typeof value !== 'string') return place.words.wrong(value, place);
      if (format === 'byte') return badBytes(value, place.words);
      return format === 'date-time' || format === 'micro-time' ? badTime(value) : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : place.words.wrong(value, place);
    case 'number':
      return typeof value === 'number' ? undefined : place.words.wrong(value, place);
    case 'integer':
      if (typeof value !== 'number') return place.words.wrong(value, place);
      return fitsInteger(value, format) ? undefined : place.words.wrong(value, place);
    case 'int-or-string':
      return typeof value === 'string' || (typeof value === 'number' && fitsInteger(value, 'int32'))
        ? undefined
        : place.words.wrong(value, place);
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

function badBytes(value: string, words: Words): string | undefined {
  const bad = /[^A-Za-z0-9+/=\r\n]/.exec(value);
  if (bad === null && value.replaceAll(/[\r\n]/g, '').length % 4 === 0) return undefined;
  return words.badBytes(`illegal base64 data at input byte ${bad?.index ?? value.length - 1}`);
}

function wrong(value: Json, { schema, struct, path }: Place): string {
  return `json: cannot unmarshal ${jsonName(value, schema)} into Go struct field ${struct}.${path} of type ${goName(schema)}`;
}

function notConverted(value: Json, place: Place): string {
  const { schema } = place;
  const given = convertedName(value);
  if (schema.ref !== undefined) return `cannot restore struct from: ${given}`;
  if (schema.type === 'array' || schema.format === 'byte') return `cannot restore slice from ${given}`;
  if (schema.type === 'map') return `cannot restore map from ${given}`;
  if (schema.type === 'int-or-string')
    return `json: cannot unmarshal ${jsonName(value, { type: 'integer' })} into Go value of type int32`;
  if (schema.format === 'date-time' || schema.format === 'micro-time')
    return `json: cannot unmarshal ${jsonName(value, schema)} into Go value of type string`;
  const wanted = goName(schema);
  const numeric = given === 'int64' ? wanted === 'string' : given === 'float64' && schema.type === 'integer';
  return numeric ? `cannot convert ${given} to ${wanted}` : `unrecognized type: ${wanted}`;
}

/** What a value of JSON is once Go has it. */
function convertedName(value: Json): string {
  if (Array.isArray(value)) return 'slice';
  if (isObject(value)) return 'map';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'boolean' ? 'bool' : typeof value;
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
