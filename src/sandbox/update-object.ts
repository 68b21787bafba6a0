import { canonicalJson } from '../core/json.ts';
import { keepAllocated } from '../kubernetes/allocation.ts';
import { withDefaults } from '../kubernetes/defaults.ts';
import { countedContent, countsGenerations } from '../kubernetes/generation.ts';
import type { KubeObject } from '../kubernetes/object.ts';
import { asKnown } from '../kubernetes/releases.ts';
import { trackUpdate } from '../kubernetes/server-side-apply.ts';
import { metadataAfterStatus } from '../kubernetes/status-write.ts';
import { encodeStringData } from '../kubernetes/string-data.ts';
import { validate } from '../kubernetes/validation/validate.ts';
import { admissionPlugins } from './admission/index.ts';
import { allocatorOf } from './allocator.ts';
import type { Cluster } from './cluster.ts';
import { isHeld } from './delete-object.ts';
import { minorOf } from './releases.ts';
import { hasSubresource, type Resource, storageOf } from './resource.ts';
import { keyOf } from './state.ts';
import { conflict, invalid } from './status.ts';
import type { User } from './user.ts';

export interface UpdateRequest {
  resource: Resource;
  live: KubeObject;
  object: KubeObject;
  dryRun: boolean;
  /** Who owns what changed; absent when managedFields are set already (server-side apply). */
  manager?: string | undefined;
  subresource?: 'status' | 'scale' | undefined;
  /** Of a controller: it may set what a client cannot (a pod's node, which a real scheduler sets by a binding). */
  byController?: true;
  /** Who asks; absent: a controller of the cluster. */
  user?: User;
  /** Takes what admission warns of. */
  warn?: (text: string) => void;
}

/**
 * Replaces one object as the API server does: what the caller may not set stays, the spec's generation counts on,
 * an update that changes nothing is not stored, and the last finalizer of a deleted object takes it away.
 */
export function updateObject(cluster: Cluster, request: UpdateRequest): KubeObject {
  const { resource, live, dryRun, user, warn = () => undefined } = request;
  requireUnmoved(request);
  const merged = request.subresource === 'status' ? withStatusOf(request) : withSpecOf(request);
  const complete = withOwners(
    cluster,
    request,
    resource.custom ? merged : asKnown(minorOf(cluster.world), withDefaults(encodeStringData(merged))),
  );
  const isSpec = request.subresource !== 'status';
  // What the server keeps or allocates belongs to nobody, so ownership is noted before it does.
  const kept =
    isSpec && !resource.custom
      ? keepAllocated({ live, after: complete }, allocatorOf(cluster.state))
      : complete;
  const after = isSpec ? counted(request, kept) : kept;
  const plugins = isSpec ? admissionPlugins : [];
  const admission = { cluster, resource, object: after, live, user, warn };
  // Nothing is completed that is there already, but some of it is refused here.
  for (const plugin of plugins) plugin.complete?.(admission);
  if (request.byController !== true) requireValid({ live, after });
  const notes = plugins.flatMap(plugin => plugin.check?.(admission) ?? []);
  if (sameObject(live, after)) return live;
  if (dryRun) return after;
  for (const note of notes) note();
  const { name, namespace, deletionTimestamp } = after.metadata;
  if (deletionTimestamp !== undefined && !isHeld(after)) {
    return cluster.state.remove(storageOf(resource), keyOf(namespace, name), after) ?? after;
  }
  return cluster.state.put(storageOf(resource), after);
}

function withOwners(
  cluster: Cluster,
  { manager, live, subresource }: UpdateRequest,
  after: KubeObject,
): KubeObject {
  if (manager === undefined) return after;
  const time = cluster.clock.timestamp();
  return trackUpdate({
    before: live,
    after,
    manager,
    time,
    ...(subresource === undefined ? {} : { subresource }),
  });
}

function requireUnmoved({ resource, live, object }: UpdateRequest): void {
  const { resourceVersion, uid } = object.metadata;
  if (resourceVersion && resourceVersion !== live.metadata.resourceVersion) {
    throw conflict(resource, { name: live.metadata.name });
  }
  if (uid && uid !== live.metadata.uid) {
    const key = `/registry/${resource.plural}/${keyOf(live.metadata.namespace, live.metadata.name)}`;
    const why = `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid}`;
    throw conflict(resource, { name: live.metadata.name, why });
  }
}

function withStatusOf({ live, object }: UpdateRequest): KubeObject {
  const { status: _old, ...rest } = live;
  const { status } = object;
  const managed = object.metadata.managedFields;
  return {
    ...rest,
    metadata: {
      ...metadataAfterStatus(live, object),
      ...(managed === undefined ? {} : { managedFields: managed }),
    },
    ...(status === undefined ? {} : { status }),
  };
}

function withSpecOf({ resource, live, object }: UpdateRequest): KubeObject {
  const { status: brought, ...rest } = object;
  const status = hasSubresource(resource, 'status') ? live.status : brought;
  // What remains of the live metadata is the server's own, whatever the caller sends.
  const {
    labels: _labels,
    annotations: _annotations,
    ownerReferences: _owners,
    finalizers: _finalizers,
    generateName: _prefix,
    managedFields,
    ...own
  } = live.metadata;
  const {
    deletionTimestamp: _time,
    deletionGracePeriodSeconds: _grace,
    generation: _generation,
    ...metadata
  } = object.metadata;
  const fields = metadata.managedFields ?? managedFields;
  return {
    ...rest,
    metadata: { ...metadata, ...own, ...(fields === undefined ? {} : { managedFields: fields }) },
    ...(status === undefined ? {} : { status }),
  };
}

/** Compared when it is complete: what the caller left to the server is no change. */
function counted({ resource, live }: UpdateRequest, after: KubeObject): KubeObject {
  if (!countsGenerations(resource, after)) return after;
  if (canonicalJson(countedContent(live)) === canonicalJson(countedContent(after))) return after;
  return { ...after, metadata: { ...after.metadata, generation: (live.metadata.generation ?? 0) + 1 } };
}

function requireValid({ live, after }: { live: KubeObject; after: KubeObject }): void {
  const causes = validate(after, live);
  if (causes.length === 0) return;
  const { name } = live.metadata;
  throw invalid({ apiVersion: after.apiVersion, kind: after.kind, name }, causes);
}

/** Equal but for the times in managedFields, which alone are no reason to write. */
function sameObject(live: KubeObject, after: KubeObject): boolean {
  return canonicalJson(comparable(live)) === canonicalJson(comparable(after));
}

function comparable(object: KubeObject): unknown {
  const { resourceVersion: _version, managedFields, ...metadata } = object.metadata;
  const fields = managedFields?.map(({ time: _time, ...entry }) => entry);
  return { ...object, metadata: { ...metadata, ...(fields === undefined ? {} : { managedFields: fields }) } };
}
