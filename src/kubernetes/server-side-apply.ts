// Server-side apply and the tracking of who owns which field, after the rules the API server uses:
// an applier owns exactly what it last applied; a plain write makes its manager own what it changed.
// A field with a value that another manager set differently is a conflict, unless the apply is forced.
import { canonicalJson, isObject, type Json, type JsonObject } from '../core/json.ts';
import {
  differenceOf,
  emptyFieldSet,
  type FieldSet,
  hasPath,
  intersectionOf,
  isEmptySet,
  pathsOf,
  printPath,
  unionOf,
  withoutSubtrees,
} from './field-set.ts';
import {
  capUpdateOwners,
  identityOf,
  isSameButTimes,
  type Ownership,
  readManagedFields,
  resetFields,
  serverOwnedFields,
  withManagedFields,
} from './managed-fields.ts';
import type { KubeObject } from './object.ts';
import { type FieldSchema, schemaOf, zeroValue } from './schema.ts';
import { checkTyped } from './typed-check.ts';
import { compareTyped, fieldSetOf } from './typed-compare.ts';
import { mergeTyped, removeFields, withDeclaredFields } from './typed-merge.ts';

/** A field of the applied object that another manager owns with another value. */
export interface ApplyConflict {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  time?: string;
  subresource?: string;
  /** `.spec.template.spec.containers[name="c"].image` */
  field: string;
}

/** typeError: what the server says after `failed to create typed patch object (…): `. */
export type ApplyResult = { object: KubeObject } | { conflicts: ApplyConflict[] } | { typeError: string };

export interface ApplyInput {
  /** The stored object; undefined creates it. */
  live: KubeObject | undefined;
  /** As the client sent it: without defaults and without managedFields. */
  applied: KubeObject;
  manager: string;
  force: boolean;
  /** RFC 3339, whole seconds. */
  time: string;
  subresource?: string;
}

/** The manager that server-side apply reads the annotation of client-side apply for. */
const kubectlManager = 'kubectl';
const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';

/** Applies an object. The result has its managedFields, but not yet the defaults of new fields: see withDefaults. */
export function applyServerSide(input: ApplyInput): ApplyResult {
  const typeError = checkTyped(asJson(input.applied), schemaOf(input.applied.apiVersion, input.applied.kind));
  if (typeError !== '') return { typeError };
  const result = applyTracked(input);
  if (!('conflicts' in result) || input.manager !== kubectlManager || input.live === undefined)
    return finish(result, input);
  // What the same user applied client-side before is theirs: the move to server-side apply is no conflict.
  const allowed = unchangedSinceClientApply(input.live);
  const rest = result.conflicts.filter(({ path }) => !hasPath(allowed, path));
  return finish(rest.length > 0 ? { conflicts: rest } : applyTracked({ ...input, force: true }), input);
}

export interface TrackInput {
  /** The stored object; undefined for a create. */
  before: KubeObject | undefined;
  /**
   * What is to be stored: with defaults, but before the server's own allocations (clusterIP, node ports),
   * which no manager owns. Its managedFields, when there are any, replace the stored ones.
   */
  after: KubeObject;
  manager: string;
  time: string;
  subresource?: string;
}

/** `after` with the managedFields that a write other than an apply (create, update, patch) leaves. */
export function trackUpdate(input: TrackInput): KubeObject {
  const { before, time } = input;
  const given = input.subresource === undefined ? input.after.metadata.managedFields : undefined;
  // An empty list, or one empty entry, is the way to ask for a fresh start.
  const isReset =
    given !== undefined && (given.length === 0 || (given.length === 1 && canonicalJson(given[0]) === '{}'));
  const sent = given === undefined ? [] : readManagedFields(input.after);
  const owners = isReset ? [] : sent.length > 0 ? sent : readManagedFields(before);
  const after = withManagedFields(input.after, []);
  // An object that nobody tracked when it was created stays untracked until its first apply.
  if (owners.length === 0 && before !== undefined) return after;

  const self = ownerOf({ ...input, object: after, operation: 'Update' });
  const next = trackChange({ before, after, owners, self, time });
  const tracked = withManagedFields(after, capUpdateOwners(next));
  return before !== undefined && isSameButTimes(before, tracked)
    ? { ...tracked, metadata: before.metadata }
    : tracked;
}

interface PathConflict {
  owner: Ownership;
  path: readonly string[];
}

type Applied = { object: KubeObject } | { conflicts: PathConflict[] };

function applyTracked(input: ApplyInput): Applied {
  const { applied, manager, force, time } = input;
  const schema = schemaOf(applied.apiVersion, applied.kind);
  const self = ownerOf({ ...input, object: applied, operation: 'Apply' });
  const live = input.live === undefined ? zeroObject(applied) : input.live;
  const owners = ownersOfLive(input);
  const before = asJson(withManagedFields(live, []));

  const own = withoutSubtrees(fieldSetOf(asJson(applied), schema), resetFields(applied, input.subresource));
  const last = owners.find(owner => identityOf(owner) === identityOf(self));
  const others = owners.filter(owner => owner !== last);
  const merged = mergeTyped({ live: before, applied: asJson(applied) }, schema) ?? before;
  const pruned = prune({
    merged,
    last: last?.fields,
    owned: others.map(owner => owner.fields).concat(own),
    schema,
  });

  const changed = compareTyped({ before, after: pruned }, schema);
  const ignored = resetFields(applied, input.subresource);
  const taken = withoutSubtrees(unionOf(changed.modified, changed.added), ignored);
  const removed = withoutSubtrees(changed.removed, ignored);
  const conflicts = others.flatMap(owner =>
    [...pathsOf(intersectionOf(owner.fields, taken))].map(path => ({ owner, path })),
  );
  if (!force && conflicts.length > 0) return { conflicts };

  const isSame = canonicalJson(before) === canonicalJson(pruned);
  const mine: Ownership = {
    ...self,
    fields: differenceOf(own, serverOwnedFields()),
    // An apply that changes nothing leaves the time of its entry as it was.
    ...(isSame ? (last?.time === undefined ? {} : { time: last.time }) : { time }),
  };
  const rest = others.map(owner => ({
    ...owner,
    fields: differenceOf(differenceOf(owner.fields, taken), removed),
  }));
  const object = asObject(pruned, applied);
  const noted = manager === kubectlManager ? withLastApplied(object, applied) : object;
  return { object: withManagedFields(noted, [mine, ...rest]) };
}

function finish(result: Applied, { live }: ApplyInput): ApplyResult {
  if ('conflicts' in result) return { conflicts: result.conflicts.map(describeConflict) };
  const { object } = result;
  if (live !== undefined && isSameButTimes(live, object))
    return { object: { ...object, metadata: live.metadata } };
  return { object };
}

/** An applied object is tracked from the first apply on: what was there before belongs to `before-first-apply`. */
function ownersOfLive({ live, applied, time, subresource }: ApplyInput): Ownership[] {
  if (live === undefined) return [];
  const owners = readManagedFields(live);
  if (owners.length > 0) return owners;
  const self: Omit<Ownership, 'fields'> = {
    manager: 'before-first-apply',
    operation: 'Update',
    apiVersion: applied.apiVersion,
    ...(subresource === undefined ? {} : { subresource }),
  };
  return trackChange({ before: undefined, after: withManagedFields(live, []), owners: [], self, time });
}

function trackChange(input: {
  before: KubeObject | undefined;
  after: KubeObject;
  owners: readonly Ownership[];
  self: Omit<Ownership, 'fields'>;
  time: string;
}): Ownership[] {
  const { before, after, owners, self, time } = input;
  const schema = schemaOf(after.apiVersion, after.kind);
  const was = asJson(before === undefined ? zeroObject(after) : withManagedFields(before, []));
  const changed = compareTyped({ before: was, after: asJson(after) }, schema);
  const ignored = resetFields(after, self.subresource);
  const removed = withoutSubtrees(changed.removed, ignored);
  const taken = withoutSubtrees(unionOf(changed.modified, changed.added), ignored);

  const next = owners.map(owner => ({
    ...owner,
    fields: differenceOf(differenceOf(owner.fields, taken), removed),
  }));
  const mine = differenceOf(taken, serverOwnedFields());
  if (isEmptySet(mine)) return next;
  const at = next.findIndex(owner => identityOf(owner) === identityOf(self));
  const previous = next[at];
  // What came by the scale of an object loses its time on the way.
  const entry = {
    ...self,
    ...(self.subresource === 'scale' ? {} : { time }),
    fields: previous === undefined ? mine : unionOf(mine, previous.fields),
  };
  return previous === undefined ? [...next, entry] : next.with(at, entry);
}

/** Removes what the manager applied last time and not this time, unless somebody else owns it or it was never theirs. */
function prune(input: {
  merged: Json;
  last: FieldSet | undefined;
  owned: readonly FieldSet[];
  schema: FieldSchema;
}): Json {
  const { merged, last, owned, schema } = input;
  if (last === undefined || isEmptySet(last)) return merged;
  const setOf = (value: Json) => withDeclaredFields(fieldSetOf(value, schema), schema);
  const lastSet = withDeclaredFields(last, schema);
  const mergedSet = setOf(merged);
  const dropped = removeFields(merged, { set: lastSet, schema });
  const kept = owned.reduce((all, fields) => unionOf(all, fields), emptyFieldSet());
  const keptSet = unionOf(setOf(dropped), withDeclaredFields(kept, schema));
  const withOwned = removeFields(merged, { set: differenceOf(mergedSet, keptSet), schema });
  const gone = intersectionOf(differenceOf(mergedSet, setOf(withOwned)), lastSet);
  return removeFields(merged, { set: gone, schema });
}

/** The fields of the last client-side apply that still stand as they were applied. */
function unchangedSinceClientApply(live: KubeObject): FieldSet {
  const lastApplied = parseLastApplied(live);
  if (lastApplied === undefined || lastApplied['apiVersion'] !== live.apiVersion) return emptyFieldSet();
  const schema = schemaOf(live.apiVersion, live.kind);
  if (checkTyped(lastApplied, schema) !== '') return emptyFieldSet();
  const { added, modified, removed } = compareTyped({ before: lastApplied, after: asJson(live) }, schema);
  return [added, modified, removed].reduce(differenceOf, fieldSetOf(lastApplied, schema));
}

function parseLastApplied(live: KubeObject): JsonObject | undefined {
  const text = live.metadata.annotations?.[lastAppliedAnnotation];
  if (text === undefined || text === '') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    // Anybody can write the annotation; one that is no JSON allows nothing.
    return undefined;
  }
}

/** Keeps the annotation of client-side apply true, where there is one, so that `kubectl apply` can go on from here. */
function withLastApplied(object: KubeObject, applied: KubeObject): KubeObject {
  const annotations = object.metadata.annotations;
  if (annotations === undefined || (annotations[lastAppliedAnnotation] ?? '') === '') return object;
  const { [lastAppliedAnnotation]: _, ...own } = applied.metadata.annotations ?? {};
  const metadata = {
    ...applied.metadata,
    ...(applied.metadata.annotations === undefined ? {} : { annotations: own }),
  };
  const text = `${canonicalJson({ ...applied, metadata })}\n`;
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { ...annotations, [lastAppliedAnnotation]: text } },
  };
}

function ownerOf(input: {
  object: KubeObject;
  manager: string;
  operation: 'Apply' | 'Update';
  subresource?: string;
}): Omit<Ownership, 'fields'> {
  return {
    manager: input.manager === '' ? 'unknown' : input.manager,
    operation: input.operation,
    apiVersion: input.object.apiVersion,
    ...(input.subresource === undefined ? {} : { subresource: input.subresource }),
  };
}

function describeConflict({ owner, path }: PathConflict): ApplyConflict {
  const { fields: _, ...rest } = owner;
  return { ...rest, field: printPath(path) };
}

function zeroObject(like: KubeObject): KubeObject {
  const zero = zeroValue(schemaOf(like.apiVersion, like.kind));
  return asObject(zero, like);
}

// An object of the API is JSON; ObjectMeta only names its members.
function asJson(object: KubeObject): JsonObject {
  return object as JsonObject;
}

function asObject(value: Json, like: KubeObject): KubeObject {
  return { ...(value as JsonObject), apiVersion: like.apiVersion, kind: like.kind } as KubeObject;
}
