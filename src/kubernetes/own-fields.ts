// A patch of ours makes fields ours in another entry than an apply of ours does. Left so, a field that a manifest no
// longer names would stay for ever, since the server removes only what the entry of the apply holds. Before an apply
// the one entry is therefore folded into the other, as kubectl does for those who move to server-side apply.
import type { JsonObject } from '../core/json.ts';
import { withDefaults } from './defaults.ts';
import {
  differenceOf,
  emptyFieldSet,
  type FieldSet,
  fieldElement,
  fieldSetFrom,
  intersectionOf,
  isEmptySet,
  unionOf,
  withoutSubtrees,
} from './field-set.ts';
import { identityOf, type Ownership, readManagedFields, withManagedFields } from './managed-fields.ts';
import type { KubeObject } from './object.ts';
import { kindInfo, schemaOf } from './schema.ts';
import { applyServerSide } from './server-side-apply.ts';
import { fieldSetOf } from './typed-compare.ts';

// A manifest that is silent about them means no opinion: how many pods there are and when they were restarted.
const leftToOthers = fieldSetFrom(
  [
    ['spec', 'replicas'],
    ['spec', 'template', 'metadata', 'annotations', 'kubectl.kubernetes.io/restartedAt'],
  ].map(path => path.map(fieldElement)),
);
const besideContent = fieldSetFrom([['metadata'], ['status']].map(path => path.map(fieldElement)));

/** What has to be written before an apply, so that it owns alone what is ours. */
export interface Claim {
  /** The whole list, to replace the old one. */
  managedFields: JsonObject[];
  /** The object as the apply will leave it; absent when the claim makes no difference to it. */
  left?: KubeObject;
}

/**
 * The fields that patches of ours own and that the coming apply should: those the manifest names; and, where nobody else
 * owns any content of the object, the others too, so that the apply removes them. Undefined when there are none.
 */
export function claimFields(
  live: KubeObject,
  coming: { manifest: KubeObject; manager: string },
): Claim | undefined {
  const { manifest, manager } = coming;
  const owners = readManagedFields(live);
  const patched = owners.filter(owner => isPatchOf(owner, coming));
  if (patched.length === 0) return undefined;
  const named = namedIn(manifest);
  const sole =
    kindInfo(manifest.apiVersion, manifest.kind) !== undefined && !hasContentOfOthers(owners, manager);
  const applied: Omit<Ownership, 'time'> = {
    manager,
    operation: 'Apply',
    apiVersion: manifest.apiVersion,
    fields: emptyFieldSet(),
  };
  const last = owners.find(owner => identityOf(owner) === identityOf(applied));
  if (last !== undefined && last.apiVersion !== manifest.apiVersion) return undefined;

  let moved = emptyFieldSet();
  const rest = owners
    .filter(owner => owner !== last)
    .map(owner => {
      if (!patched.includes(owner)) return owner;
      const taken = takenFrom(owner, { named, sole });
      moved = unionOf(moved, taken);
      return { ...owner, fields: differenceOf(owner.fields, taken) };
    });
  if (isEmptySet(moved)) return undefined;
  const claiming: Ownership = {
    ...applied,
    ...last,
    fields: unionOf(last?.fields ?? emptyFieldSet(), moved),
  };
  const claimed = withManagedFields(live, [claiming, ...rest]);
  const managedFields = claimed.metadata.managedFields ?? [];
  const others = rest.reduce((all, owner) => unionOf(all, owner.fields), named);
  if (isEmptySet(differenceOf(moved, others))) return { managedFields };
  const left = appliedTo(claimed, coming);
  return left === undefined ? { managedFields } : { managedFields, left };
}

/** What a forced apply makes of an object, with the defaults of kinds that have a schema; undefined where the manifest does not fit its kind. */
export function appliedTo(
  live: KubeObject,
  { manifest, manager }: { manifest: KubeObject; manager: string },
): KubeObject | undefined {
  // Times are not looked at: the result says what is left, the server says when.
  const time = '1970-01-01T00:00:00Z';
  const result = applyServerSide({ live, applied: manifest, manager, force: true, time });
  if (!('object' in result)) return undefined;
  return kindInfo(manifest.apiVersion, manifest.kind) === undefined
    ? result.object
    : withDefaults(result.object);
}

/** Whether an apply would still take something of ours away. False for kinds without a schema, whose lists cannot be told apart. */
export function owesRemoval(live: KubeObject, coming: { manifest: KubeObject; manager: string }): boolean {
  const { manifest, manager } = coming;
  if (kindInfo(manifest.apiVersion, manifest.kind) === undefined) return false;
  if (claimFields(live, coming)?.left !== undefined) return true;
  const applied = readManagedFields(live).find(
    owner =>
      owner.manager === manager &&
      owner.operation === 'Apply' &&
      owner.subresource === undefined &&
      owner.apiVersion === manifest.apiVersion,
  );
  if (applied === undefined) return false;
  return !isEmptySet(differenceOf(applied.fields, namedIn(manifest)));
}

/** Every field that a manifest sets. */
function namedIn(manifest: KubeObject): FieldSet {
  // An object of a kind is JSON whatever its type says.
  return fieldSetOf(manifest as JsonObject, schemaOf(manifest.apiVersion, manifest.kind));
}

function isPatchOf(
  owner: Ownership,
  { manifest, manager }: { manifest: KubeObject; manager: string },
): boolean {
  return (
    owner.manager === manager &&
    owner.operation === 'Update' &&
    owner.subresource !== 'status' &&
    owner.apiVersion === manifest.apiVersion
  );
}

function takenFrom(owner: Ownership, coming: { named: FieldSet; sole: boolean }): FieldSet {
  const shared = intersectionOf(owner.fields, coming.named);
  if (!coming.sole || owner.subresource !== undefined) return shared;
  return unionOf(shared, differenceOf(owner.fields, leftToOthers));
}

function hasContentOfOthers(owners: readonly Ownership[], manager: string): boolean {
  return owners.some(
    owner =>
      owner.manager !== manager &&
      owner.subresource === undefined &&
      !isEmptySet(withoutSubtrees(owner.fields, besideContent)),
  );
}
