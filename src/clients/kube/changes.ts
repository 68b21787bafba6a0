import type { K8sDelete } from '../../core/change.ts';
import { VigieError } from '../../core/errors.ts';
import { isObject, type JsonObject } from '../../core/json.ts';
import { describeRef, type Ref } from '../../core/ref.ts';
import { type KubeObject, refOf } from '../../kubernetes/object.ts';
import { namespaceFor } from './bounds.ts';
import type { ApiRequest, Channel } from './channel.ts';
import type { Discovery } from './discovery.ts';
import { type LeavingRequest, refuse } from './gates.ts';
import { locate, type Query, resourcePath } from './paths.ts';
import { isOwnedByUs } from './refusals.ts';
import type { ResourceKind } from './resource-kind.ts';

/*
 * The requests that change something. Previewer and writer build the same ones, so that what was tried is what is
 * done; they differ in one parameter, and each guards that difference with a gate of its own.
 */

/** The name under which the server keeps which fields are ours. */
export const fieldManager = 'vigie';

// No object was ever at this version: an apply that demands it makes an object, or is refused as stale where there is
// one. A POST would be as strict, and leave the fields to an entry that no later apply removes anything from.
const versionOfNothing = '1';

export interface ApplyInput {
  manifest: KubeObject;
  /** Take fields over from other managers. */
  force: boolean;
  /** The object must not exist yet; leave uid and resourceVersion out. */
  mustCreate?: boolean;
  /** Another uid is another object; absent: any, or none. */
  uid?: string;
  resourceVersion?: string;
}

export interface PatchInput {
  target: Ref;
  patch: JsonObject;
  /** Absent: a JSON merge patch (RFC 7386). */
  type?: 'strategic';
  subresource?: 'scale';
  uid?: string;
  resourceVersion?: string;
}

export interface DeleteInput {
  target: Ref;
  uid: string;
  resourceVersion?: string;
  propagation: K8sDelete['propagation'];
  /** Absent: the object's own. */
  gracePeriodSeconds?: number;
}

export interface EvictInput {
  target: Ref;
  uid: string;
}

/** A request without the parameters and the gate that tell a try from a change. */
export interface Intended {
  kind: ResourceKind;
  operation: 'patch' | 'delete' | 'evict';
  request: Omit<ApiRequest, 'gate'> & { query: Query; body: JsonObject };
}

async function intendApply(at: Place, input: ApplyInput): Promise<Intended> {
  const { manifest, force } = input;
  const target = await placeOf(at, refOf(manifest));
  return intended(target, {
    verb: 'apply',
    method: 'PATCH',
    path: target.path,
    query: [
      ['fieldManager', fieldManager],
      ['fieldValidation', 'Strict'],
      ['force', String(force)],
    ],
    // JSON is YAML, and this is the one form of the body that says apply.
    contentType: 'application/apply-patch+yaml',
    body: { ...manifest, metadata: metadataToSend(input, target.namespace) },
  });
}

/** What the server keeps for itself makes an apply fail; what is a precondition is set by us alone. */
function metadataToSend(input: ApplyInput, namespace: string | undefined): JsonObject {
  const { managedFields: _own, uid: _uid, resourceVersion: _version, ...rest } = input.manifest.metadata;
  return {
    ...plain(rest),
    ...(namespace === undefined ? {} : { namespace }),
    ...preconditions(input.mustCreate === true ? { resourceVersion: versionOfNothing } : input),
  };
}

/**
 * Sends an apply. A refusal over fields that are ours already is answered by taking them: nothing is taken from others.
 * @throws VigieError ALREADY_EXISTS with mustCreate where there is such an object
 */
export async function sendApply<Answer>(
  at: Place,
  { input, send }: { input: ApplyInput; send: (intended: Intended) => Promise<Answer> },
): Promise<Answer> {
  try {
    return await send(await intendApply(at, input));
  } catch (error) {
    if (input.mustCreate === true && error instanceof VigieError && error.code === 'CONFLICT')
      throw new VigieError('ALREADY_EXISTS', `${describeRef(refOf(input.manifest))} exists already`);
    if (!isOwnedByUs(error, fieldManager)) throw error;
    return send(await intendApply(at, { ...input, force: true }));
  }
}

// An object that came as JSON and has a type since is JSON still.
function plain(value: object): JsonObject {
  return value as JsonObject;
}

export async function intendPatch(at: Place, input: PatchInput): Promise<Intended> {
  const { patch, subresource } = input;
  const target = await placeOf(at, input.target);
  const path =
    subresource === undefined ? target.path : resourcePath(target.kind, { ...target, subresource });
  const metadata = { ...(isObject(patch.metadata) ? patch.metadata : {}), ...preconditions(input) };
  return intended(target, {
    verb: 'patch',
    method: 'PATCH',
    path,
    query: [
      ['fieldManager', fieldManager],
      ['fieldValidation', 'Strict'],
    ],
    contentType:
      input.type === 'strategic' ? 'application/strategic-merge-patch+json' : 'application/merge-patch+json',
    body: Object.keys(metadata).length === 0 ? patch : { ...patch, metadata },
  });
}

export async function intendDelete(at: Place, input: DeleteInput): Promise<Intended> {
  const { propagation, gracePeriodSeconds } = input;
  const target = await placeOf(at, input.target);
  return intended(target, {
    verb: 'delete',
    method: 'DELETE',
    path: target.path,
    query: [],
    body: {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      preconditions: preconditions(input),
      propagationPolicy: propagation,
      ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    },
  });
}

/** A deletion that a PodDisruptionBudget may refuse. The server takes its options from the body. */
export async function intendEvict(at: Place, { target: ref, uid }: EvictInput): Promise<Intended> {
  const target = await placeOf(at, ref);
  const { name, namespace } = target;
  return intended(target, {
    verb: 'evict',
    method: 'POST',
    path: resourcePath(target.kind, { namespace, name, subresource: 'eviction' }),
    query: [],
    body: {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
      deleteOptions: { preconditions: { uid } },
    },
  });
}

/** Where a call's changes go. */
export interface Place {
  channel: Channel;
  discovery: Discovery;
}

interface Target {
  kind: ResourceKind;
  name: string;
  namespace: string | undefined;
  path: ReturnType<typeof resourcePath>;
}

async function placeOf({ channel, discovery }: Place, ref: Ref): Promise<Target> {
  const kind = await discovery.resolve(channel, { kind: ref.kind, apiVersion: ref.apiVersion });
  // What cannot be patched is no object that lives: reviews, bindings, tokens.
  if (!kind.verbs.includes('patch')) {
    throw new VigieError(
      'INVALID_INPUT',
      `${kind.kind} (${kind.apiVersion}) cannot be changed by this cluster's own rules`,
    );
  }
  const { namespace: fallback } = await channel.line();
  const namespace = namespaceFor(kind, { named: ref.namespace, bounds: channel.bounds, fallback });
  return { kind, name: ref.name, namespace, path: resourcePath(kind, { namespace, name: ref.name }) };
}

function intended(target: Target, request: Omit<Intended['request'], 'asked'> & { verb: string }): Intended {
  const { kind, name, namespace } = target;
  const { verb, ...rest } = request;
  const what = describeRef({ kind: kind.kind, name, ...(namespace === undefined ? {} : { namespace }) });
  const operation = rest.method === 'DELETE' ? 'delete' : rest.method === 'POST' ? 'evict' : 'patch';
  const asked = { verb, what, resource: kind.resource, namespace, secret: kind.kind === 'Secret' };
  return { kind, operation, request: { ...rest, asked } };
}

function preconditions(input: { uid?: string; resourceVersion?: string }): JsonObject {
  return {
    ...(input.uid === undefined ? {} : { uid: input.uid }),
    ...(input.resourceVersion === undefined ? {} : { resourceVersion: input.resourceVersion }),
  };
}

/** Holds back whatever is no patch or delete of one main resource, patch of a scale or eviction. An object is made by a patch, too. */
export function assertChange(request: LeavingRequest): void {
  const location = locate(request.pathname);
  if (location === undefined) return refuse(request, 'it concerns no object');
  const { group, resource, name, subresource } = location;
  const known =
    (request.method === 'PATCH' &&
      name !== undefined &&
      (subresource === undefined || subresource === 'scale')) ||
    (request.method === 'DELETE' && name !== undefined && subresource === undefined) ||
    (request.method === 'POST' &&
      `${group}/${resource}` === '/pods' &&
      name !== undefined &&
      subresource === 'eviction');
  if (!known) refuse(request, 'it is no patch, delete, scale or eviction');
  return undefined;
}
