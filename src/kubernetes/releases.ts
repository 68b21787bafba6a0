import { isObject, type Json, type JsonObject } from '../core/json.ts';
import { dropFields } from './drop-fields.ts';
import type { KubeObject } from './object.ts';
import facts from './releases.json' with { type: 'json' };
import { definitionNamed, type FieldSchema, hasSchema, memberSchema, schemaOf } from './schema.ts';

/*
 * What an older server lacks. The schema is that of the newest version; a server is told apart by its minor version (28
 * of 1.28). Versions before 1.28 look like it.
 */

// The JSON border: the file is ours.
const since: { resources: Record<string, number>; fields: Record<string, Record<string, number[]>> } = facts;

/** Whether a server serves a resource (`apps/deployments`, `/pods/resize`). */
export function servesResource(minor: number, name: string): boolean {
  return (since.resources[name] ?? 0) <= minor;
}

/** A field that an object has and its server lacks. */
export interface LateField {
  /** `spec.containers[0].restartPolicyRules` */
  path: string;
  /** The server knows of it but keeps it only when told to: it is dropped without a word. */
  known: boolean;
}

/** The fields of an object that came after its server. */
export function lateFields(minor: number, object: KubeObject): LateField[] {
  const { apiVersion, kind } = object;
  if (minor >= latest || !hasSchema(apiVersion, kind)) return [];
  // A KubeObject is JSON; its metadata has a narrower type.
  return lateBelow(minor, {
    value: object as unknown as JsonObject,
    schema: schemaOf(apiVersion, kind),
    path: '',
  });
}

/** An object as a server keeps it: without what it does not know. */
export function asKnown(minor: number, object: KubeObject): KubeObject {
  const late = lateFields(minor, object).map(({ path }) => path);
  return late.length === 0 ? object : dropFields(object, late);
}

const latest = Math.max(
  ...Object.values(since.resources),
  ...Object.values(since.fields).flatMap(fields => Object.values(fields).flat()),
);

const leading = new Map<string, boolean>();

/** Whether fields of the type, or of a type in it, came later at all. */
function leadsToLate({ ref, items, values }: FieldSchema): boolean {
  if (ref === undefined) {
    const inner = items ?? values;
    return inner !== undefined && leadsToLate(inner);
  }
  const known = leading.get(ref);
  if (known !== undefined) return known;
  // Types contain themselves: of one that is being looked at it is not known yet, so it is looked into.
  leading.set(ref, true);
  const fields = Object.values(definitionNamed(ref)?.fields ?? {});
  const leads = since.fields[ref] !== undefined || fields.some(leadsToLate);
  leading.set(ref, leads);
  return leads;
}

function lateBelow(
  minor: number,
  { value, schema, path }: { value: Json; schema: FieldSchema; path: string },
): LateField[] {
  if (Array.isArray(value)) {
    const items = schema.items;
    if (items === undefined) return [];
    return value.flatMap((item, index) =>
      lateBelow(minor, { value: item, schema: items, path: `${path}[${index}]` }),
    );
  }
  // Most of an object is of types that nothing was added to.
  if (!isObject(value) || !leadsToLate(schema)) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const inner = memberSchema(schema, name);
    if (member === undefined || inner === undefined) return [];
    const below = path === '' ? name : `${path}.${name}`;
    const [from = 0, on = from] =
      (schema.ref === undefined ? undefined : since.fields[schema.ref]?.[name]) ?? [];
    if (minor < on) return [{ path: below, known: minor >= from }];
    return lateBelow(minor, { value: member, schema: inner, path: below });
  });
}

/** Whether a server knows a field of a definition (`core.v1.PodSpec`). */
export function knowsField(
  minor: number,
  { definition, name }: { definition: string; name: string },
): boolean {
  return (since.fields[definition]?.[name]?.[0] ?? 0) <= minor;
}
