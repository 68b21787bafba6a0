// What the API server makes of an object before it looks at it: unknown fields go, unset structs and zeros take
// their wire form, quantities become canonical, and the defaults of each struct are filled in, outer ones first.
import { isObject, type Json, type JsonObject } from '../core/json.ts';
import { admissionDefaults } from './defaults/admission.ts';
import { autoscalingDefaults } from './defaults/autoscaling.ts';
import type { Fill } from './defaults/fill.ts';
import { jobDefaults } from './defaults/jobs.ts';
import { networkDefaults } from './defaults/network.ts';
import { podDefaults } from './defaults/pods.ts';
import { storageDefaults } from './defaults/storage.ts';
import { workloadDefaults } from './defaults/workloads.ts';
import type { KubeObject } from './object.ts';
import { canonicalQuantity } from './quantities.ts';
import { definitionOf, type FieldSchema, hasSchema, schemaOf, zeroValue } from './schema.ts';

const fills = new Map<string, Fill>(
  [
    podDefaults,
    workloadDefaults,
    jobDefaults,
    networkDefaults,
    storageDefaults,
    autoscalingDefaults,
    admissionDefaults,
  ].flatMap(family => Object.entries(family)),
);

/**
 * The object as the API server stores it, with the values it fills in for fields left out. Repeating it changes nothing.
 * What the server allocates (clusterIP, node ports, uid) and what admission adds is not part of it.
 * Objects of kinds without a schema are returned as they are.
 */
export function withDefaults(object: KubeObject): KubeObject {
  if (!hasSchema(object.apiVersion, object.kind)) return object;
  const filled = defaulted(object as JsonObject, schemaOf(object.apiVersion, object.kind));
  return { ...(filled as JsonObject), apiVersion: object.apiVersion, kind: object.kind } as KubeObject;
}

function defaulted(value: Json, schema: FieldSchema): Json {
  if (Array.isArray(value)) {
    const items = schema.items ?? { type: 'any' };
    return value.map(item => defaulted(item, items));
  }
  const definition = definitionOf(schema);
  if (definition !== undefined && isObject(value)) {
    const given: JsonObject = {};
    for (const [name, field] of Object.entries(definition.fields)) {
      const member = Object.hasOwn(value, name) ? value[name] : undefined;
      const kept = decoded(member, field);
      if (kept !== undefined) given[name] = kept;
    }
    fills.get(schema.ref ?? '')?.(given);
    const result: JsonObject = {};
    for (const [name, field] of Object.entries(definition.fields)) {
      const member = given[name] ?? (field.always === true ? zeroValue(field) : undefined);
      if (member !== undefined) result[name] = defaulted(member, field);
    }
    return result;
  }
  if (schema.type === 'map' && isObject(value) && schema.values !== undefined) {
    const { values } = schema;
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, member]): [string, Json][] =>
        member === undefined ? [] : [[name, defaulted(member ?? zeroValue(values), values)]],
      ),
    );
  }
  if (schema.type === 'quantity' && (typeof value === 'string' || typeof value === 'number')) {
    return canonicalQuantity(value);
  }
  return value;
}

/** The member as the server reads it; undefined when it counts as unset. */
function decoded(member: Json | undefined, field: FieldSchema): Json | undefined {
  if (member === undefined || member === null || isUnset(member, field)) {
    return field.default === undefined || isZero(field.default) ? undefined : field.default;
  }
  return member;
}

function isUnset(member: Json, field: FieldSchema): boolean {
  if (field.always === true || field.pointer === true) return false;
  if (Array.isArray(member)) return member.length === 0;
  if (isObject(member)) return field.type === 'map' && Object.keys(member).length === 0;
  // An int-or-string that is no pointer is a struct, which has no zero that is left out.
  return field.type !== 'any' && isZero(member);
}

function isZero(value: Json): boolean {
  return value === '' || value === 0 || value === false;
}
