// The OpenAPI v3 documents of the API, made from the schema bundle: the paths, operations and query parameters that
// clients look for (dry run, field manager, field validation) and the schemas, without prose.
import type { JsonObject } from '../core/json.ts';
import {
  allKinds,
  definitionNamed,
  type FieldSchema,
  type KindInfo,
  type SubresourceInfo,
  schemaVersion,
} from './schema.ts';

/** The body of GET /openapi/v3: where the document of each group-version is. */
export function openApiV3Index(): JsonObject {
  const paths: JsonObject = {};
  for (const apiVersion of new Set(allKinds().map(info => info.apiVersion))) {
    const root = rootOf(apiVersion);
    // A document is a constant of the version it was made from, so that is its hash.
    paths[root] = { serverRelativeURL: `/openapi/v3/${root}?hash=${schemaVersion()}` };
  }
  return { paths };
}

/** The OpenAPI v3 document of one group-version (`v1`, `apps/v1`); undefined when it is not served. */
export function openApiV3Doc(groupVersion: string): JsonObject | undefined {
  const kinds = allKinds().filter(info => info.apiVersion === groupVersion);
  if (kinds.length === 0) return undefined;
  const schemas = new Map<string, JsonObject>();
  for (const info of kinds) {
    addSchema(schemas, info.definition);
    const schema = schemas.get(info.definition);
    if (schema !== undefined) schema['x-kubernetes-group-version-kind'] = [kindName(info)];
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: schemaVersion() },
    paths: Object.fromEntries(kinds.flatMap(pathsOf)),
    components: { schemas: Object.fromEntries(schemas) },
  };
}

function rootOf(apiVersion: string): string {
  return apiVersion.includes('/') ? `apis/${apiVersion}` : `api/${apiVersion}`;
}

function kindName({ group, version, kind }: { group: string; version: string; kind: string }): JsonObject {
  return { group, version, kind };
}

// What the verbs of discovery are called as operations, and where: on the collection or on one object.
const operationOf = {
  list: { method: 'get', action: 'list', on: 'collection' },
  create: { method: 'post', action: 'post', on: 'collection' },
  deletecollection: { method: 'delete', action: 'deletecollection', on: 'collection' },
  get: { method: 'get', action: 'get', on: 'object' },
  update: { method: 'put', action: 'put', on: 'object' },
  patch: { method: 'patch', action: 'patch', on: 'object' },
  delete: { method: 'delete', action: 'delete', on: 'object' },
} as const;

type Verb = keyof typeof operationOf;

function pathsOf(info: KindInfo): [string, JsonObject][] {
  const root = `/${rootOf(info.apiVersion)}${info.namespaced ? '/namespaces/{namespace}' : ''}/${info.plural}`;
  const paths: [string, JsonObject][] = [
    [root, operationsOn(info, { on: 'collection', verbs: info.verbs })],
    [`${root}/{name}`, operationsOn(info, { on: 'object', verbs: info.verbs })],
  ];
  if (info.namespaced && info.verbs.includes('list')) {
    const everywhere = `/${rootOf(info.apiVersion)}/${info.plural}`;
    paths.push([everywhere, operationsOn(info, { on: 'collection', verbs: ['list'] })]);
  }
  for (const subresource of info.subresources) {
    paths.push([`${root}/{name}/${subresource.name}`, subresourceOperations(info, subresource)]);
  }
  return paths.filter(([, operations]) => Object.keys(operations).length > 0);
}

function operationsOn(
  info: KindInfo,
  { on, verbs }: { on: 'collection' | 'object'; verbs: readonly string[] },
): JsonObject {
  const operations: JsonObject = {};
  for (const verb of verbs) {
    if (!isVerb(verb)) continue;
    const { method, action, on: place } = operationOf[verb];
    if (place === on)
      operations[method] = operation({ action, verb, kind: kindName(info), schema: info.definition });
  }
  return operations;
}

function subresourceOperations(info: KindInfo, { apiVersion, kind, verbs }: SubresourceInfo): JsonObject {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  const operations: JsonObject = {};
  for (const verb of verbs) {
    if (!isVerb(verb)) continue;
    const { method, action } = operationOf[verb];
    const schema = kind === info.kind ? info.definition : undefined;
    operations[method] = operation({ action, verb, kind: { group, version, kind }, schema });
  }
  return operations;
}

const patchTypes = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];

function operation(about: {
  action: string;
  verb: Verb;
  kind: JsonObject;
  schema: string | undefined;
}): JsonObject {
  const { action, verb, kind, schema } = about;
  const content = schema === undefined ? { type: 'object' } : { $ref: `#/components/schemas/${schema}` };
  const body = { content: { 'application/json': { schema: content } } };
  const bodies: JsonObject =
    verb === 'patch'
      ? {
          requestBody: {
            content: Object.fromEntries(patchTypes.map(type => [type, { schema: { type: 'object' } }])),
          },
        }
      : verb === 'create' || verb === 'update'
        ? { requestBody: body }
        : {};
  return {
    parameters: parametersOf(verb),
    ...bodies,
    responses: { 200: { description: 'OK', ...(verb === 'list' ? {} : body) } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': kind,
  };
}

const listParameters = [
  'continue',
  'fieldSelector',
  'labelSelector',
  'limit',
  'resourceVersion',
  'resourceVersionMatch',
  'sendInitialEvents',
  'timeoutSeconds',
  'watch',
];

function parametersOf(verb: Verb): JsonObject[] {
  switch (verb) {
    case 'list':
      return listParameters.map(query);
    case 'get':
      return [];
    case 'create':
    case 'update':
      return ['dryRun', 'fieldManager', 'fieldValidation'].map(query);
    case 'patch':
      return ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map(query);
    case 'delete':
    case 'deletecollection':
      return ['dryRun', 'gracePeriodSeconds', 'orphanDependents', 'propagationPolicy'].map(query);
  }
}

const parameterTypes: Record<string, string> = {
  force: 'boolean',
  gracePeriodSeconds: 'integer',
  limit: 'integer',
  orphanDependents: 'boolean',
  sendInitialEvents: 'boolean',
  timeoutSeconds: 'integer',
  watch: 'boolean',
};

function query(name: string): JsonObject {
  return { name, in: 'query', schema: { type: parameterTypes[name] ?? 'string', uniqueItems: true } };
}

function isVerb(verb: string): verb is Verb {
  return Object.hasOwn(operationOf, verb);
}

/** Adds a definition and all it refers to. */
function addSchema(schemas: Map<string, JsonObject>, name: string): void {
  const definition = definitionNamed(name);
  if (schemas.has(name) || definition === undefined) return;
  const schema: JsonObject = { type: 'object' };
  schemas.set(name, schema);
  schema['properties'] = Object.fromEntries(
    Object.entries(definition.fields).map(([field, member]) => [field, fieldDocument(schemas, member)]),
  );
  if (definition.required !== undefined) schema['required'] = definition.required;
  if (definition.atomic === true) schema['x-kubernetes-map-type'] = 'atomic';
}

function fieldDocument(schemas: Map<string, JsonObject>, field: FieldSchema): JsonObject {
  return {
    ...typeDocument(schemas, field),
    ...(field.list === undefined ? {} : { 'x-kubernetes-list-type': field.list }),
    ...(field.keys === undefined ? {} : { 'x-kubernetes-list-map-keys': field.keys }),
    ...(field.atomic === undefined ? {} : { 'x-kubernetes-map-type': field.atomic ? 'atomic' : 'granular' }),
    ...(field.strategy === undefined ? {} : { 'x-kubernetes-patch-strategy': field.strategy }),
    ...(field.mergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': field.mergeKey }),
    ...(field.enum === undefined ? {} : { enum: field.enum }),
    ...(field.default === undefined ? {} : { default: field.default }),
  };
}

function typeDocument(schemas: Map<string, JsonObject>, field: FieldSchema): JsonObject {
  if (field.ref !== undefined) {
    addSchema(schemas, field.ref);
    // Alone, a $ref would hide the keywords beside it.
    return { allOf: [{ $ref: `#/components/schemas/${field.ref}` }] };
  }
  switch (field.type ?? 'any') {
    case 'array':
      return { type: 'array', items: fieldDocument(schemas, field.items ?? { type: 'any' }) };
    case 'map':
      return {
        type: 'object',
        additionalProperties: fieldDocument(schemas, field.values ?? { type: 'any' }),
      };
    case 'quantity':
      return { oneOf: [{ type: 'string' }, { type: 'number' }] };
    case 'int-or-string':
      return { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] };
    case 'string':
    case 'integer':
    case 'number':
    case 'boolean': {
      const format = field.format === 'micro-time' ? 'date-time' : field.format;
      return { type: field.type, ...(format === undefined ? {} : { format }) };
    }
    case 'any':
      return { 'x-kubernetes-preserve-unknown-fields': true };
  }
}
