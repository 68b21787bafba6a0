import { isObject, type Json, type JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { badResponse } from './answers.ts';
import type { ResourceKind } from './resource-kind.ts';

/** An object as a server sent it. @throws VigieError BAD_RESPONSE when it has no name or kind, or metadata of another shape */
export function objectFrom(value: Json | undefined): KubeObject {
  if (!isObject(value) || !hasIdentity(value))
    throw badResponse('the server', 'it holds no object with a kind, a name and metadata as they must be');
  return value as KubeObject;
}

/** An item of a list: the server leaves kind and apiVersion out, and two fifths of a pod are bookkeeping of fields. */
export function listItemFrom(value: Json, kind: ResourceKind): KubeObject {
  if (!isObject(value)) throw badResponse('the server', 'an item of a list is no object');
  const item = { ...value, apiVersion: kind.apiVersion, kind: kind.kind };
  if (!hasIdentity(item))
    throw badResponse('the server', 'an item of a list has no name, or metadata of another shape');
  const object = item as KubeObject;
  delete object.metadata.managedFields;
  return object;
}

function hasIdentity(value: JsonObject): boolean {
  const { apiVersion, kind, metadata } = value;
  return (
    typeof apiVersion === 'string' &&
    typeof kind === 'string' &&
    isObject(metadata) &&
    typeof metadata.name === 'string' &&
    mapsOfMetadata.every(field => isAbsent(metadata[field]) || isObject(metadata[field])) &&
    listsOfMetadata.every(field => isAbsent(metadata[field]) || Array.isArray(metadata[field]))
  );
}

/** Every server makes them so, for every kind. */
const mapsOfMetadata = ['labels', 'annotations'];
const listsOfMetadata = ['managedFields', 'ownerReferences', 'finalizers'];

function isAbsent(value: Json | undefined): boolean {
  return value === undefined || value === null;
}
