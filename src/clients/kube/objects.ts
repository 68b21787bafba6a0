import { VigieError } from '../../core/errors.ts';
import { isObject, type Json, type JsonObject, objectsIn } from '../../core/json.ts';
import { describeRef } from '../../core/ref.ts';
import { cleanLine } from '../../core/text.ts';
import { badResponse } from '../../http/bad-response.ts';
import { misfitOf } from '../../kubernetes/fit.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import type { ResourceKind } from './resource-kind.ts';

// Where objects of a cluster come in: whoever reads one afterwards relies on the types of its kind.

/** Metadata alone, where no more was asked for or sent. */
interface Part {
  metadataOnly?: boolean;
}

/**
 * An object as a server sent it. `kind`: what was asked for; absent: whatever it says it is.
 * @throws VigieError BAD_RESPONSE when it has no name or kind, is of another kind, or has fields of another type than its kind
 */
export function objectFrom(
  value: Json | undefined,
  { kind, metadataOnly = false }: { kind?: ResourceKind } & Part = {},
): KubeObject {
  const object = isObject(value) ? checked(value, { metadataOnly }) : undefined;
  if (object === undefined) throw badResponse('the server', 'it is no object with a kind and a name');
  if (kind !== undefined && (object.kind !== kind.kind || object.apiVersion !== kind.apiVersion))
    throw badResponse('the server', `it is no ${kind.kind} of ${kind.apiVersion}`);
  return object;
}

/** An item of a list: the server leaves kind and apiVersion out, and two fifths of a pod are bookkeeping of fields. */
export function listItemFrom(
  value: Json,
  { kind, metadataOnly = false, writers = false }: { kind: ResourceKind; writers?: boolean } & Part,
): KubeObject {
  if (!isObject(value)) throw badResponse('the server', 'an item of a list is no object');
  if (isObject(value.metadata)) {
    const { managedFields } = value.metadata;
    if (writers) value.metadata.managedFields = objectsIn(managedFields).map(withoutFields);
    else delete value.metadata.managedFields;
  }
  const object = checked({ ...value, apiVersion: kind.apiVersion, kind: kind.kind }, { metadataOnly });
  if (object === undefined) throw badResponse('the server', 'an item of a list has no name');
  return object;
}

/** Who wrote and when: the fields are nine tenths of it. */
function withoutFields({ fieldsV1: _fields, ...entry }: JsonObject): JsonObject {
  return entry;
}

/** Undefined for what has no identity. */
function checked(value: JsonObject, { metadataOnly }: Required<Part>): KubeObject | undefined {
  const { apiVersion, kind, metadata } = value;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return undefined;
  if (!isObject(metadata) || typeof metadata.name !== 'string') return undefined;
  const wrong = misfitOf(value, { apiVersion, kind, metadataOnly });
  if (wrong === undefined) return value as KubeObject;
  const { name, namespace } = metadata;
  const which = describeRef({
    kind: cleanLine(kind, 80),
    name: cleanLine(name, 253),
    ...(typeof namespace === 'string' ? { namespace: cleanLine(namespace, 80) } : {}),
  });
  throw new VigieError(
    'BAD_RESPONSE',
    `The server sent ${which} with ${wrong.slice(1)} missing or of another type than a ${cleanLine(kind, 80)} has there`,
    {
      hint: 'Run vigie doctor, and look whether that is the API server itself.',
      details: { unreadable: true },
    },
  );
}
