import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import { parseWorld } from '../../src/sandbox/world.ts';
import { send, startShop } from '../support/sandbox-client.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startShop();
});
afterAll(() => sandbox.close());

test.each([
  ['no token', {}],
  ['a wrong token', { authorization: 'Bearer nonsense' }],
  ['the token as a password', { authorization: 'Basic dDp0' }],
])('a request with %s is answered 401 and nothing else', async (_what, headers) => {
  const answer = await send({ ...sandbox, token: '' }, { path: '/api/v1/namespaces', headers });
  expect(answer.status).toBe(401);
  expect(answer.body).toEqual({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'Unauthorized',
    reason: 'Unauthorized',
    code: 401,
  });
});

test('a Host header that is not loopback is refused even with the token, so that no web page gets in', async () => {
  const answer = await send(sandbox, { path: '/version', headers: { host: 'evil.example:80' } });
  expect(answer.status).toBe(403);
  expect(answer.body).toMatchObject({
    reason: 'Forbidden',
    message: expect.stringContaining('evil.example'),
  });
});

test('the path of the address may carry the token, which kubectl needs, and the record of requests leaves it out', async () => {
  const answer = await send({ ...sandbox, token: '' }, { path: `/${sandbox.token}/version?x=1` });
  expect(answer.body).toMatchObject({ gitVersion: 'v1.36.2', major: '1', minor: '36' });
  expect(sandbox.requests().at(-1)).toMatchObject({ method: 'GET', path: '/version?x=1', dryRun: false });
  expect(JSON.stringify(sandbox.requests())).not.toContain(sandbox.token);
});

test('the record tells dry runs from writes', async () => {
  await send(sandbox, {
    method: 'POST',
    path: '/api/v1/namespaces?dryRun=All',
    body: {},
    headers: { 'user-agent': 'a/1' },
  });
  expect(sandbox.requests().at(-1)).toMatchObject({ method: 'POST', userAgent: 'a/1', dryRun: true });
});

test('every answer has a Date, and the health paths say ok', async () => {
  for (const path of ['/healthz', '/livez', '/readyz']) {
    const answer = await send(sandbox, { path });
    expect([answer.status, answer.text]).toEqual([200, 'ok']);
    expect(Date.parse(String(answer.headers['date']))).not.toBeNaN();
  }
});

test.each([
  ['an unknown group', '/apis/custom.metrics.k8s.io/v1beta1/nodes', '404 page not found\n'],
  ['an unknown path', '/metrics', '404 page not found\n'],
])('%s is a plain 404 without a Status', async (_what, path, text) => {
  const answer = await send(sandbox, { path });
  expect([answer.status, answer.text]).toEqual([404, text]);
});

test('an unknown resource of a served group is a Status', async () => {
  const answer = await send(sandbox, { path: '/apis/apps/v1/namespaces/shop/webs' });
  expect(answer.body).toMatchObject({
    code: 404,
    reason: 'NotFound',
    message: 'the server could not find the requested resource',
  });
});

test.each([
  ['POST', '/api/v1/namespaces/shop/pods/x/attach'],
  ['GET', '/api/v1/nodes/n1/proxy/metrics'],
])('%s %s says that the sandbox does not simulate it', async (method, path) => {
  const answer = await send(sandbox, { method, path });
  expect(answer.body).toMatchObject({
    code: 501,
    reason: 'NotImplemented',
    message: expect.stringMatching(/^the sandbox does not simulate /),
  });
});

test('a body above the limit is refused with 413 and the connection stays usable', async () => {
  const body = { metadata: { name: 'big' }, data: { a: 'x'.repeat(4 * 1024 * 1024) } };
  const answer = await send(sandbox, { method: 'POST', path: '/api/v1/namespaces/shop/configmaps', body });
  expect(answer.body).toMatchObject({ code: 413, reason: 'RequestEntityTooLarge' });
});

test('two sandboxes are two clusters: the uid of kube-system differs', async () => {
  const other = await startSandbox({
    world: parseWorld(
      'cluster: {serverVersion: v1.36.2, ageDays: 1, nodes: [{name: n, ip: 10.0.0.1, podSubnet: 10.42.0}]}\nobjects: []',
      'other',
    ),
  });
  const path = '/api/v1/namespaces/kube-system';
  const [first, second] = await Promise.all([send(sandbox, { path }), send(other, { path })]);
  await other.close();
  expect(first.body).toMatchObject({ metadata: { uid: expect.stringMatching(/^[0-9a-f-]{36}$/) } });
  expect(first.body['metadata']).not.toEqual(second.body['metadata']);
});

test('a port that is taken is an error with its number', async () => {
  const port = Number(new URL(sandbox.url).port);
  const world = sandbox.cluster.world;
  await expect(startSandbox({ world, port })).rejects.toMatchObject({
    code: 'SANDBOX',
    message: expect.stringContaining(String(port)),
  });
});

test('discovery lists the same resources in one document and group by group', async () => {
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
  const whole = await send(sandbox, { path: '/apis', headers: { accept } });
  expect(whole.headers['content-type']).toBe(
    'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  );
  const items = whole.body['items'] as {
    metadata: { name: string };
    versions: { version: string; resources: { resource: string }[] }[];
  }[];
  for (const { metadata, versions } of items) {
    for (const { version, resources } of versions) {
      const flat = await send(sandbox, { path: `/apis/${metadata.name}/${version}` });
      const names = (flat.body['resources'] as { name: string }[]).map(each => each.name);
      expect(names.filter(name => !name.includes('/'))).toEqual(resources.map(each => each.resource));
    }
  }
  expect(items.map(each => each.metadata.name)).toContain('apps');
  const again = await send(sandbox, {
    path: '/apis',
    headers: { accept, 'if-none-match': String(whole.headers['etag']) },
  });
  expect(again.status).toBe(304);
});
