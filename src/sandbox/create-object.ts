import { randomUUID } from 'node:crypto';
import { allocate } from '../kubernetes/allocation.ts';
import { withDefaults } from '../kubernetes/defaults.ts';
import { countsGenerations } from '../kubernetes/generation.ts';
import type { KubeObject } from '../kubernetes/object.ts';
import { asKnown } from '../kubernetes/releases.ts';
import { trackUpdate } from '../kubernetes/server-side-apply.ts';
import { encodeStringData } from '../kubernetes/string-data.ts';
import { required } from '../kubernetes/validation/problem.ts';
import { validate } from '../kubernetes/validation/validate.ts';
import { admissionPlugins } from './admission/index.ts';
import { allocatorOf } from './allocator.ts';
import { type Cluster, generateName } from './cluster.ts';
import { minorOf } from './releases.ts';
import { hasSubresource, type Resource, storageOf } from './resource.ts';
import { keyOf } from './state.ts';
import { alreadyExists, failure, forbidden, invalid } from './status.ts';
import type { User } from './user.ts';

export interface CreateRequest {
  resource: Resource;
  object: KubeObject;
  dryRun: boolean;
  /** Who becomes the owner of the fields; absent when managedFields are set already (server-side apply). */
  manager?: string | undefined;
  /** Keeps the status that the object brings: controllers and worlds may, clients not. */
  keepStatus?: boolean;
  /** Who asks; absent: a controller of the cluster. */
  user?: User;
  /** Takes what admission warns of. */
  warn?: (text: string) => void;
}

/** Creates one object as the API server does: named, completed, checked, given to its manager, stored unless dry. */
export function createObject(cluster: Cluster, request: CreateRequest): KubeObject {
  const { resource } = request;
  const object = named(request);
  const { name, namespace } = object.metadata;
  if (resource.namespaced) requireNamespace(cluster, { resource, namespace: namespace ?? '', name });
  const { user, warn = () => undefined } = request;
  let complete = prepared(cluster, { ...request, object });
  // What the server adds by itself belongs to nobody, so ownership is noted before it does.
  for (const plugin of admissionPlugins) {
    complete = plugin.complete?.({ cluster, resource, object: complete, user, warn }) ?? complete;
  }
  complete = allocate(complete, allocatorOf(cluster.state));
  const causes = validate(complete);
  if (causes.length > 0) {
    throw invalid({ apiVersion: complete.apiVersion, kind: complete.kind, name }, causes);
  }
  const judged = { cluster, resource, object: complete, user, warn };
  const notes = admissionPlugins.flatMap(plugin => plugin.check?.(judged) ?? []);
  const storage = storageOf(resource);
  if (cluster.state.get(storage, keyOf(namespace, name)) !== undefined) throw alreadyExists(resource, name);
  if (request.dryRun) return complete;
  for (const note of notes) note();
  return cluster.state.put(storage, complete);
}

function named({ object }: CreateRequest): KubeObject {
  const { generateName: prefix, resourceVersion } = object.metadata;
  if (resourceVersion) {
    throw failure(500, { message: 'resourceVersion should not be set on objects to be created' });
  }
  if (object.metadata.name) return object;
  if (!prefix) {
    throw invalid({ apiVersion: object.apiVersion, kind: object.kind, name: '' }, [
      required('metadata.name', 'name or generateName is required'),
    ]);
  }
  return { ...object, metadata: { ...object.metadata, name: generateName(prefix) } };
}

/** Nothing is created in a namespace that does not exist or is being deleted. */
export function requireNamespace(
  cluster: Cluster,
  { resource, namespace, name }: { resource: Resource; namespace: string; name: string },
): void {
  const found = cluster.state.get('/namespaces', namespace);
  if (found === undefined) {
    throw failure(404, {
      reason: 'NotFound',
      message: `namespaces "${namespace}" not found`,
      details: { name: namespace, kind: 'namespaces' },
    });
  }
  if (found.metadata.deletionTimestamp === undefined) return;
  // Events tell how the deletion goes on and are still taken.
  if (resource.plural === 'events') return;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  throw forbidden(resource, {
    name,
    why,
    causes: [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ],
  });
}

function prepared(cluster: Cluster, { resource, object, keepStatus, manager }: CreateRequest): KubeObject {
  const {
    uid: _uid,
    deletionTimestamp: _deletion,
    deletionGracePeriodSeconds: _grace,
    generation: _generation,
    creationTimestamp,
    ...metadata
  } = object.metadata;
  const { status, ...rest } = object;
  const bare: KubeObject = {
    ...rest,
    metadata: {
      ...metadata,
      uid: randomUUID(),
      creationTimestamp:
        keepStatus === true && creationTimestamp ? creationTimestamp : cluster.clock.timestamp(),
      ...(countsGenerations(resource, rest) ? { generation: 1 } : {}),
    },
    ...(status !== undefined &&
    (keepStatus === true || object.kind === 'Node' || !hasSubresource(resource, 'status'))
      ? { status }
      : {}),
  };
  const after = resource.custom
    ? bare
    : asKnown(minorOf(cluster.world), withDefaults(encodeStringData(bare)));
  const time = cluster.clock.timestamp();
  return manager === undefined ? after : trackUpdate({ before: undefined, after, manager, time });
}
