// Whether an object that a server sent has the JSON types that its kind has. Whoever reads one relies on that, so it is
// looked at once, where the object comes in.
import { isObject, type Json, type JsonObject } from '../core/json.ts';
import { type Definition, definitionOf, type FieldSchema, schemaOf } from './schema.ts';

/** What every server sends of these, and Vigie reads without asking; all else may be absent. By name of definition. */
const needed: ReadonlyMap<string, readonly string[]> = new Map([
  ['core.v1.Pod', ['spec']],
  ['core.v1.PodSpec', ['containers']],
  ['core.v1.PodTemplateSpec', ['spec']],
  ['core.v1.Event', ['involvedObject']],
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
  return below(object, metadataOnly ? schemaOf('', '') : schemaOf(apiVersion, kind));
}

/** `''` for the value itself, `.name` or `[0]` and further for what lies in it. */
function below(value: Json, schema: FieldSchema): string | undefined {
  const definition = definitionOf(schema);
  if (definition !== undefined) {
    if (!isObject(value)) return '';
    return belowStruct(value, { definition, required: needed.get(schema.ref ?? '') ?? [] });
  }
  switch (schema.type ?? 'any') {
    case 'any':
      return undefined;
    case 'array':
      return Array.isArray(value) ? belowItems(value, schema.items ?? {}) : '';
    case 'map':
      return isObject(value) ? belowValues(value, schema.values ?? {}) : '';
    case 'string':
      return typeof value === 'string' ? undefined : '';
    case 'boolean':
      return typeof value === 'boolean' ? undefined : '';
    case 'integer':
    case 'number':
      return typeof value === 'number' ? undefined : '';
    case 'quantity':
    case 'int-or-string':
      return typeof value === 'string' || typeof value === 'number' ? undefined : '';
  }
}

function belowStruct(
  value: JsonObject,
  { definition, required }: { definition: Definition; required: readonly string[] },
): string | undefined {
  for (const name of Object.keys(value)) {
    const field = Object.hasOwn(definition.fields, name) ? definition.fields[name] : undefined;
    const member = value[name];
    if (field === undefined || member === undefined) continue;
    if (member === null) {
      // Times are null in every pod and event, and read as what may be null.
      if (field.format !== 'date-time' && field.format !== 'micro-time') delete value[name];
      continue;
    }
    const wrong = below(member, field);
    if (wrong !== undefined) return `.${name}${wrong}`;
  }
  const missing = required.find(name => value[name] === undefined);
  return missing === undefined ? undefined : `.${missing}`;
}

function belowItems(items: readonly Json[], schema: FieldSchema): string | undefined {
  for (let index = 0; index < items.length; index += 1) {
    const wrong = below(items[index] ?? null, schema);
    if (wrong !== undefined) return `[${index}]${wrong}`;
  }
  return undefined;
}

/** The names of a map are the cluster's own words and stand in no path. */
function belowValues(map: JsonObject, schema: FieldSchema): string | undefined {
  for (const name of Object.keys(map)) {
    const wrong = below(map[name] ?? null, schema);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}
