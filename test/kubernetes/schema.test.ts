import { describe, expect, test } from 'vitest';
import { openApiV3Doc, openApiV3Index } from '../../src/kubernetes/openapi.ts';
import {
  allKinds,
  definitionNamed,
  type FieldSchema,
  kindInfo,
  kindOfResource,
  schemaAt,
  schemaOf,
} from '../../src/kubernetes/schema.ts';

const types = ['string', 'integer', 'number', 'boolean', 'quantity', 'int-or-string', 'array', 'map', 'any'];

describe('the schema bundle', () => {
  test('every definition is whole: each field has a type or refers to a definition that is there', () => {
    const seen = new Set<string>();
    const check = (field: FieldSchema, at: string): void => {
      if (field.ref === undefined) expect(types, at).toContain(field.type);
      else if (!seen.has(field.ref)) {
        seen.add(field.ref);
        const definition = definitionNamed(field.ref);
        expect(definition, at).toBeDefined();
        for (const [name, member] of Object.entries(definition?.fields ?? {}))
          check(member, `${field.ref}.${name}`);
      }
      if (field.type === 'array') check(field.items ?? {}, `${at}[]`);
      if (field.list === 'map') expect(field.keys?.length, at).toBeGreaterThan(0);
    };
    for (const info of allKinds()) check(schemaOf(info.apiVersion, info.kind), info.kind);
    expect(seen.size).toBeGreaterThan(350);
  });

  test('a kind is found by its name and by its resource', () => {
    const deployment = kindInfo('apps/v1', 'Deployment');
    expect(deployment).toMatchObject({ plural: 'deployments', shortNames: ['deploy'], namespaced: true });
    expect(deployment?.subresources.map(({ name }) => name)).toEqual(['scale', 'status']);
    expect(kindOfResource({ group: 'apps', version: 'v1', plural: 'deployments' })).toBe(deployment);
    expect(kindOfResource({ group: '', version: 'v1', plural: 'pods' })?.kind).toBe('Pod');
    expect(kindInfo('apps/v1', 'Nothing')).toBeUndefined();
  });

  test('the keys of the two merges are kept apart', () => {
    const ports = schemaAt(schemaOf('v1', 'Pod'), ['spec', 'containers', 'ports']);
    expect(ports).toMatchObject({
      list: 'map',
      keys: ['containerPort', 'protocol'],
      mergeKey: 'containerPort',
    });
  });
});

interface Document {
  paths: Record<string, Record<string, { parameters: { name: string }[] }>>;
  components: { schemas: Record<string, unknown> };
}

describe('OpenAPI', () => {
  test('every group-version of the index has a document', () => {
    const { paths } = openApiV3Index() as { paths: Record<string, { serverRelativeURL: string }> };
    expect(Object.keys(paths)).toContain('apis/apps/v1');
    for (const path of Object.keys(paths)) {
      expect(openApiV3Doc(path.replace(/^apis?\//, '')), path).toBeDefined();
      expect(paths[path]?.serverRelativeURL).toContain(`/openapi/v3/${path}?hash=`);
    }
    expect(openApiV3Doc('nothing/v1')).toBeUndefined();
  });

  test('every operation that writes lists dryRun, and every reference resolves', () => {
    for (const groupVersion of new Set(allKinds().map(info => info.apiVersion))) {
      const document = openApiV3Doc(groupVersion) as unknown as Document;
      for (const [path, operations] of Object.entries(document.paths)) {
        for (const [method, operation] of Object.entries(operations)) {
          const names = operation.parameters.map(({ name }) => name);
          if (method !== 'get') expect(names, `${method} ${path}`).toContain('dryRun');
          if (method === 'patch')
            expect(names).toEqual(expect.arrayContaining(['fieldManager', 'fieldValidation']));
        }
      }
      const text = JSON.stringify(document);
      for (const [, name = ''] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
        expect(document.components.schemas, name).toHaveProperty([name]);
      }
    }
  });
});
