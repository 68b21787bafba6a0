import type { JsonObject } from '../core/json.ts';
import { knowsField } from './releases.ts';
import { objectOf } from './validation/problem.ts';

// Documents that are not made from the schema as a whole: those of older servers, and of resources that it lacks.

/** The document as an older server has it. served: its resources and subresources (`pods`, `pods/log`). */
export function documentOfRelease(
  document: JsonObject,
  { minor, served }: { minor: number; served: ReadonlySet<string> },
): JsonObject {
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

interface PlainResource {
  group: string;
  version: string;
  kind: string;
  plural: string;
  namespaced: boolean;
}

/** As much of a document as kubectl needs to apply and explain: the kinds, without their fields, and which writes know fieldValidation and dryRun. */
export function plainDocument(resources: readonly PlainResource[]): JsonObject {
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
