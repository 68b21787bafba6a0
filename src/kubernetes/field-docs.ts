import { isObject, type Json, type JsonObject } from '../core/json.ts';
import { splitApiVersion } from './object.ts';

/*
 * Reads the schemas of an OpenAPI v3 document as a server sends them: references, the list and map types of built-in
 * kinds, and what definitions of custom kinds may leave open.
 */

/** The schemas of one document, by name. */
export type Schemas = JsonObject;

/** What a document says about one field. */
export interface FieldDocs {
  /** `string`, `integer (int32)`, `[]Container`, `map[string]string`, `any` … */
  type: string;
  /** Empty where the server gives none. */
  description: string;
  required: boolean;
  enum: Json[];
  default: Json | undefined;
}

/** One node of a schema, with references followed. */
export interface SchemaNode {
  schema: JsonObject;
  docs: FieldDocs;
}

// A chain of references in a document; longer ones are circles.
const mostReferences = 20;

/** The schema of a kind; undefined where the document has none of it. */
export function kindSchema(
  schemas: Schemas,
  { apiVersion, kind }: { apiVersion: string; kind: string },
): SchemaNode | undefined {
  const { group, version } = splitApiVersion(apiVersion);
  const own = Object.values(schemas).find(schema => {
    const names = isObject(schema) ? schema['x-kubernetes-group-version-kind'] : undefined;
    return (
      Array.isArray(names) &&
      names.some(
        each =>
          isObject(each) && each['group'] === group && each['version'] === version && each['kind'] === kind,
      )
    );
  });
  return own === undefined ? undefined : nodeOf(schemas, { field: own, required: false });
}

/** The fields below a node, of its items or values where it is a list or map, sorted by name. */
export function childrenOf(schemas: Schemas, { schema }: SchemaNode): Map<string, SchemaNode> {
  const inner = innermost(schemas, schema);
  const properties = isObject(inner['properties']) ? inner['properties'] : {};
  const required = Array.isArray(inner['required']) ? inner['required'] : [];
  const names = Object.keys(properties).toSorted();
  return new Map(
    names.map(name => [
      name,
      nodeOf(schemas, { field: properties[name], required: required.includes(name) }),
    ]),
  );
}

/** Whether any field may stand below it: the schema checks none. */
export function isOpen(schemas: Schemas, { schema }: SchemaNode): boolean {
  const inner = innermost(schemas, schema);
  return inner['x-kubernetes-preserve-unknown-fields'] === true || inner['additionalProperties'] === true;
}

function nodeOf(
  schemas: Schemas,
  { field, required }: { field: Json | undefined; required: boolean },
): SchemaNode {
  const own = isObject(field) ? field : {};
  const schema = resolved(schemas, own);
  const described = own['description'] ?? schema['description'];
  const values = own['enum'] ?? schema['enum'];
  const preset = own['default'] ?? schema['default'];
  return {
    schema,
    docs: {
      type: typeOf(schemas, own),
      description: typeof described === 'string' ? described : '',
      required,
      enum: Array.isArray(values) ? values : [],
      // Generated for what is required, and for objects whose fields have the defaults: none to speak of.
      default: required || isEmpty(preset) ? undefined : preset,
    },
  };
}

function isEmpty(value: Json | undefined): boolean {
  return value === '' || (isObject(value) && Object.keys(value).length === 0);
}

/** Lists and maps down to what they hold. */
function innermost(schemas: Schemas, schema: JsonObject): JsonObject {
  let inner = schema;
  for (let depth = 0; depth < mostReferences; depth++) {
    const below = inner['items'] ?? inner['additionalProperties'];
    if (!isObject(below) || isObject(inner['properties'])) break;
    inner = resolved(schemas, below);
  }
  return inner;
}

function resolved(schemas: Schemas, schema: JsonObject): JsonObject {
  let current = schema;
  for (let depth = 0; depth < mostReferences; depth++) {
    const name = referenceOf(current);
    const next = name !== undefined && Object.hasOwn(schemas, name) ? schemas[name] : undefined;
    if (!isObject(next)) break;
    current = next;
  }
  return current;
}

/** A reference stands alone, or in an allOf of one beside a description and a default. */
function referenceOf({ $ref, allOf }: JsonObject): string | undefined {
  const [only] = Array.isArray(allOf) && allOf.length === 1 ? allOf : [];
  const reference = $ref ?? (isObject(only) ? only['$ref'] : undefined);
  return typeof reference === 'string' ? reference.split('/').at(-1) : undefined;
}

function typeOf(schemas: Schemas, schema: JsonObject, depth = 0): string {
  if (depth > mostReferences) return 'any';
  const reference = referenceOf(schema);
  const { type, format, items, additionalProperties } = resolved(schemas, schema);
  if (schema['x-kubernetes-int-or-string'] === true || format === 'int-or-string') return 'integer or string';
  if (type === 'array') return `[]${isObject(items) ? typeOf(schemas, items, depth + 1) : 'any'}`;
  if (type === 'object' && isObject(additionalProperties))
    return `map[string]${typeOf(schemas, additionalProperties, depth + 1)}`;
  // Types of Kubernetes itself are known by their names: Container, Quantity.
  const name = reference?.split('.').at(-1);
  if (name !== undefined && (type === 'object' || type === undefined)) return name;
  if (typeof type !== 'string') return 'any';
  return typeof format === 'string' && format !== '' ? `${type} (${format})` : type;
}
