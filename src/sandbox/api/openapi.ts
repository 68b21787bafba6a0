import { createHash } from 'node:crypto';
import type { JsonObject } from '../../core/json.ts';
import { openApiV3Doc, openApiV3Index } from '../../kubernetes/openapi.ts';
import { knowsField } from '../../kubernetes/releases.ts';
import { objectOf } from '../../kubernetes/validation/problem.ts';
import type { Cluster } from '../cluster.ts';
import { minorOf } from '../releases.ts';
import { apiVersionOf, type Resource } from '../resource.ts';
import { type Exchange, sendJson, sendText } from './exchange.ts';

const prefix = '/openapi/v3/';

/** GET /openapi/v3 and the documents below it. False when there is no such document. */
export async function answerOpenApi(exchange: Exchange, path: string): Promise<boolean> {
  const resources = exchange.cluster.resources.all();
  if (path === '/openapi/v3') {
    await sendJson(exchange, completeIndex(resources));
    return true;
  }
  if (!path.startsWith(prefix)) return false;
  const groupVersion = path.slice(prefix.length).replace(/^(api|apis)\//, '');
  const own = resources.filter(each => apiVersionOf(each) === groupVersion);
  if (own.length === 0) return false;
  const document =
    ofRelease(exchange.cluster, { document: openApiV3Doc(groupVersion), own }) ?? documentOf(own);
  await sendText(exchange, { text: JSON.stringify(document) });
  return true;
}

/** The document without the paths and fields that the cluster's version lacks. */
function ofRelease(
  { world }: Cluster,
  { document, own }: { document: JsonObject | undefined; own: readonly Resource[] },
): JsonObject | undefined {
  if (document === undefined) return undefined;
  const minor = minorOf(world);
  const served = new Set(
    own.flatMap(({ plural, subresources }) => [
      plural,
      ...subresources.map(({ name }) => `${plural}/${name}`),
    ]),
  );
  const paths = Object.entries(objectOf(document, 'paths')).filter(([path]) => {
    const names = path
      .replace('/namespaces/{namespace}/', '/')
      .split('/')
      .slice(path.startsWith('/apis/') ? 4 : 3);
    return served.has(names.filter(name => !name.startsWith('{')).join('/'));
  });
  const schemas = Object.entries(objectOf(objectOf(document, 'components'), 'schemas')).map(
    ([definition, schema]) => {
      const whole = objectOf({ schema }, 'schema');
      const known = Object.entries(objectOf(whole, 'properties')).filter(([name]) =>
        knowsField(minor, { definition, name }),
      );
      return [definition, { ...whole, properties: Object.fromEntries(known) }];
    },
  );
  return {
    ...document,
    paths: Object.fromEntries(paths),
    components: { schemas: Object.fromEntries(schemas) },
  };
}

/** The index of the known documents, and of those made here for resources that have none: the custom ones. */
function completeIndex(resources: readonly Resource[]): JsonObject {
  const known = objectOf(openApiV3Index(), 'paths');
  const paths: JsonObject = {};
  for (const [groupVersion, own] of Map.groupBy(resources, apiVersionOf)) {
    const key = `${groupVersion.includes('/') ? 'apis' : 'api'}/${groupVersion}`;
    const hash = createHash('sha256').update(JSON.stringify(own)).digest('hex').slice(0, 32);
    paths[key] = known[key] ?? { serverRelativeURL: `${prefix}${key}?hash=${hash}` };
  }
  return { paths };
}

/** As much of a document as kubectl needs to apply and explain: the kinds, without their fields, and which writes know fieldValidation and dryRun. */
function documentOf(resources: readonly Resource[]): JsonObject {
  const paths: JsonObject = {};
  const schemas: JsonObject = {};
  for (const resource of resources) {
    const { group, version, kind, plural, namespaced } = resource;
    const identity = { group, version, kind };
    const parameters = ['dryRun', 'fieldManager', 'fieldValidation'].map(name => ({
      name,
      in: 'query',
      schema: { type: 'string', uniqueItems: true },
    }));
    const operation = {
      parameters,
      responses: { 200: { description: 'OK' } },
      'x-kubernetes-group-version-kind': identity,
    };
    const root = group === '' ? '/api' : `/apis/${group}`;
    const base = `${root}/${version}/${namespaced ? 'namespaces/{namespace}/' : ''}${plural}`;
    paths[base] = { post: { ...operation, 'x-kubernetes-action': 'post' } };
    paths[`${base}/{name}`] = {
      put: { ...operation, 'x-kubernetes-action': 'put' },
      patch: { ...operation, 'x-kubernetes-action': 'patch' },
      delete: { ...operation, 'x-kubernetes-action': 'delete' },
    };
    schemas[`${(group || 'core').split('.').reverse().join('.')}.${version}.${kind}`] = {
      type: 'object',
      properties: {
        apiVersion: { type: 'string' },
        kind: { type: 'string' },
        metadata: { type: 'object' },
      },
      'x-kubernetes-preserve-unknown-fields': true,
      'x-kubernetes-group-version-kind': [identity],
    };
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes CRD Swagger', version: 'v0.1.0' },
    paths,
    components: { schemas },
  };
}
