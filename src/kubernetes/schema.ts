// What the API server knows about its kinds, from schema/bundle.json (written by scripts/build-schema.mjs).
// Everything that merges, compares, defaults or validates walks an object and its FieldSchema side by side.
import type { Json, JsonObject } from '../core/json.ts';
import bundle from './schema/bundle.json' with { type: 'json' };

/** One kind the API server serves as a resource, as discovery describes it. */
export interface KindInfo {
  apiVersion: string;
  group: string;
  version: string;
  kind: string;
  plural: string;
  singular: string;
  shortNames: readonly string[];
  categories: readonly string[];
  namespaced: boolean;
  verbs: readonly string[];
  subresources: readonly SubresourceInfo[];
  /** The name of the kind's definition. */
  definition: string;
}

/** A subresource (`status`, `scale`, `log` …) and the kind it exchanges. */
export interface SubresourceInfo {
  name: string;
  apiVersion: string;
  kind: string;
  verbs: readonly string[];
}

/** A struct of the API. */
export interface Definition {
  fields: { [name: string]: FieldSchema };
  required?: string[];
  /** Written and owned as a whole by server-side apply. */
  atomic?: boolean;
  /** Members that are not declared are allowed and may hold any JSON. */
  open?: boolean;
}

/** One field: either `ref` (a struct, by the name of its definition) or `type`. */
export interface FieldSchema {
  ref?: string;
  /** `any` is untyped JSON: maps in it merge by member, lists are atomic. */
  type?: 'string' | 'integer' | 'number' | 'boolean' | 'quantity' | 'int-or-string' | 'array' | 'map' | 'any';
  format?: string;
  items?: FieldSchema;
  values?: FieldSchema;
  /** How server-side apply treats an array. Absent means atomic. */
  list?: 'atomic' | 'set' | 'map';
  /** The key fields of a `map` list. They differ from mergeKey on 13 fields. */
  keys?: string[];
  /** A map or struct owned as a whole, or (false) one that is not although its definition is. */
  atomic?: boolean;
  /** `merge`, `replace`, `retainKeys` or several: how a strategic merge patch treats the field. */
  strategy?: string;
  /** The key of a strategic merge. */
  mergeKey?: string;
  enum?: string[];
  default?: string | number | boolean;
  /** The server writes the field even when it is unset. */
  always?: boolean;
  /** A zero (or an empty string, or false) is a value of its own; without this flag it is the same as unset. */
  pointer?: boolean;
}

interface Bundle {
  version: string;
  kinds: Omit<KindInfo, 'group' | 'version'>[];
  otherKinds: { apiVersion: string; kind: string; definition: string }[];
  definitions: { [name: string]: Definition };
}

interface Index {
  kinds: readonly KindInfo[];
  byKind: Map<string, KindInfo>;
  byResource: Map<string, KindInfo>;
  definitionByKind: Map<string, string>;
  definitions: Map<string, Definition>;
}

/** The definition of kinds that the bundle does not hold (custom resources): typed metadata, anything else open. */
const customDefinition = 'custom';

let index: Index | undefined;

function readIndex(): Index {
  if (index !== undefined) return index;
  // The JSON border: a generated file, whose form a test checks.
  const facts = bundle as unknown as Bundle;
  const kinds = facts.kinds.map(entry => {
    const slash = entry.apiVersion.indexOf('/');
    return {
      ...entry,
      group: entry.apiVersion.slice(0, Math.max(slash, 0)),
      version: entry.apiVersion.slice(slash + 1),
    };
  });
  const definitions = new Map(Object.entries(facts.definitions));
  definitions.set(customDefinition, {
    fields: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { ref: 'meta.v1.ObjectMeta', always: true },
    },
    open: true,
  });
  index = {
    kinds,
    byKind: new Map(kinds.map(info => [`${info.apiVersion} ${info.kind}`, info])),
    byResource: new Map(kinds.map(info => [`${info.apiVersion} ${info.plural}`, info])),
    definitionByKind: new Map(
      [...kinds, ...facts.otherKinds].map(info => [`${info.apiVersion} ${info.kind}`, info.definition]),
    ),
    definitions,
  };
  return index;
}

/** The version of the API server the facts were read from: `v1.36.2`. */
export function schemaVersion(): string {
  return bundle.version;
}

/** Every kind that is a resource of its own, core group first. */
export function allKinds(): readonly KindInfo[] {
  return readIndex().kinds;
}

export function kindInfo(apiVersion: string, kind: string): KindInfo | undefined {
  return readIndex().byKind.get(`${apiVersion} ${kind}`);
}

/** The kind behind a path: group '' is the core group. */
export function kindOfResource(at: { group: string; version: string; plural: string }): KindInfo | undefined {
  const apiVersion = at.group === '' ? at.version : `${at.group}/${at.version}`;
  return readIndex().byResource.get(`${apiVersion} ${at.plural}`);
}

/** True when the fields of the kind are known; false for custom resources. */
export function hasSchema(apiVersion: string, kind: string): boolean {
  return readIndex().definitionByKind.has(`${apiVersion} ${kind}`);
}

/** The schema of a whole object. Kinds that are not known get typed metadata and open fields. */
export function schemaOf(apiVersion: string, kind: string): FieldSchema {
  return { ref: readIndex().definitionByKind.get(`${apiVersion} ${kind}`) ?? customDefinition };
}

export function definitionNamed(name: string): Definition | undefined {
  return readIndex().definitions.get(name);
}

/** The definition a field refers to; undefined when the field is no struct. */
export function definitionOf(schema: FieldSchema): Definition | undefined {
  return schema.ref === undefined ? undefined : readIndex().definitions.get(schema.ref);
}

/** The schema of one member of a struct or a map; undefined when the struct does not declare it. */
export function memberSchema(schema: FieldSchema, name: string): FieldSchema | undefined {
  const definition = definitionOf(schema);
  if (definition !== undefined) {
    if (Object.hasOwn(definition.fields, name)) return definition.fields[name];
    return definition.open === true ? { type: 'any' } : undefined;
  }
  if (schema.type === 'map') return schema.values;
  return schema.type === 'any' ? schema : undefined;
}

/** The schema at a path of field names; a list is passed through to its items. */
export function schemaAt(root: FieldSchema, path: readonly string[]): FieldSchema | undefined {
  let schema: FieldSchema | undefined = root;
  for (const name of path) {
    while (schema?.type === 'array') schema = schema.items;
    schema = schema === undefined ? undefined : memberSchema(schema, name);
  }
  return schema;
}

/**
 * What the server writes for an object in which nothing is set: structs as {}, and null, '' or 0 where the
 * API has no word for "absent". It decides what a first write adds.
 */
export function zeroValue(schema: FieldSchema): Json {
  const definition = definitionOf(schema);
  if (definition !== undefined && schema.pointer !== true) {
    const zero: JsonObject = {};
    for (const [name, field] of Object.entries(definition.fields)) {
      if (field.always === true) zero[name] = zeroValue(field);
    }
    return zero;
  }
  if (schema.pointer === true) return null;
  switch (schema.type ?? 'any') {
    case 'string':
      // A time that is unset is null; any other text is empty.
      return schema.format === undefined ? '' : null;
    case 'integer':
    case 'number':
    case 'int-or-string':
      return 0;
    case 'boolean':
      return false;
    case 'quantity':
      return '0';
    case 'array':
    case 'map':
    case 'any':
      return null;
  }
}
