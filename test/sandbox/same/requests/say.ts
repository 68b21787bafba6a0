import type { Json, JsonObject } from '../../../../src/core/json.ts';
import type { Ask } from '../ask.ts';

/** How a table, or the metadata alone, is asked for. */
export const asTable = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };
export const asMetadata = {
  accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json',
};

const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

type More = Partial<Omit<Ask, 'name' | 'method' | 'path' | 'body'>>;

export function get(name: string, path: string, more: More = {}): Ask {
  return { name, method: 'GET', path, ...more };
}

/** Without managers named by the caller the user agent decides, and there is none. */
export function post(name: string, path: string, body: Json, more: More = {}): Ask {
  return { name, method: 'POST', path, body, ...more };
}

export function put(name: string, path: string, body: Json, more: More = {}): Ask {
  return { name, method: 'PUT', path, body, ...more };
}

export function patch(
  name: string,
  path: string,
  body: Json,
  more: More & { as?: keyof typeof patchTypes } = {},
): Ask {
  const { as = 'merge', headers, ...rest } = more;
  return {
    name,
    method: 'PATCH',
    path,
    body,
    headers: { 'content-type': patchTypes[as], ...headers },
    ...rest,
  };
}

export function remove(name: string, path: string, body?: JsonObject): Ask {
  return { name, method: 'DELETE', path, ...(body === undefined ? {} : { body }) };
}

/** A namespace whose pods get no volume with a token. */
export function namespace(name: string): Ask[] {
  return [
    post(`namespace ${name}`, '/api/v1/namespaces?fieldManager=t', { metadata: { name } }),
    post(`account of ${name}`, `/api/v1/namespaces/${name}/serviceaccounts?fieldManager=t`, {
      metadata: { name: 'default' },
      automountServiceAccountToken: false,
    }),
  ];
}

/** A pod that no scheduler looks at. */
export function idlePod(name: string, more: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name } },
    spec: { schedulerName: 'nobody', containers: [{ name: 'c', image: 'i' }], ...more },
  };
}

export function configMap(name: string, more: JsonObject = {}): JsonObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, ...more };
}

/** A workload of the group apps with one container. */
export function workload(kind: string, name: string, spec: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, labels: { app: name } },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'c', image: 'registry.example/app:1' }] },
      },
      ...spec,
    },
  };
}
