import { VigieError } from '../../core/errors.ts';
import { isObject, type Json, type JsonObject } from '../../core/json.ts';
import { conflictCause, conflictMessage } from '../../kubernetes/apply-conflicts.ts';
import { applyJsonPatch } from '../../kubernetes/json-patch.ts';
import { applyMergePatch } from '../../kubernetes/merge-patch.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { lateFields } from '../../kubernetes/releases.ts';
import { type ApplyConflict, applyServerSide } from '../../kubernetes/server-side-apply.ts';
import { strategicMerge } from '../../kubernetes/strategic-merge.ts';
import { required, invalid as wrongValue } from '../../kubernetes/validation/problem.ts';
import { fetchObject } from '../cluster.ts';
import { minorOf } from '../releases.ts';
import { apiVersionOf, type Resource, storageOf } from '../resource.ts';
import { keyOf } from '../state.ts';
import { badRequest, conflict, failure, invalid, notFound, statusBody } from '../status.ts';
import { checkFields, parseJson, placeObject, readYaml, unreadableResult, unsupportedMedia } from './body.ts';
import { type Exchange, readBody } from './exchange.ts';
import type { ObjectTarget } from './object-target.ts';
import { isDryRun, managerOf } from './options.ts';
import { servedForm, storedForm } from './versions.ts';
import { isTrue } from './watch.ts';
import { sendCreated, sendUpdated } from './written.ts';

const jsonPatchType = 'application/json-patch+json';
const mergePatchType = 'application/merge-patch+json';
const strategicPatchType = 'application/strategic-merge-patch+json';
const applyPatchType = 'application/apply-patch+yaml';

/** How a patch came: which of the four rules it follows, and its data. */
export interface Patch {
  type: typeof jsonPatchType | typeof mergePatchType | typeof strategicPatchType | typeof applyPatchType;
  data: Json;
}

/** Reads the patch of a request. 415 for a type that the resource does not take. */
export async function readPatch(exchange: Exchange, resource: Resource): Promise<Patch> {
  const { request } = exchange;
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const body = (await readBody(request)).toString('utf8');
  switch (type) {
    case jsonPatchType:
    case mergePatchType:
      return { type, data: parseJson(body) };
    case strategicPatchType:
      // Without a schema there is no strategy.
      if (resource.custom) throw unsupportedMedia([jsonPatchType, mergePatchType, applyPatchType]);
      return { type, data: parseJson(body) };
    case applyPatchType:
      return { type, data: readYaml(body) };
    default:
  }
  throw failure(415, {
    reason: 'UnsupportedMediaType',
    message: '415: Unsupported Media Type',
    details: {},
  });
}

/** The object after a patch that is no server-side apply. */
export function patched(live: KubeObject, patch: Patch): KubeObject {
  if (patch.type === jsonPatchType) {
    if (!Array.isArray(patch.data)) {
      throw badRequest(
        'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
      );
    }
    return refuse(
      () => applyJsonPatch(live, patch.data),
      () => doesNotFit(),
    );
  }
  const { data } = patch;
  if (!isObject(data)) {
    const prefix = patch.type === mergePatchType ? 'error decoding patch: ' : '';
    const given = Array.isArray(data) ? 'array' : typeof data;
    throw badRequest(
      `${prefix}json: cannot unmarshal ${given} into Go value of type map[string]interface {}`,
    );
  }
  if (patch.type === mergePatchType) return applyMergePatch(live, data);
  // The real server takes what it cannot merge for a fault of its own.
  return refuse(
    () => strategicMerge({ live, patch: data }),
    message => failure(500, { message }),
  );
}

/** What a patch that does not fit the object is answered with: a fault of the caller, as a rule. */
function refuse<T>(apply: () => T, misread: (message: string) => Error): T {
  try {
    return apply();
  } catch (error) {
    if (!(error instanceof VigieError) || statusBody(error) !== undefined) throw error;
    throw error.code === 'INVALID_INPUT' ? misread(error.message) : doesNotFit();
  }
}

function doesNotFit(): Error {
  const message = 'the server rejected our request due to an error in our request';
  return failure(422, { reason: 'Invalid', message, details: {} });
}

/** An object keeps its kind and its uid, whatever a patch says. */
function requireSameObject(
  after: KubeObject,
  { live, target }: { live: KubeObject; target: ObjectTarget },
): void {
  const { kind } = target.resource;
  const apiVersion = apiVersionOf(target.resource);
  if (after.kind !== kind || after.apiVersion !== apiVersion) {
    throw unreadableResult(
      JSON.stringify(after),
      `no kind "${after.kind}" is registered for version "${after.apiVersion}"`,
    );
  }
  const { uid } = after.metadata;
  if (!uid || uid === live.metadata.uid) return;
  throw invalid({ apiVersion, kind, name: target.name }, [
    wrongValue('metadata.uid', { value: uid, detail: 'field is immutable' }),
  ]);
}

/** PATCH of one object or of its status. */
export async function answerPatch(
  exchange: Exchange,
  target: ObjectTarget & { subresource: 'status' | undefined },
): Promise<void> {
  const { cluster } = exchange;
  const { resource, subresource } = target;
  const dryRun = isDryRun(exchange);
  const patch = await readPatch(exchange, resource);
  if (patch.type === applyPatchType) {
    await answerApply(exchange, { target, data: patch.data, dryRun });
    return;
  }
  const live = fetchObject(cluster, target);
  const after = patched(servedForm(resource, live), patch);
  requireSameObject(after, { live, target });
  const object = checkFields(exchange, {
    resource,
    object: placeObject(asData(after), target),
    patched: { strategically: patch.type === strategicPatchType ? patch.data : undefined },
  });
  const stored = { live, object: storedForm(resource, object), manager: managerOf(exchange) };
  await sendUpdated(exchange, { resource, ...stored, dryRun, subresource });
}

function asData(object: KubeObject): JsonObject {
  // A KubeObject is JSON; its metadata has a narrower type.
  return object as unknown as JsonObject;
}

async function answerApply(
  exchange: Exchange,
  {
    target,
    data,
    dryRun,
  }: { target: ObjectTarget & { subresource: 'status' | undefined }; data: Json; dryRun: boolean },
): Promise<void> {
  const { cluster, query } = exchange;
  const { resource, subresource, name, namespace } = target;
  const manager = query.get('fieldManager') ?? '';
  if (manager === '') throw managerMissing();
  if (!isObject(data)) throw badRequest('error decoding YAML: an apply configuration is an object');
  const applied = storedForm(resource, placeObject(data, target));
  if (applied.metadata.managedFields !== undefined) {
    throw badRequest('metadata.managedFields must be nil');
  }
  const live = cluster.state.get(storageOf(resource), keyOf(namespace, name));
  if (live === undefined && subresource !== undefined) throw notFound(resource, name);
  const late = lateFields(minorOf(cluster.world), applied).find(({ known }) => !known);
  if (late !== undefined) {
    const why = `${typedPath(data, late.path)}: field not declared in schema`;
    throw failure(500, { message: typeErrorText(data, { target, why }) });
  }
  const result = applyServerSide({
    live,
    applied,
    manager,
    force: isTrue(query.get('force')),
    time: cluster.clock.timestamp(),
    ...(subresource === undefined ? {} : { subresource }),
  });
  if ('typeError' in result)
    throw failure(500, { message: typeErrorText(data, { target, why: result.typeError }) });
  if ('conflicts' in result) throw applyConflict(result.conflicts);
  if (live === undefined) {
    const { uid, resourceVersion: _demanded, ...metadata } = result.object.metadata;
    if (uid) {
      const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
      throw conflict(resource, { name, why });
    }
    // Real servers look at a demanded version only where there is an object.
    await sendCreated(exchange, { resource, object: { ...result.object, metadata }, dryRun });
    return;
  }
  const { resourceVersion } = applied.metadata;
  const object = {
    ...result.object,
    metadata: {
      ...result.object.metadata,
      resourceVersion: resourceVersion ?? live.metadata.resourceVersion ?? '',
    },
  };
  await sendUpdated(exchange, { resource, live, object, dryRun, subresource });
}

/** A path as server-side apply writes it: items of lists by their name where they have one. */
function typedPath(data: Json, path: string): string {
  let value: Json | undefined = data;
  return path
    .split(/\.|(?=\[)/)
    .map(step => {
      const index = /^\[(\d+)\]$/.exec(step)?.[1];
      if (index === undefined) {
        value = isObject(value) ? value[step] : undefined;
        return `.${step}`;
      }
      value = Array.isArray(value) ? value[Number(index)] : undefined;
      const name = isObject(value) ? value['name'] : undefined;
      return typeof name === 'string' ? `[name=${JSON.stringify(name)}]` : step;
    })
    .join('');
}

/** Real servers name the patch by the namespace it gives itself, not by the URL's. */
function typeErrorText(data: JsonObject, { target, why }: { target: ObjectTarget; why: string }): string {
  const metadata = isObject(data['metadata']) ? data['metadata'] : {};
  const namespace = typeof metadata['namespace'] === 'string' ? metadata['namespace'] : '';
  const { resource, name } = target;
  // The core group has no name, and the server writes the stroke after it all the same.
  const apiVersion = resource.group === '' ? `/${resource.version}` : apiVersionOf(resource);
  return `failed to create typed patch object (${namespace}/${name}; ${apiVersion}, Kind=${resource.kind}): ${why}`;
}

function managerMissing(): Error {
  return invalid({ apiVersion: 'meta.k8s.io/v1', kind: 'PatchOptions', name: '' }, [
    required('fieldManager', 'is required for apply patch'),
  ]);
}

/** The 409 that names every field somebody else owns. */
function applyConflict(conflicts: readonly ApplyConflict[]): Error {
  const causes = conflicts.map(each => ({
    reason: 'FieldManagerConflict',
    message: conflictCause(each),
    field: each.field,
  }));
  return failure(409, { reason: 'Conflict', message: conflictMessage(conflicts), details: { causes } });
}
