import { createHash } from 'node:crypto';
import type { JsonObject } from '../../core/json.ts';
import { apiVersionOf, type Resource } from '../resource.ts';
import { wantsAggregatedDiscovery } from './accept.ts';
import { type Exchange, sendJson, sendText } from './exchange.ts';

const aggregatedType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** GET /api: the core group. */
export async function answerCoreVersions(exchange: Exchange): Promise<void> {
  if (wantsAggregatedDiscovery(exchange.request.headers.accept))
    return sendAggregated(exchange, resourcesOf(exchange, ''));
  const { localAddress = '127.0.0.1', localPort = 0 } = exchange.request.socket;
  const serverAddress = `${localAddress}:${localPort}`;
  return sendJson(exchange, {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  });
}

/** GET /apis: all other groups. */
export async function answerGroups(exchange: Exchange): Promise<void> {
  const resources = exchange.cluster.resources.all().filter(each => each.group !== '');
  if (wantsAggregatedDiscovery(exchange.request.headers.accept)) return sendAggregated(exchange, resources);
  const groups = [...Map.groupBy(resources, each => each.group)];
  return sendJson(exchange, {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: groups.map(([group, own]) => describeGroup(group, own)),
  });
}

/** GET /apis/apps. False: there is no such group, and nothing was answered. */
export async function answerGroup(exchange: Exchange, group: string): Promise<boolean> {
  const resources = resourcesOf(exchange, group);
  if (resources.length === 0) return false;
  await sendJson(exchange, { kind: 'APIGroup', apiVersion: 'v1', ...describeGroup(group, resources) });
  return true;
}

/** GET /api/v1 and /apis/apps/v1: the older, flat list of resources. */
export async function answerResources(
  exchange: Exchange,
  { group, version }: { group: string; version: string },
): Promise<boolean> {
  const own = resourcesOf(exchange, group).filter(each => each.version === version);
  if (own.length === 0) return false;
  await sendJson(exchange, {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: apiVersionOf({ group, version }),
    resources: own.flatMap(resource => [describeResource(resource), ...describeSubresources(resource)]),
  });
  return true;
}

function resourcesOf({ cluster }: Exchange, group: string): Resource[] {
  return cluster.resources.all().filter(each => each.group === group);
}

/** What a resource is called beside its name, where there is such. */
function otherNames({ shortNames, categories }: Resource): JsonObject {
  return {
    ...(shortNames.length === 0 ? {} : { shortNames: [...shortNames] }),
    ...(categories.length === 0 ? {} : { categories: [...categories] }),
  };
}

function describeGroup(group: string, resources: readonly Resource[]): JsonObject {
  const versions = [...new Set(resources.map(each => each.version))].map(version => ({
    groupVersion: `${group}/${version}`,
    version,
  }));
  return { name: group, versions, preferredVersion: versions[0] };
}

function describeResource(resource: Resource): JsonObject {
  const { plural: name, singular: singularName, namespaced, kind, verbs } = resource;
  return { name, singularName, namespaced, kind, verbs: [...verbs], ...otherNames(resource) };
}

function describeSubresources(resource: Resource): JsonObject[] {
  return resource.subresources.map(({ name, kind, verbs }) => ({
    name: `${resource.plural}/${name}`,
    singularName: '',
    namespaced: resource.namespaced,
    ...(kind.group === resource.group && kind.version === resource.version
      ? {}
      : { group: kind.group, version: kind.version }),
    kind: kind.kind,
    verbs: [...verbs],
  }));
}

async function sendAggregated(exchange: Exchange, resources: readonly Resource[]): Promise<void> {
  const groups = [...Map.groupBy(resources, each => each.group)];
  const body = {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups.map(([group, own]) => ({
      metadata: { ...(group === '' ? {} : { name: group }), creationTimestamp: null },
      versions: [...Map.groupBy(own, each => each.version)].map(([version, served]) => ({
        version,
        resources: served.map(aggregatedResource),
        freshness: 'Current',
      })),
    })),
  };
  const text = `${JSON.stringify(body)}\n`;
  const etag = `"${createHash('sha512').update(text).digest('hex').toUpperCase()}"`;
  const headers = { etag, vary: 'Accept', 'cache-control': 'public' };
  if (exchange.request.headers['if-none-match'] === etag) {
    exchange.response.writeHead(304, headers).end();
    return;
  }
  await sendText(exchange, { type: aggregatedType, text, headers });
}

function aggregatedResource(resource: Resource): JsonObject {
  const { group, version, kind, plural, singular, namespaced, verbs, subresources } = resource;
  return {
    resource: plural,
    responseKind: { group, version, kind },
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs: [...verbs],
    ...otherNames(resource),
    ...(subresources.length === 0
      ? {}
      : {
          subresources: subresources.map(each => ({
            subresource: each.name,
            responseKind: { ...each.kind },
            verbs: [...each.verbs],
          })),
        }),
  };
}
