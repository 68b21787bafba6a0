import { createHash } from 'node:crypto';
import { isObject, type JsonObject } from '../../core/json.ts';
import { openApiV3Doc, openApiV3Index } from '../../kubernetes/openapi.ts';
import { apiVersionOf, type Resource } from '../resource.ts';
import { type Exchange, sendJson, sendText } from './exchange.ts';

const prefix = '/openapi/v3/';

/** GET /openapi/v3 and the documents below it. False when there is no such document. */
export async function answerOpenApi(exchange: Exchange, path: string): Promise<boolean> {
  if (path === '/openapi/v3') {
    await sendJson(exchange, indexWithCustom(exchange.cluster.resources.all()));
    return true;
  }
  if (!path.startsWith(prefix)) return false;
  const groupVersion = path.slice(prefix.length).replace(/^(api|apis)\//, '');
  const custom = exchange.cluster.resources
    .all()
    .filter(each => each.custom && apiVersionOf(each) === groupVersion);
  const document = custom.length > 0 ? documentOf(custom) : openApiV3Doc(groupVersion);
  if (document === undefined) return false;
  await sendText(exchange, { text: JSON.stringify(document) });
  return true;
}

function indexWithCustom(resources: readonly Resource[]): JsonObject {
  const index = openApiV3Index();
  const paths: JsonObject = isObject(index['paths']) ? { ...index['paths'] } : {};
  const byVersion = Map.groupBy(
    resources.filter(each => each.custom),
    apiVersionOf,
  );
  for (const [groupVersion, own] of byVersion) {
    const hash = createHash('sha256').update(JSON.stringify(own)).digest('hex').slice(0, 32);
    paths[`apis/${groupVersion}`] = { serverRelativeURL: `${prefix}apis/${groupVersion}?hash=${hash}` };
  }
  return { ...index, paths };
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
    const base = `/apis/${group}/${version}/${namespaced ? 'namespaces/{namespace}/' : ''}${plural}`;
    paths[base] = { post: { ...operation, 'x-kubernetes-action': 'post' } };
    paths[`${base}/{name}`] = {
      put: { ...operation, 'x-kubernetes-action': 'put' },
      patch: { ...operation, 'x-kubernetes-action': 'patch' },
      delete: { ...operation, 'x-kubernetes-action': 'delete' },
    };
    schemas[`${group.split('.').reverse().join('.')}.${version}.${kind}`] = {
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
