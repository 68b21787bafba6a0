// metadata.managedFields: who owns which fields, one entry a manager, operation, version and subresource.
import { canonicalJson, isObject, type JsonObject } from '../core/json.ts';
import {
  type FieldSet,
  fieldElement,
  fieldSetFrom,
  isEmptySet,
  readFieldsV1,
  unionOf,
  writeFieldsV1,
} from './field-set.ts';
import type { KubeObject } from './object.ts';
import { kindInfo } from './schema.ts';

/** The fields of one manager. */
export interface Ownership {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  /** RFC 3339, whole seconds. Absent where the server has not seen the manager change the object. */
  time?: string;
  subresource?: string;
  fields: FieldSet;
}

/** The entries of an object. An entry that cannot be read makes the whole list unreadable, as for the server: none then. */
export function readManagedFields(object: KubeObject | undefined): Ownership[] {
  const entries = object?.metadata.managedFields ?? [];
  const read = entries.map(readEntry);
  return read.every(entry => entry !== undefined) ? read : [];
}

/** The object with these owners, in the server's order: Apply first, then by time and name. None removes the list. */
export function withManagedFields(object: KubeObject, owners: readonly Ownership[]): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  const entries = owners
    .filter(owner => !isEmptySet(owner.fields))
    .toSorted(compareOwners)
    .map(writeEntry);
  return { ...object, metadata: entries.length === 0 ? metadata : { ...metadata, managedFields: entries } };
}

/** Two entries are of one owner when this is equal: an applier keeps its entry when it applies another version. */
export function identityOf(owner: Omit<Ownership, 'fields' | 'time'>): string {
  const version = owner.operation === 'Apply' ? '' : owner.apiVersion;
  return JSON.stringify([owner.manager, owner.operation, version, owner.subresource ?? '']);
}

// The server keeps ten entries of updates; more are merged, oldest first, so that no object grows without bound.
const maxUpdateOwners = 10;

/** Merges the oldest updates into entries named `ancient-changes` until at most ten updates remain. */
export function capUpdateOwners(owners: readonly Ownership[]): Ownership[] {
  const updates = owners
    .filter(owner => owner.operation === 'Update')
    .toSorted((a, b) => secondsOf(a) - secondsOf(b) || (identityOf(a) < identityOf(b) ? -1 : 1));
  const kept = new Map(owners.map(owner => [identityOf(owner), owner]));
  let count = updates.length;
  const oldestOf = new Map<string, Ownership>();
  for (const owner of updates) {
    if (count <= maxUpdateOwners) break;
    const oldest = oldestOf.get(owner.apiVersion);
    if (oldest === undefined) {
      oldestOf.set(owner.apiVersion, owner);
      continue;
    }
    const bucket = { manager: 'ancient-changes', operation: 'Update', apiVersion: owner.apiVersion } as const;
    const id = identityOf(bucket);
    const before = kept.get(id) ?? oldest;
    if (before === oldest) kept.delete(identityOf(oldest));
    kept.delete(identityOf(owner));
    kept.set(id, {
      ...bucket,
      ...(owner.time === undefined ? {} : { time: owner.time }),
      fields: unionOf(owner.fields, before.fields),
    });
    count -= 1;
  }
  return [...kept.values()];
}

// Identity and bookkeeping belong to the server, never to a manager.
const serverFields = fieldSetFrom(
  [
    ['apiVersion'],
    ['kind'],
    ['metadata'],
    ...[
      'name',
      'namespace',
      'creationTimestamp',
      'selfLink',
      'uid',
      'clusterName',
      'generation',
      'managedFields',
      'resourceVersion',
    ].map(name => ['metadata', name]),
  ].map(path => path.map(fieldElement)),
);

export function serverOwnedFields(): FieldSet {
  return serverFields;
}

// Kinds whose status endpoint leaves the metadata alone, too.
const statusOnlyKinds = new Set([
  'ValidatingAdmissionPolicy',
  'CustomResourceDefinition',
  'ServiceCIDR',
  'VolumeAttachment',
]);

/** What a write at an endpoint does not change, so that its manager does not own it: status at the main one, spec at status. */
export function resetFields(object: KubeObject, subresource: string | undefined): FieldSet {
  const info = kindInfo(object.apiVersion, object.kind);
  const paths: string[][] = [];
  if (subresource === 'status') {
    paths.push(['spec']);
    if (info === undefined || statusOnlyKinds.has(info.kind)) paths.push(['metadata']);
    if (info?.kind === 'Deployment') paths.push(['metadata', 'labels']);
    if (info?.kind === 'Pod') paths.push(['metadata', 'deletionTimestamp'], ['metadata', 'ownerReferences']);
  } else if (info === undefined || info.subresources.some(({ name }) => name === 'status')) {
    paths.push(['status']);
  }
  return fieldSetFrom(paths.map(path => path.map(fieldElement)));
}

/** True when the objects differ at most in the times of their managers. */
export function isSameButTimes(left: KubeObject, right: KubeObject): boolean {
  return canonicalJson(withoutTimes(left)) === canonicalJson(withoutTimes(right));
}

function withoutTimes(object: KubeObject): JsonObject {
  const managedFields = readManagedFields(object)
    .toSorted((a, b) => compareText(identityOf(a), identityOf(b)))
    .map(owner => writeEntry({ ...owner, time: undefined }));
  // A KubeObject is JSON; only its metadata has named members.
  const { metadata, ...rest } = object as JsonObject;
  return { ...rest, metadata: { ...(isObject(metadata) ? metadata : {}), managedFields } };
}

function readEntry(entry: JsonObject): Ownership | undefined {
  const { manager, operation, apiVersion, time, subresource, fieldsType, fieldsV1 } = entry;
  if (operation !== 'Apply' && operation !== 'Update') return undefined;
  if (typeof apiVersion !== 'string' || apiVersion === '' || fieldsType !== 'FieldsV1') return undefined;
  return {
    manager: typeof manager === 'string' ? manager : '',
    operation,
    apiVersion,
    ...(typeof time === 'string' ? { time } : {}),
    ...(typeof subresource === 'string' && subresource !== '' ? { subresource } : {}),
    fields: readFieldsV1(isObject(fieldsV1) ? fieldsV1 : {}),
  };
}

function writeEntry(owner: Omit<Ownership, 'time'> & { time?: string | undefined }): JsonObject {
  return {
    manager: owner.manager,
    operation: owner.operation,
    apiVersion: owner.apiVersion,
    ...(owner.time === undefined ? {} : { time: owner.time }),
    fieldsType: 'FieldsV1',
    fieldsV1: writeFieldsV1(owner.fields),
    ...(owner.subresource === undefined ? {} : { subresource: owner.subresource }),
  };
}

function compareOwners(a: Ownership, b: Ownership): number {
  return (
    compareText(a.operation, b.operation) ||
    compareTimes(a, b) ||
    compareText(a.manager, b.manager) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource ?? '', b.subresource ?? '')
  );
}

/** One that has lost its time stands where its name puts it. */
function compareTimes(a: Ownership, b: Ownership): number {
  return a.time === undefined || b.time === undefined ? 0 : secondsOf(a) - secondsOf(b);
}

function secondsOf(owner: Ownership): number {
  return owner.time === undefined ? 0 : Math.floor(Date.parse(owner.time) / 1000);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
