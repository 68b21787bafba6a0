import { type Access, type ResourceAccess, requireAllowed } from '../authorize.ts';
import { fetchObject } from '../cluster.ts';
import kinds from '../kinds.json' with { type: 'json' };
import { metricsGroup } from '../metrics-server.ts';
import { minorOf } from '../releases.ts';
import { hasSubresource, type Resource } from '../resource.ts';
import { failure, noSuchPath, notFound, notSimulated } from '../status.ts';
import { answerCoreVersions, answerGroup, answerGroups, answerResources } from './discovery.ts';
import { answerEviction } from './eviction.ts';
import { type Exchange, sendJson, sendText } from './exchange.ts';
import { answerExec } from './exec.ts';
import { answerList } from './list.ts';
import { answerMetrics } from './metrics.ts';
import { sendObject } from './object-target.ts';
import { answerOpenApi } from './openapi.ts';
import { answerPatch } from './patch.ts';
import type { Target } from './path.ts';
import { answerLog } from './pod-log.ts';
import { answerPortForward } from './port-forward.ts';
import { answerReview, isReview } from './reviews.ts';
import { answerScale } from './scale.ts';
import { answerServiceProxy } from './service-proxy.ts';
import { answerToken } from './token.ts';
import { describeVersion } from './version.ts';
import { answerWatch, isTrue, requireVersion } from './watch.ts';
import { answerCreate, answerDelete, answerDeleteCollection, answerFinalize, answerUpdate } from './write.ts';

type ResourceTarget = Target & { kind: 'resource' };

/** Finds who answers a request, after asking whether its user may. */
export async function answer(exchange: Exchange, target: Target): Promise<void> {
  requireAllowed(exchange.cluster, { user: exchange.user, access: accessOf(exchange, target) });
  if (target.kind === 'resource') {
    await answerResource(exchange, target);
    return;
  }
  if (exchange.method !== 'GET' && exchange.method !== 'HEAD') throw methodNotAllowed();
  const answered =
    target.kind === 'other'
      ? await answerOther(exchange, target.path)
      : target.kind === 'group'
        ? await answerGroup(exchange, target.group)
        : await answerResources(exchange, target);
  if (answered) return;
  if (target.kind === 'groupVersion' && exchange.cluster.resources.servesGroup(target.group))
    throw noSuchPath();
  await sendPlainNotFound(exchange);
}

async function answerOther(exchange: Exchange, path: string): Promise<boolean> {
  switch (path) {
    case '/api':
      await answerCoreVersions(exchange);
      return true;
    case '/apis':
      await answerGroups(exchange);
      return true;
    case '/version':
      await sendJson(exchange, describeVersion(exchange.cluster));
      return true;
    case '/healthz':
    case '/livez':
    case '/readyz':
      await sendText(exchange, { type: 'text/plain; charset=utf-8', text: 'ok' });
      return true;
    default:
      return answerOpenApi(exchange, path);
  }
}

/** What the real server sends where no group is served: no Status. */
async function sendPlainNotFound(exchange: Exchange): Promise<void> {
  await sendText(exchange, { status: 404, type: 'text/plain; charset=utf-8', text: '404 page not found\n' });
}

async function answerResource(exchange: Exchange, target: ResourceTarget): Promise<void> {
  const { cluster } = exchange;
  const resource = cluster.resources.find(target.group, target);
  if (resource === undefined) {
    if (!cluster.resources.servesGroup(target.group)) return sendPlainNotFound(exchange);
    throw noSuchPath();
  }
  if (target.subresource === undefined) warnOfAge(exchange, resource);
  if (!resource.namespaced && target.namespace !== undefined) throw noSuchPath();
  if (resource.group === metricsGroup) return answerMetrics(exchange, { ...target, resource });
  if (isReview(resource)) {
    if (exchange.method !== 'POST') throw methodNotAllowed();
    return answerReview(exchange, { resource, namespace: target.namespace });
  }
  if (target.name === undefined) return answerCollection(exchange, { resource, namespace: target.namespace });
  if (resource.namespaced && target.namespace === undefined) throw noSuchPath();
  const place = { resource, namespace: target.namespace, name: target.name };
  if (target.subresource === undefined) return answerOne(exchange, place);
  if (target.subresource === 'proxy' && resource.plural === 'services' && resource.group === '')
    return answerServiceProxy(exchange, { ...place, rest: target.rest });
  return answerSubresource(exchange, { ...place, subresource: target.subresource });
}

async function answerCollection(
  exchange: Exchange,
  target: { resource: Resource; namespace: string | undefined },
): Promise<void> {
  switch (exchange.method) {
    case 'GET':
    case 'HEAD':
      if (isTrue(exchange.query.get('watch'))) return answerWatch(exchange, target);
      return answerList(exchange, target);
    case 'POST':
      // Only inside a namespace can a namespaced object be made.
      if (target.resource.namespaced && target.namespace === undefined) throw methodNotAllowed();
      return answerCreate(exchange, target);
    case 'DELETE':
      if (!target.resource.verbs.includes('deletecollection')) throw methodNotAllowed();
      return answerDeleteCollection(exchange, target);
    default:
      throw methodNotAllowed();
  }
}

type Place = { resource: Resource; namespace: string | undefined; name: string };

async function answerOne(exchange: Exchange, place: Place): Promise<void> {
  switch (exchange.method) {
    case 'GET':
    case 'HEAD':
      requireVersion(exchange.query);
      return sendObject(exchange, { resource: place.resource, object: fetchObject(exchange.cluster, place) });
    case 'PUT':
      return answerUpdate(exchange, { ...place, subresource: undefined });
    case 'PATCH':
      return answerPatch(exchange, { ...place, subresource: undefined });
    case 'DELETE':
      return answerDelete(exchange, place);
    default:
      throw methodNotAllowed();
  }
}

/** Subresources that would need a program to talk to. */
const notSimulatedSubresources = new Map(Object.entries(kinds.notSimulated));

async function answerSubresource(exchange: Exchange, place: Place & { subresource: string }): Promise<void> {
  const { resource, subresource } = place;
  const missing = notSimulatedSubresources.get(subresource);
  if (missing !== undefined && !resource.custom) throw notSimulated(missing);
  if (!hasSubresource(resource, subresource)) {
    throw resource.custom ? notFound(resource, place.name) : noSuchPath();
  }
  const { cluster, user, method } = exchange;
  switch (subresource) {
    case 'status': {
      const target = { ...place, subresource: 'status' as const };
      if (method === 'PUT') return answerUpdate(exchange, target);
      if (method === 'PATCH') return answerPatch(exchange, target);
      if (method === 'GET') {
        return sendObject(exchange, { resource, object: fetchObject(exchange.cluster, place) });
      }
      break;
    }
    case 'scale':
      if (method === 'GET' || method === 'PUT' || method === 'PATCH') return answerScale(exchange, place);
      break;
    case 'log':
      if (method === 'GET') return answerLog(exchange, place);
      break;
    case 'exec':
    case 'portforward':
      // Opening a line is a GET that changes something, so it needs the right of a POST as well.
      requireAllowed(cluster, { user, access: { ...accessTo(place), verb: 'create' } });
      return subresource === 'exec' ? answerExec(exchange, place) : answerPortForward(exchange, place);
    case 'token':
      if (method === 'POST') return answerToken(exchange, place);
      break;
    case 'eviction':
      if (method === 'POST') return answerEviction(exchange, place);
      break;
    case 'finalize':
      if (method === 'PUT') return answerFinalize(exchange, place);
      break;
    default:
  }
  throw methodNotAllowed();
}

function accessTo({ resource, ...place }: Place & { subresource: string }): Omit<ResourceAccess, 'verb'> {
  return { group: resource.group, resource: resource.plural, ...place };
}

function methodNotAllowed(): Error {
  return failure(405, {
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
    details: {},
  });
}

const verbOfMethod: Record<string, string> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

function accessOf({ method, query }: Exchange, target: Target): Access {
  const verb = verbOfMethod[method] ?? method.toLowerCase();
  if (target.kind === 'other') return { verb, path: target.path };
  if (target.kind !== 'resource') return { verb, path: '/apis' };
  const { group, plural, subresource, namespace, name } = target;
  const many = isTrue(query.get('watch')) ? 'watch' : verb === 'delete' ? 'deletecollection' : 'list';
  const plain = name !== undefined || verb === 'create' ? verb : many;
  // A namespace is asked for in itself, as roles of that namespace may name it.
  const where = plural === 'namespaces' && group === '' ? name : namespace;
  return { verb: plain, group, resource: plural, subresource, namespace: where, name };
}

function warnOfAge({ cluster, warnings }: Exchange, resource: Resource): void {
  // From 1.33 on.
  if (minorOf(cluster.world) < 33) return;
  if (resource.group === '' && resource.plural === 'endpoints') {
    warnings.push('v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice');
  }
}
