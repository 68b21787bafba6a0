// Whether an object that a server sent has the JSON types that its kind has. Whoever reads one relies on that, so it is
// looked at once, where the object comes in.
import { isObject, type Json, type JsonObject } from '../core/json.ts';
import { definitionOf, type FieldSchema, schemaOf } from './schema.ts';

/** What every server sends of these, and Vigie reads without asking; all else may be absent. By name of definition. */
const needed: ReadonlyMap<string, readonly string[]> = new Map([
  ['meta.v1.OwnerReference', ['apiVersion', 'kind', 'name', 'uid']],
  ['core.v1.Pod', ['spec']],
  ['core.v1.PodSpec', ['containers']],
  ['core.v1.PodTemplateSpec', ['spec']],
  ['core.v1.Event', ['involvedObject']],
  ['core.v1.Service', ['spec']],
  ['core.v1.PersistentVolume', ['spec']],
  ['core.v1.PersistentVolumeClaim', ['spec']],
  ['apps.v1.Deployment', ['spec']],
  ['apps.v1.DeploymentSpec', ['selector', 'template']],
  ['apps.v1.ReplicaSet', ['spec']],
  ['apps.v1.ReplicaSetSpec', ['selector', 'template']],
  ['apps.v1.StatefulSet', ['spec']],
  ['apps.v1.StatefulSetSpec', ['selector', 'template']],
  ['apps.v1.DaemonSet', ['spec']],
  ['apps.v1.DaemonSetSpec', ['selector', 'template']],
  ['batch.v1.Job', ['spec']],
  ['batch.v1.JobSpec', ['template']],
  ['batch.v1.CronJob', ['spec']],
  ['batch.v1.CronJobSpec', ['jobTemplate']],
  ['batch.v1.JobTemplateSpec', ['spec']],
  ['autoscaling.v1.HorizontalPodAutoscaler', ['spec']],
  ['autoscaling.v2.HorizontalPodAutoscaler', ['spec']],
  ['networking.v1.Ingress', ['spec']],
  ['apiextensions.v1.CustomResourceDefinition', ['spec']],
  ['apiregistration.v1.APIService', ['spec']],
]);

/**
 * The path of the first field that its kind has with another type (`spec.containers`, `status.conditions[0].type`), or
 * that is missing where it never is; undefined when all fit. Members that are null go, as the server reads them: absent.
 * Kinds without a schema have fixed metadata and else anything, and so has what `metadataOnly` says is no whole object.
 */
export function misfitOf(
  object: JsonObject,
  { apiVersion, kind, metadataOnly = false }: { apiVersion: string; kind: string; metadataOnly?: boolean },
): string | undefined {
  return below(object, shapeOf(metadataOnly ? schemaOf('', '') : schemaOf(apiVersion, kind)));
}

/** A schema with what it refers to at hand: large lists are looked at item by item, and looking up took most of it. */
interface Shape {
  is: 'text' | 'number' | 'flag' | 'text or number' | 'list' | 'map' | 'struct' | 'any';
  /** Times are null in every pod and event, and read as what may be null. */
  mayBeNull: boolean;
  /** Of a struct. */
  fields: Map<string, Shape>;
  required: readonly string[];
  /** Of a list or a map; absent: any. */
  inner?: Shape;
}

/** By name of definition: definitions contain themselves. */
const structs = new Map<string, Shape>();

function shapeOf(schema: FieldSchema): Shape {
  const { ref, format } = schema;
  const definition = definitionOf(schema);
  if (ref === undefined || definition === undefined) {
    const inner = schema.items ?? schema.values;
    return {
      is: isOf(schema),
      mayBeNull: format === 'date-time' || format === 'micro-time',
      fields: new Map(),
      required: [],
      ...(inner === undefined ? {} : { inner: shapeOf(inner) }),
    };
  }
  const known = structs.get(ref);
  if (known !== undefined) return known;
  const shape: Shape = { is: 'struct', mayBeNull: false, fields: new Map(), required: needed.get(ref) ?? [] };
  structs.set(ref, shape);
  for (const [name, field] of Object.entries(definition.fields)) shape.fields.set(name, shapeOf(field));
  return shape;
}

function isOf({ type = 'any' }: FieldSchema): Shape['is'] {
  switch (type) {
    case 'any':
    case 'map':
      return type;
    case 'array':
      return 'list';
    case 'string':
      return 'text';
    case 'boolean':
      return 'flag';
    case 'integer':
    case 'number':
      return 'number';
    case 'quantity':
    case 'int-or-string':
      return 'text or number';
  }
}

/** `''` for the value itself, `.name` or `[0]` and further for what lies in it. */
function below(value: Json, shape: Shape): string | undefined {
  switch (shape.is) {
    case 'any':
      return undefined;
    case 'text':
      return typeof value === 'string' ? undefined : '';
    case 'number':
      return typeof value === 'number' ? undefined : '';
    case 'flag':
      return typeof value === 'boolean' ? undefined : '';
    case 'text or number':
      return typeof value === 'string' || typeof value === 'number' ? undefined : '';
    case 'list':
      return Array.isArray(value) ? belowItems(value, shape.inner) : '';
    case 'map':
      return isObject(value) ? belowValues(value, shape.inner) : '';
    case 'struct':
      return isObject(value) ? belowStruct(value, shape) : '';
  }
}

function belowStruct(value: JsonObject, { fields, required }: Shape): string | undefined {
  for (const name in value) {
    const field = fields.get(name);
    const member = value[name];
    if (field === undefined || member === undefined) continue;
    if (member === null) {
      if (!field.mayBeNull) delete value[name];
      continue;
    }
    const wrong = below(member, field);
    if (wrong !== undefined) return `.${name}${wrong}`;
  }
  for (const name of required) if (value[name] === undefined) return `.${name}`;
  return undefined;
}

function belowItems(items: readonly Json[], inner: Shape | undefined): string | undefined {
  if (inner === undefined) return undefined;
  for (const [index, item] of items.entries()) {
    const wrong = below(item, inner);
    if (wrong !== undefined) return `[${index}]${wrong}`;
  }
  return undefined;
}

/** The names of a map are the cluster's own words and stand in no path. */
function belowValues(map: JsonObject, inner: Shape | undefined): string | undefined {
  if (inner === undefined) return undefined;
  for (const name in map) {
    const wrong = below(map[name] ?? null, inner);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}
