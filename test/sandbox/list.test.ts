import { request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isObject, type JsonObject } from '../../src/core/json.ts';
import type { KubeObject } from '../../src/kubernetes/object.ts';
import type { Sandbox } from '../../src/sandbox/server.ts';
import { objectNamed, send, startShop } from '../support/sandbox-client.ts';

const path = '/api/v1/namespaces/shop/configmaps';
const names = Array.from({ length: 25 }, (_, index) => `map-${String(index).padStart(2, '0')}`);

function mapNamed(name: string): KubeObject {
  const even = Number(name.slice(-2)) % 2 === 0;
  const map = objectNamed('ConfigMap', name, { data: { text: 'x'.repeat(10) } });
  return { ...map, metadata: { name, namespace: 'shop', labels: { set: 'many', even: String(even) } } };
}

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startShop(names.map(mapNamed));
});
afterAll(() => sandbox.close());

function namesOf(body: JsonObject): string[] {
  const items = Array.isArray(body['items']) ? body['items'].filter(isObject) : [];
  return items.map(item => (item['metadata'] as { name: string }).name);
}

function metadataOf(body: JsonObject): {
  resourceVersion: string;
  continue?: string;
  remainingItemCount?: number;
} {
  return body['metadata'] as { resourceVersion: string; continue?: string; remainingItemCount?: number };
}

test('pages show the list as it was when the first page was taken, however it changed since', async () => {
  const first = await send(sandbox, { path: `${path}?labelSelector=set%3Dmany&limit=10` });
  const seen = namesOf(first.body);
  await send(sandbox, { method: 'DELETE', path: `${path}/map-20` });
  await send(sandbox, { method: 'POST', path, body: mapNamed('map-15x') });
  let token = metadataOf(first.body).continue;
  for (let page = 0; token !== undefined && page < 10; page++) {
    const next = await send(sandbox, { path: `${path}?labelSelector=set%3Dmany&limit=10&continue=${token}` });
    expect(metadataOf(next.body).resourceVersion).toBe(metadataOf(first.body).resourceVersion);
    seen.push(...namesOf(next.body));
    token = metadataOf(next.body).continue;
  }
  expect(seen).toEqual(names);
  await send(sandbox, { method: 'DELETE', path: `${path}/map-15x` });
  await send(sandbox, { method: 'POST', path, body: mapNamed('map-20') });
});

test('a page says how many are left, unless a selector makes nobody know', async () => {
  const plain = await send(sandbox, { path: `${path}?limit=5` });
  const total = namesOf((await send(sandbox, { path })).body).length;
  expect(metadataOf(plain.body).remainingItemCount).toBe(total - 5);
  const selected = await send(sandbox, { path: `${path}?limit=5&labelSelector=set%3Dmany` });
  expect(metadataOf(selected.body)).not.toHaveProperty('remainingItemCount');
});

test('a token that is too old is answered 410 with one for the rest as it is now', async () => {
  const first = await send(sandbox, { path: `${path}?limit=5` });
  for (let count = 0; count < 2_600; count++) {
    const live = sandbox.cluster.state.get('/configmaps', 'shop/map-00');
    if (live !== undefined)
      sandbox.cluster.state.put('/configmaps', { ...live, data: { count: String(count) } });
  }
  const late = await send(sandbox, { path: `${path}?limit=5&continue=${metadataOf(first.body).continue}` });
  expect(late.body).toMatchObject({ code: 410, reason: 'Expired' });
  const rest = await send(sandbox, { path: `${path}?continue=${metadataOf(late.body).continue}` });
  expect(namesOf(rest.body).at(-1)).toBe('map-24');
  const exact = await send(sandbox, { path: `${path}?resourceVersion=2&resourceVersionMatch=Exact` });
  expect(exact.body).toMatchObject({
    code: 410,
    message: 'The resourceVersion for the provided list is too old.',
  });
});

test('a version that is still to come is answered 504 with a time to wait', async () => {
  const answer = await send(sandbox, {
    path: `${path}?resourceVersion=99999999&resourceVersionMatch=NotOlderThan`,
  });
  expect(answer.body).toMatchObject({
    code: 504,
    reason: 'Timeout',
    details: { causes: [{ reason: 'ResourceVersionTooLarge' }], retryAfterSeconds: 1 },
  });
});

test('label and field selectors choose together', async () => {
  const query = 'labelSelector=even%3Dtrue,set&fieldSelector=metadata.name!%3Dmap-02';
  const answer = await send(sandbox, { path: `${path}?${query}` });
  expect(namesOf(answer.body)).toEqual(
    names.filter(name => Number(name.slice(-2)) % 2 === 0 && name !== 'map-02'),
  );
});

test('a list of all namespaces is sorted by namespace and name', async () => {
  const answer = await send(sandbox, { path: '/api/v1/configmaps' });
  const items = answer.body['items'] as { metadata: { name: string; namespace: string } }[];
  const keys = items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  expect(keys).toEqual([...keys].sort());
});

test('a big list is compressed for a caller who can read it, a small one never is', async () => {
  const answer = await raw(`${path}?limit=1`);
  expect(answer.encoding).toBeUndefined();
  const big = objectNamed('ConfigMap', 'big', { data: { text: 'y'.repeat(200_000) } });
  await send(sandbox, { method: 'POST', path, body: big });
  const whole = await raw(path);
  expect(whole.encoding).toBe('gzip');
  expect(JSON.parse(gunzipSync(whole.bytes).toString('utf8'))).toMatchObject({ kind: 'ConfigMapList' });
  await send(sandbox, { method: 'DELETE', path: `${path}/big` });
});

function raw(from: string): Promise<{ encoding: string | undefined; bytes: Buffer }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${sandbox.token}`, 'accept-encoding': 'gzip' };
    const call = request(`${sandbox.url}${from}`, { headers, agent: false }, response => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ encoding: response.headers['content-encoding'], bytes: Buffer.concat(chunks) }),
      );
    });
    call.on('error', reject);
    call.end();
  });
}
