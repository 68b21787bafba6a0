import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import {
  configMap,
  type Seen,
  sendJson,
  sessionWith,
  startWire,
  statusOf,
  type Wire,
} from '../../support/wire.ts';

let wire: Wire;
let answer: (given: { request: Seen; response: ServerResponse; nth: number }) => void;
beforeEach(async () => {
  answer = () => {};
  wire = await startWire(given => answer(given));
});
afterEach(() => wire.close());

function listOf(items: JsonObject[], metadata: JsonObject = {}): JsonObject {
  return { kind: 'ConfigMapList', apiVersion: 'v1', metadata: { resourceVersion: '7', ...metadata }, items };
}

function bare(name: string): JsonObject {
  return { metadata: { name, namespace: 'shop', managedFields: [{ manager: 'm' }] } };
}

test('items of a list get their kind and lose the bookkeeping of fields', async () => {
  answer = ({ response }) =>
    sendJson(response, { body: listOf([bare('a')], { continue: 'more', remainingItemCount: 4 }) });
  const page = await sessionWith(wire).reader.list({
    kind: 'cm',
    namespace: 'shop',
    limit: 1,
    labelSelector: 'a=b',
  });
  expect(page.items).toEqual([
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'shop' } },
  ]);
  expect(page).toMatchObject({ remaining: 4, resourceVersion: '7', continue: expect.any(String) });
  expect(wire.seen[0]?.path).toBe('/api/v1/namespaces/shop/configmaps?limit=1&labelSelector=a%3Db');
});

test('a list that never ends is given up', async () => {
  answer = ({ response, nth }) => sendJson(response, { body: listOf([], { continue: `token-${nth}` }) });
  const reading = (async () => {
    for await (const page of sessionWith(wire).reader.listAll({ kind: 'cm' })) expect(page).toEqual([]);
  })();
  await expect(reading).rejects.toMatchObject({
    code: 'BAD_RESPONSE',
    message: expect.stringContaining('does not end'),
  });
  expect(wire.seen.length).toBe(1_000);
});

test.each<[string, JsonObject]>([
  ['an empty object', {}],
  ['a status', { kind: 'Status', apiVersion: 'v1', status: 'Failure' }],
  ['a list without members', { kind: 'ConfigMapList', metadata: {} }],
  ['members of another form', { kind: 'ConfigMapList', items: {} }],
  ['members of no list', { kind: 'ConfigMap', items: [] }],
  ['an end before its end', listOf([], { remainingItemCount: 5 })],
  ['a table without rows', { kind: 'Table', columnDefinitions: [] }],
  ['a table that ends early', { kind: 'Table', rows: [], metadata: { remainingItemCount: 5 } }],
])('%s is not taken for a list or a table of nothing', async (_, body) => {
  answer = ({ response }) => sendJson(response, { body });
  const { reader } = sessionWith(wire);
  const wanted = { kind: 'cm', namespace: 'shop' };
  const unusable = { code: 'BAD_RESPONSE' };
  await expect(reader.list(wanted)).rejects.toMatchObject(unusable);
  await expect(reader.table(wanted)).rejects.toMatchObject(unusable);
  const whole = (async () => {
    for await (const page of reader.listAll(wanted)) expect(page).toEqual([]);
  })();
  await expect(whole).rejects.toMatchObject(unusable);
});

test('a list without members may say null for them', async () => {
  answer = ({ response }) => sendJson(response, { body: { kind: 'ConfigMapList', items: null } });
  expect((await sessionWith(wire).reader.list({ kind: 'cm', namespace: 'shop' })).items).toEqual([]);
});

test('a page that is too large is asked for in smaller ones, and nothing is missed or doubled', async () => {
  const names = Array.from({ length: 150 }, (_, index) => `c${index}`);
  answer = ({ request, response }) => {
    const query = new URL(request.path, wire.url).searchParams;
    const [limit, from] = [Number(query.get('limit')), Number(query.get('continue') ?? 0)];
    const items = names.slice(from, from + limit).map(bare);
    const padding = limit > 100 ? { padding: 'x'.repeat(65 * 1024 * 1024) } : {};
    const more = from + limit < names.length ? { continue: String(from + limit) } : {};
    sendJson(response, { body: { ...listOf(items, more), ...padding } });
  };
  const found: string[] = [];
  for await (const page of sessionWith(wire).reader.listAll({ kind: 'cm', namespace: 'shop' })) {
    found.push(...page.map(item => item.metadata.name));
  }
  expect(found).toEqual(names);
});

test('a cursor that the server forgot says so', async () => {
  answer = ({ response }) =>
    sendJson(response, {
      status: 410,
      body: statusOf(410, { reason: 'Expired', message: 'too old', metadata: { continue: 'x' } }),
    });
  await expect(sessionWith(wire).reader.list({ kind: 'cm' })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    hint: expect.stringContaining('from the start'),
  });
});

test('in an environment of two namespaces a list goes over both, page by page, and nowhere else', async () => {
  answer = ({ request, response }) => {
    const [, namespace = ''] = /namespaces\/([a-z]+)\//.exec(request.path) ?? [];
    const from = Number(new URL(request.path, wire.url).searchParams.get('continue') ?? 0);
    const more = from + 2 < 3 ? { continue: String(from + 2) } : {};
    sendJson(response, {
      body: listOf(
        ['1', '2', '3'].slice(from, from + 2).map(name => bare(`${namespace}${name}`)),
        more,
      ),
    });
  };
  const { reader } = sessionWith(wire, { namespaces: ['shop', 'bank'] });
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await reader.list({
      kind: 'cm',
      limit: 2,
      ...(cursor === undefined ? {} : { continue: cursor }),
    });
    pages.push(page.items.map(item => item.metadata.name));
    cursor = page.continue;
  } while (cursor !== undefined);
  expect(pages.flat()).toEqual(['bank1', 'bank2', 'bank3', 'shop1', 'shop2', 'shop3']);
  expect(new Set(wire.seen.map(({ path }) => path.split('?')[0]))).toEqual(
    new Set(['/api/v1/namespaces/bank/configmaps', '/api/v1/namespaces/shop/configmaps']),
  );
});

test.each([
  ['another namespace', { kind: 'ConfigMap', name: 'a', namespace: 'other' }, 'OUT_OF_BOUNDS'],
  ['no namespace where two are possible', { kind: 'ConfigMap', name: 'a' }, 'INVALID_INPUT'],
])('reading in %s is refused before anything is sent', async (_what, ref, code) => {
  const reading = sessionWith(wire, { namespaces: ['shop', 'bank'] }).reader.get(ref);
  await expect(reading).rejects.toMatchObject({ code, details: { allowed: ['shop', 'bank'] } });
  expect(wire.seen).toEqual([]);
});

test('a cluster-scoped object may be read and not changed without clusterScoped', async () => {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other', uid: 'u' } };
  answer = ({ response }) => sendJson(response, { body: namespace });
  const session = sessionWith(wire, { namespaces: ['shop'], clusterScoped: false });
  expect((await session.reader.get({ kind: 'ns', name: 'other' })).metadata.uid).toBe('u');
  const writer = await session.writer();
  const target = { kind: 'Namespace', name: 'other' };
  await expect(writer.delete({ target, uid: 'u', propagation: 'Background' })).rejects.toMatchObject({
    code: 'OUT_OF_BOUNDS',
  });
  expect(wire.seen.filter(({ method }) => method !== 'GET')).toEqual([]);
});

test('a manifest cannot carry its change out of the environment', async () => {
  const writer = await sessionWith(wire, { namespaces: ['shop'] }).writer();
  const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'kube-system' } };
  await expect(writer.apply({ manifest, force: false })).rejects.toMatchObject({ code: 'OUT_OF_BOUNDS' });
  expect(wire.seen).toEqual([]);
});

test('read-only mode has no writer and no previewer', async () => {
  const session = sessionWith(wire, { readOnly: true });
  await expect(session.writer()).rejects.toMatchObject({ code: 'READ_ONLY' });
  await expect(session.previewer()).rejects.toMatchObject({ code: 'READ_ONLY' });
});

test('log lines come whole across chunks, cut where too long, without escapes, and none for a pod that has not started', async () => {
  answer = ({ request, response }) => {
    if (request.path.includes('/new/')) return response.writeHead(204).end();
    const [half, rest] = [Buffer.from('caf\u00e9\n').subarray(0, 4), Buffer.from('caf\u00e9\n').subarray(4)];
    response.write(half);
    response.write(rest);
    response.end(`\u001b[31mred\u001b[0m\u202e\r\n${'x'.repeat(100_000)}\nlast`);
    return undefined;
  };
  const read = async (pod: string) => {
    const lines: string[] = [];
    for await (const line of sessionWith(wire).reader.log({ namespace: 'shop', pod, tailLines: 5 }))
      lines.push(line);
    return lines;
  };
  const lines = await read('old');
  expect([lines[0], lines[1], lines[3]]).toEqual(['caf\u00e9', 'red', 'last']);
  expect(lines[2]).toMatch(/^x{1872}\u2026$/);
  expect(wire.seen[0]?.path).toBe('/api/v1/namespaces/shop/pods/old/log?tailLines=5&limitBytes=8388608');
  expect(await read('new')).toEqual([]);
});

function event(type: string, object: JsonObject): string {
  return `${JSON.stringify({ type, object })}\n`;
}

test('a watch resumes where it stood when the connection ends, and starts over when that place is forgotten', async () => {
  const at = (name: string, resourceVersion: string) => ({
    ...configMap(name),
    metadata: { name, resourceVersion },
  });
  answer = ({ response, nth }) => {
    if (nth === 1)
      response.end(
        event('ADDED', at('a', '5')) +
          event('BOOKMARK', { kind: 'ConfigMap', apiVersion: 'v1', metadata: { resourceVersion: '9' } }),
      );
    else if (nth === 2)
      response.end(event('ERROR', statusOf(410, { reason: 'Expired', message: 'too old resource version' })));
    else if (nth === 3)
      sendJson(response, { status: 410, body: statusOf(410, { reason: 'Expired', message: 'too old' }) });
    else response.end(event('ADDED', at('a', '20')) + event('MODIFIED', at('a', '21')));
  };
  const seen: string[] = [];
  for await (const { type, object } of sessionWith(wire).reader.watch({ kind: 'cm', namespace: 'shop' })) {
    seen.push(`${type} ${object.metadata.resourceVersion}`);
    if (type === 'MODIFIED') break;
  }
  expect(seen).toEqual(['ADDED 5', 'BOOKMARK 9', 'ADDED 20', 'MODIFIED 21']);
  const versions = wire.seen.map(({ path }) => new URL(path, wire.url).searchParams.get('resourceVersion'));
  expect(versions).toEqual([null, '9', null, null]);
});

test('a watch ends without an error when whoever asked for it has seen enough', async () => {
  const ended = Promise.withResolvers<void>();
  answer = ({ response }) => {
    response.write(event('ADDED', configMap('a')));
    response.on('close', () => ended.resolve());
  };
  const enough = new AbortController();
  const seen: string[] = [];
  const query = { kind: 'cm', namespace: 'shop', signal: enough.signal };
  for await (const { type } of sessionWith(wire).reader.watch(query)) {
    seen.push(type);
    setImmediate(() => enough.abort());
  }
  await ended.promise;
  expect(seen).toEqual(['ADDED']);
  expect(wire.seen).toHaveLength(1);
});

test('a watch that nobody answers ends as well when whoever asked for it has seen enough', async () => {
  const enough = new AbortController();
  const ended = Promise.withResolvers<void>();
  answer = ({ response }) => {
    response.on('close', () => ended.resolve());
    enough.abort();
  };
  const query = { kind: 'cm', namespace: 'shop', signal: enough.signal };
  const watching = sessionWith(wire).reader.watch(query);
  expect(await watching.next()).toMatchObject({ done: true });
  await ended.promise;
});

test('a watch that may not be opened ends with why', async () => {
  answer = ({ response }) =>
    sendJson(response, {
      status: 403,
      body: statusOf(403, { reason: 'Forbidden', message: 'pods is forbidden: User "bob" cannot watch' }),
    });
  const watching = sessionWith(wire).reader.watch({ kind: 'po', namespace: 'shop' });
  await expect(watching.next()).rejects.toMatchObject({ code: 'FORBIDDEN' });
});

test('an index that points to another host is not followed, and nothing is tried then', async () => {
  answer = ({ response }) =>
    sendJson(response, {
      body: { paths: { 'api/v1': { serverRelativeURL: '//evil.example/openapi/v3/api/v1' } } },
    });
  const previewer = await sessionWith(wire).previewer();
  const target = { kind: 'ConfigMap', name: 'a', namespace: 'shop' };
  expect(await previewer.patch({ target, patch: {} })).toEqual({
    object: undefined,
    checked: expect.stringContaining('unexpected place'),
  });
  expect(wire.seen.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /openapi/v3']);
});

test.each([
  ['lists no dry run', { patch: { parameters: [] } }, undefined, 'does not offer a dry run'],
  [
    'belongs to another server',
    { patch: { parameters: [{ name: 'dryRun', in: 'query' }] } },
    { spec: { service: { name: 's' } } },
    'another server',
  ],
  [
    'may belong to another server',
    { patch: { parameters: [{ name: 'dryRun', in: 'query' }] } },
    undefined,
    'cannot be known',
  ],
])('nothing is tried where the API %s', async (_what, operations, service, why) => {
  answer = ({ request, response }) => {
    if (request.path === '/openapi/v3')
      sendJson(response, {
        body: {
          paths: { 'apis/far.example/v1': { serverRelativeURL: '/openapi/v3/apis/far.example/v1?hash=x' } },
        },
      });
    else if (request.path.startsWith('/openapi'))
      sendJson(response, {
        body: { paths: { '/apis/far.example/v1/namespaces/{namespace}/things/{name}': operations } },
      });
    else if (request.path.includes('/apiservices/') && service !== undefined)
      sendJson(response, { body: service });
    else
      sendJson(response, {
        status: 404,
        body: statusOf(404, { reason: 'NotFound', message: 'not found', details: { name: 'x' } }),
      });
  };
  const previewer = await sessionWith(wire).previewer();
  const target = { kind: 'Thing', name: 'a', namespace: 'shop' };
  expect(await previewer.patch({ target, patch: {} })).toEqual({
    object: undefined,
    checked: expect.stringContaining(why),
  });
  expect(wire.seen.every(({ method }) => method === 'GET')).toBe(true);
});

test('a kind that the description did not have is looked up again a while later', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  try {
    let paths: JsonObject = {};
    answer = ({ request, response }) => {
      if (request.path === '/openapi/v3')
        sendJson(response, {
          body: { paths: { 'api/v1': { serverRelativeURL: '/openapi/v3/api/v1?hash=x' } } },
        });
      else if (request.path.startsWith('/openapi')) sendJson(response, { body: { paths } });
      else sendJson(response, { body: configMap('a') });
    };
    const previewer = await sessionWith(wire).previewer();
    const input = { target: { kind: 'ConfigMap', name: 'a', namespace: 'shop' }, patch: {} };
    expect((await previewer.patch(input)).checked).toContain('does not offer');
    const dryRun = [{ name: 'dryRun', in: 'query' }];
    paths = { '/api/v1/namespaces/{namespace}/configmaps/{name}': { patch: {}, parameters: dryRun } };
    vi.setSystemTime(Date.now() + 31_000);
    expect((await previewer.patch(input)).checked).toBe(true);
  } finally {
    vi.useRealTimers();
  }
});

test('a server without aggregated discovery is asked group by group', async () => {
  const groups = {
    kind: 'APIGroupList',
    groups: [
      {
        name: 'apps',
        versions: [{ groupVersion: 'apps/v1beta1' }, { groupVersion: 'apps/v1' }],
        preferredVersion: { groupVersion: 'apps/v1' },
      },
    ],
  };
  const resources = [
    { name: 'deployments', kind: 'Deployment', namespaced: true, verbs: ['get'], shortNames: ['deploy'] },
    { name: 'deployments/scale', kind: 'Scale', namespaced: true, verbs: ['get'] },
  ];
  const plain = await startWire(({ request, response }) => {
    const bodies: Record<string, JsonObject> = {
      '/k/api': { kind: 'APIVersions', versions: ['v1'] },
      '/k/apis': groups,
      '/k/api/v1': {
        kind: 'APIResourceList',
        resources: [{ name: 'pods', kind: 'Pod', namespaced: true, verbs: ['get'] }],
      },
      '/k/apis/apps/v1': { kind: 'APIResourceList', resources },
    };
    const body = bodies[request.path];
    if (body === undefined) sendJson(response, { status: 503, body: statusOf(503, { message: 'down' }) });
    else sendJson(response, { body });
  });
  try {
    const { reader } = sessionWith({ ...plain, url: `${plain.url}/k` });
    expect(await reader.resolve('deploy')).toEqual({
      kind: 'Deployment',
      apiVersion: 'apps/v1',
      resource: 'deployments',
      namespaced: true,
      verbs: ['get'],
      shortNames: ['deploy'],
      subresources: ['scale'],
    });
    expect(await reader.resolve('pods')).toMatchObject({ kind: 'Pod', apiVersion: 'v1' });
  } finally {
    await plain.close();
  }
});
