import { VigieError } from '../../core/errors.ts';
import { isObject, type Json, type JsonObject, objectsIn } from '../../core/json.ts';
import { splitApiVersion } from '../../kubernetes/object.ts';
import { parseObject } from './answers.ts';
import type { Channel } from './channel.ts';
import { readGate } from './gates.ts';
import { findDescription, readDescription } from './openapi-document.ts';
import { serverPath } from './paths.ts';
import type { ResourceKind } from './resource-kind.ts';

/*
 * Whether a dry run of one operation is safe to send: a server that does not know the parameter would do the change.
 * Known good is what the server's OpenAPI lists with a dryRun parameter, and what it serves itself: the API of
 * another server behind it may list the parameter and ignore it.
 */

/** One way of changing one kind. */
export interface Operation {
  kind: ResourceKind;
  operation: 'patch' | 'delete' | 'evict';
  subresource: 'scale' | 'eviction' | undefined;
}

// The groups that an API server always answers itself.
const ownGroups = new Set([
  '',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'apps',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'resource.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
]);

// What is not offered now may be soon (a right granted, a new kind); what is known stays for the connection.
const unknownForMs = 30_000;

const methods = { patch: 'patch', delete: 'delete', evict: 'post' } as const;

/** What is known, and since when. */
interface Held<Known> {
  known: Known | string;
  at: number;
}

/** What the server's description says about dry runs, asked once for each group and version while it says yes. */
export class DryRunSupport {
  readonly #operations = new Map<string, Held<Set<string>>>();
  readonly #local = new Map<string, Held<true>>();

  /** True where a dry run is safe, else why not. */
  async of(channel: Channel, operation: Operation): Promise<true | string> {
    const listed = await this.#isListed(channel, operation);
    return listed === true ? this.#isLocal(channel, operation.kind) : listed;
  }

  async #isListed(channel: Channel, operation: Operation): Promise<true | string> {
    const { kind, subresource } = operation;
    const wanted = `${methods[operation.operation]} ${templateOf(operation)}`;
    let held = this.#operations.get(kind.apiVersion);
    if (held === undefined || (!lists(held.known, wanted) && isOld(held))) {
      held = { known: await readOperations(channel, kind.apiVersion), at: Date.now() };
      this.#operations.set(kind.apiVersion, held);
    }
    if (typeof held.known === 'string') return held.known;
    if (held.known.has(wanted)) return true;
    const part = subresource === undefined ? '' : `/${subresource}`;
    return `the server does not offer a dry run to ${operation.operation} ${kind.resource}${part}`;
  }

  async #isLocal(channel: Channel, kind: ResourceKind): Promise<true | string> {
    const { group } = splitApiVersion(kind.apiVersion);
    if (ownGroups.has(group)) return true;
    const id = `${kind.resource}.${group}`;
    let held = this.#local.get(id);
    if (held === undefined || (held.known !== true && isOld(held))) {
      held = { known: await isServedItself(channel, kind), at: Date.now() };
      this.#local.set(id, held);
    }
    return held.known;
  }
}

function isOld(held: { at: number }): boolean {
  return Date.now() - held.at > unknownForMs;
}

function lists(known: Set<string> | string, wanted: string): boolean {
  return typeof known !== 'string' && known.has(wanted);
}

/** `method path` of every operation with a dryRun parameter; or why that cannot be known. */
async function readOperations(channel: Channel, apiVersion: string): Promise<Set<string> | string> {
  try {
    return operationsWithDryRun(await readDescription(channel, await findDescription(channel, apiVersion)));
  } catch (error) {
    if (error instanceof VigieError && unknowable.has(error.code)) {
      if (typeof error.details.why === 'string') return error.details.why;
      return `the server's description of ${apiVersion} cannot be read (${error.code})`;
    }
    throw error;
  }
}

const unknowable = new Set<string>([
  'FORBIDDEN',
  'NOT_FOUND',
  'UNKNOWN_KIND',
  'BAD_RESPONSE',
  'SERVER_ERROR',
  'INVALID_INPUT',
]);

function operationsWithDryRun(document: JsonObject): Set<string> {
  const found = new Set<string>();
  const paths = isObject(document.paths) ? document.paths : {};
  for (const [path, item] of Object.entries(paths)) {
    if (!isObject(item)) continue;
    for (const method of Object.values(methods)) {
      const operation = item[method];
      if (isObject(operation) && (hasDryRun(operation.parameters) || hasDryRun(item.parameters))) {
        found.add(`${method} ${path}`);
      }
    }
  }
  return found;
}

function hasDryRun(parameters: Json | undefined): boolean {
  return objectsIn(parameters).some(parameter => parameter.name === 'dryRun' && parameter.in === 'query');
}

/** The path as OpenAPI writes it: `/apis/apps/v1/namespaces/{namespace}/deployments/{name}`. */
function templateOf({ kind, subresource }: Operation): string {
  const { group, version } = splitApiVersion(kind.apiVersion);
  const parts = [
    group === '' ? `/api/${version}` : `/apis/${group}/${version}`,
    ...(kind.namespaced ? ['namespaces/{namespace}'] : []),
    kind.resource,
    '{name}',
    ...(subresource === undefined ? [] : [subresource]),
  ];
  return parts.join('/');
}

/** Whether the group's server is the API server itself: it made the kind from a definition, or no service stands behind. */
async function isServedItself(channel: Channel, kind: ResourceKind): Promise<true | string> {
  const { group, version } = splitApiVersion(kind.apiVersion);
  const definition = await findPart(channel, [
    'apiextensions.k8s.io',
    'v1',
    'customresourcedefinitions',
    `${kind.resource}.${group}`,
  ]);
  if (definition !== undefined) return true;
  const service = await findPart(channel, [
    'apiregistration.k8s.io',
    'v1',
    'apiservices',
    `${version}.${group}`,
  ]);
  const unknown = `whether ${group} is answered by another server, which may ignore dry runs, cannot be known`;
  if (service === undefined || !isObject(service.spec)) return unknown;
  return service.spec.service === undefined || service.spec.service === null
    ? true
    : `${group} is answered by another server, which may ignore dry runs`;
}

async function findPart(channel: Channel, parts: string[]): Promise<JsonObject | undefined> {
  const path = serverPath('apis', ...parts);
  try {
    const answer = await channel.read({
      method: 'GET',
      path,
      gate: readGate,
      asked: { verb: 'get', what: path.text },
    });
    return parseObject(answer.body, path.text);
  } catch (error) {
    if (error instanceof VigieError && unknowable.has(error.code)) return undefined;
    throw error;
  }
}
