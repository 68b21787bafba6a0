import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isObject, type Json, type JsonObject } from '../../src/core/json.ts';
import { definitionNamed } from '../../src/kubernetes/schema.ts';
import { builtinResources } from '../../src/sandbox/builtin-resources.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import { parseWorld } from '../../src/sandbox/world.ts';
import { type Answer, send } from '../support/sandbox-client.ts';

// What a server of 1.28 has and what it lacks, against one of today.

function startAt(serverVersion: string): Promise<Sandbox> {
  const world = `
cluster: {serverVersion: ${serverVersion}, ageDays: 1, nodes: [{name: n1, ip: 10.0.0.1, podSubnet: 10.42.0}]}
objects:
  - {apiVersion: v1, kind: Namespace, metadata: {name: shop}}
  - {apiVersion: networking.k8s.io/v1, kind: ServiceCIDR, metadata: {name: kubernetes}, spec: {cidrs: [10.0.0.0/24]}}
  - apiVersion: v1
    kind: Service
    metadata: {name: near, namespace: shop}
    spec: {ports: [{port: 80}], trafficDistribution: PreferClose}
`;
  return startSandbox({ world: parseWorld(world, 'release') });
}

let old: Sandbox;
let today: Sandbox;
beforeAll(async () => {
  [old, today] = await Promise.all([startAt('v1.28.15'), startAt('v1.36.2')]);
});
afterAll(async () => {
  await old.close();
  await today.close();
});

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

describe('resources that came later', () => {
  test.each([
    ['/apis/networking.k8s.io/v1/servicecidrs', 404],
    ['/apis/storage.k8s.io/v1/volumeattributesclasses', 404],
    ['/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies', 404],
    ['/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations', 200],
    ['/apis/autoscaling/v2/horizontalpodautoscalers', 200],
  ])('%s: %i at 1.28', async (path, status) => {
    const answer = await send(old, { path });
    expect(answer.status).toBe(status);
    if (status === 404)
      expect(answer.body).toMatchObject({ message: 'the server could not find the requested resource' });
    expect((await send(today, { path })).status).toBe(200);
  });

  test('are in no discovery, no document and no list of documents, nor are their subresources', async () => {
    for (const [headers, path] of [
      [{ accept: aggregated }, '/apis'],
      [{}, '/apis/networking.k8s.io/v1'],
      [{}, '/openapi/v3/apis/networking.k8s.io/v1'],
    ] as const) {
      expect((await send(today, { path, headers })).text, path).toMatch(/servicecidrs/i);
      const { text } = await send(old, { path, headers });
      expect(text).toMatch(/networkpolicies/i);
      expect(text.replaceAll(/"networking\.v1\.\w+":\{[^}]*\}/g, ''), path).not.toContain('"servicecidrs"');
    }
    expect((await send(today, { path: '/api/v1' })).text).toContain('pods/resize');
    expect((await send(old, { path: '/api/v1' })).text).not.toContain('pods/resize');
    expect((await send(old, { path: '/openapi/v3/api/v1' })).text).not.toContain('/resize"');
  });
});

describe('fields that came later', () => {
  const document = async (sandbox: Sandbox, definition: string): Promise<JsonObject> => {
    const { body } = await send(sandbox, { path: '/openapi/v3/api/v1' });
    const schemas = isObject(body['components']) ? body['components']['schemas'] : {};
    const schema = isObject(schemas) ? schemas[definition] : {};
    return isObject(schema) && isObject(schema['properties']) ? schema['properties'] : {};
  };

  test('are in no document', async () => {
    expect(await document(today, 'core.v1.ServiceSpec')).toHaveProperty('trafficDistribution');
    expect(await document(old, 'core.v1.ServiceSpec')).not.toHaveProperty('trafficDistribution');
    expect(await document(old, 'core.v1.ServiceSpec')).toHaveProperty('clusterIP');
  });

  test('of a world are not in its objects', async () => {
    const path = '/api/v1/namespaces/shop/services/near';
    expect((await send(today, { path })).text).toContain('trafficDistribution');
    expect((await send(old, { path })).text).not.toContain('trafficDistribution');
  });

  const service = (more: JsonObject): Json => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 's' },
    spec: { ports: [{ port: 80 }], ...more },
  });
  const create = (sandbox: Sandbox, { query = '', body }: { query?: string; body: Json }): Promise<Answer> =>
    send(sandbox, { method: 'POST', path: `/api/v1/namespaces/shop/services?dryRun=All${query}`, body });

  test('are warned of as unknown and dropped, or refused when the caller is strict', async () => {
    const body = service({ trafficDistribution: 'PreferClose' });
    const warned = await create(old, { body });
    expect(warned.headers['warning']).toBe('299 - "unknown field \\"spec.trafficDistribution\\""');
    expect(warned.text).not.toContain('trafficDistribution');
    const strict = await create(old, { query: '&fieldValidation=Strict', body });
    expect(strict.body).toMatchObject({
      code: 400,
      message:
        'Service in version "v1" cannot be handled as a Service: strict decoding error: unknown field "spec.trafficDistribution"',
    });
    expect((await create(today, { query: '&fieldValidation=Strict', body })).status).toBe(201);
  });

  test('are no part of the schema of a server-side apply', async () => {
    const pod = (name: string): Json => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: {
        containers: [
          {
            name: 'c',
            image: 'x',
            restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [1] } }],
          },
        ],
      },
    });
    const apply = (sandbox: Sandbox): Promise<Answer> =>
      send(sandbox, {
        method: 'PATCH',
        path: '/api/v1/namespaces/shop/pods/p?fieldManager=m&dryRun=All',
        headers: { 'content-type': 'application/apply-patch+yaml' },
        body: pod('p'),
      });
    expect((await apply(old)).body).toMatchObject({
      code: 500,
      message:
        'failed to create typed patch object (/p; /v1, Kind=Pod): .spec.containers[name="c"].restartPolicyRules: field not declared in schema',
    });
  });

  test('that a server knows and keeps only when told to go without a word', async () => {
    const body: Json = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: {
        initContainers: [{ name: 'side', image: 'x', restartPolicy: 'Always' }],
        containers: [{ name: 'c', image: 'x' }],
      },
    };
    const path = '/api/v1/namespaces/shop/pods?dryRun=All&fieldValidation=Strict';
    const at = async (sandbox: Sandbox): Promise<Answer> => send(sandbox, { method: 'POST', path, body });
    expect((await at(today)).body).toMatchObject({ spec: { initContainers: [{ restartPolicy: 'Always' }] } });
    const answer = await at(old);
    expect(answer.status).toBe(201);
    expect(answer.headers['warning']).toBeUndefined();
    expect(answer.text).not.toContain('"restartPolicy":"Always","terminationMessage');
    expect(answer.body).not.toMatchObject({ spec: { initContainers: [{ restartPolicy: 'Always' }] } });
  });

  test('are not written by controllers either', async () => {
    const body: Json = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'runs' },
      spec: { containers: [{ name: 'c', image: 'x' }] },
    };
    for (const sandbox of [old, today]) {
      await send(sandbox, { method: 'POST', path: '/api/v1/namespaces/shop/pods', body });
      await sandbox.advance(30_000);
    }
    const path = '/api/v1/namespaces/shop/pods/runs';
    expect((await send(old, { path })).body['status']).not.toHaveProperty('observedGeneration');
    expect((await send(old, { path })).body['status']).toHaveProperty('phase');
  });
});

test('warnings of age come when the server is of that age', async () => {
  const path = '/api/v1/namespaces/shop/endpoints';
  expect((await send(today, { path })).headers['warning']).toContain('v1 Endpoints is deprecated in v1.33+');
  expect((await send(old, { path })).headers['warning']).toBeUndefined();
});

test('the table names only resources and fields that the newest version has, and never before 1.28', () => {
  const { resources, fields } = JSON.parse(readFileSync('src/kubernetes/releases.json', 'utf8')) as {
    resources: Record<string, number>;
    fields: Record<string, Record<string, number[]>>;
  };
  const names = new Set(
    builtinResources.flatMap(({ group, plural, subresources }) => [
      `${group}/${plural}`,
      ...subresources.map(({ name }) => `${group}/${plural}/${name}`),
    ]),
  );
  expect(Object.keys(resources).filter(name => !names.has(name))).toEqual([]);
  const found = Object.entries(fields).flatMap(([definition, own]) =>
    Object.keys(own).filter(name => definitionNamed(definition)?.fields[name] === undefined),
  );
  expect(found).toEqual([]);
  const numbers = [
    ...Object.values(resources),
    ...Object.values(fields).flatMap(own => Object.values(own).flat()),
  ];
  expect(numbers.length).toBeGreaterThan(50);
  expect(numbers.every(number => number >= 28 && number <= 36)).toBe(true);
});
