import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { KubeConnection } from '../../../src/clients/kube/connection.ts';
import {
  type Answering,
  closedPort,
  configMap,
  sendJson,
  sessionWith,
  startWire,
  statusOf,
  type Wire,
} from '../../support/wire.ts';

const open: Wire[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(wire => wire.close()));
});

async function wireThat(answering: Answering): Promise<Wire> {
  const wire = await startWire(answering);
  open.push(wire);
  return wire;
}

const settings = { kind: 'ConfigMap', name: 'settings', namespace: 'shop' };

test('a read carries the token and asks for gzip, and unpacks what comes', async () => {
  const wire = await wireThat(({ response }) => {
    const packed = gzipSync(JSON.stringify(configMap('settings', { colour: 'blue' })));
    response
      .writeHead(200, { 'content-encoding': 'gzip', date: 'Sat, 21 Nov 2026 10:00:00 GMT' })
      .end(packed);
  });
  const session = sessionWith(wire);
  expect(await session.reader.get(settings)).toMatchObject({ data: { colour: 'blue' } });
  expect(wire.seen[0]).toMatchObject({
    method: 'GET',
    path: '/api/v1/namespaces/shop/configmaps/settings',
    headers: { authorization: 'Bearer secret-token', 'accept-encoding': 'gzip', 'user-agent': 'vigie/test' },
  });
  expect(session.serverTime()?.toISOString()).toBe('2026-11-21T10:00:00.000Z');
});

test.each([500, 502, 503, 429])('a read is asked again after %i and a write is not', async code => {
  const wire = await wireThat(({ response, nth }) => {
    if (nth === 1 || wire.seen.at(-1)?.method === 'PATCH')
      sendJson(response, { status: code, body: statusOf(code, { message: 'busy' }) });
    else sendJson(response, { body: configMap('settings') });
  });
  const session = sessionWith(wire);
  expect((await session.reader.get(settings)).metadata.name).toBe('settings');
  expect(wire.seen).toHaveLength(2);
  const writer = await session.writer();
  const patching = writer.patch({ target: settings, patch: { data: {} }, uid: 'u', resourceVersion: '1' });
  await expect(patching).rejects.toMatchObject({ code: 'SERVER_ERROR' });
  expect(wire.seen.filter(({ method }) => method === 'PATCH')).toHaveLength(1);
});

test('a read gives up after three attempts with what the server said', async () => {
  const wire = await wireThat(({ response }) =>
    sendJson(response, { status: 503, body: statusOf(503, { message: 'etcd is\u001b[31m down\u202e' }) }),
  );
  await expect(sessionWith(wire).reader.get(settings)).rejects.toMatchObject({
    code: 'SERVER_ERROR',
    message: 'get ConfigMap/settings in shop failed: etcd is down',
    retryable: true,
  });
  expect(wire.seen).toHaveLength(3);
});

test('a read survives a connection that breaks off, and a write says that it may have been done', async () => {
  const wire = await wireThat(({ request, response, nth }) => {
    if (request.method === 'GET' && nth > 1) return sendJson(response, { body: configMap('settings') });
    response.socket?.destroy();
  });
  const session = sessionWith(wire);
  expect((await session.reader.get(settings)).kind).toBe('ConfigMap');
  const writer = await session.writer();
  const patching = writer.patch({ target: settings, patch: {}, uid: 'u', resourceVersion: '1' });
  await expect(patching).rejects.toMatchObject({
    code: 'UNREACHABLE',
    details: { outcomeUnknown: true },
    retryable: false,
  });
  expect(wire.seen.filter(({ method }) => method === 'PATCH')).toHaveLength(1);
});

test('half an answer is no answer', async () => {
  const wire = await wireThat(({ response }) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"kind":"ConfigMap",', () => response.socket?.destroy());
  });
  await expect(sessionWith(wire).reader.get(settings)).rejects.toMatchObject({
    code: 'BAD_RESPONSE',
    message: expect.stringContaining('broke off'),
  });
});

test('an answer that unpacks to more than a hundred times its size is refused', async () => {
  const bomb = gzipSync(Buffer.alloc(20 * 1024 * 1024, ' '));
  const wire = await wireThat(({ response }) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
  );
  await expect(sessionWith(wire).reader.get(settings)).rejects.toMatchObject({
    code: 'BAD_RESPONSE',
    message: expect.stringContaining('100 times its size'),
  });
});

const megabyte = 1024 * 1024;

test('one object may have 8 MB, and a larger one is named and not held, whether read, tried or changed', async () => {
  let megabytes = 7;
  const wire = await wireThat(({ response }) =>
    sendJson(response, { body: configMap('settings', { blob: 'x'.repeat(megabytes * megabyte) }) }),
  );
  const session = sessionWith(wire);
  expect(JSON.stringify((await session.reader.get(settings)).data).length).toBeGreaterThan(7_000_000);
  megabytes = 9;
  const tooLarge = {
    code: 'BAD_RESPONSE',
    message: expect.stringMatching(/ConfigMap\/settings.* in shop .* 8 MB$/),
    hint: 'See what there is: vigie k8s list configmaps -n shop',
  };
  await expect(session.reader.get(settings)).rejects.toMatchObject(tooLarge);
  expect(wire.seen).toHaveLength(2);
  const writer = await session.writer();
  const patching = writer.patch({ target: settings, patch: { data: {} }, uid: 'u', resourceVersion: '1' });
  await expect(patching).rejects.toMatchObject({ ...tooLarge, details: { outcomeUnknown: true } });
});

test('a list may have more than one object may, and beyond 64 MB it is cut off', async () => {
  let megabytes = 50;
  const wire = await wireThat(({ response }) => {
    const item = configMap('settings', { blob: 'x'.repeat(megabytes * megabyte) });
    sendJson(response, { body: { kind: 'ConfigMapList', apiVersion: 'v1', metadata: {}, items: [item] } });
  });
  const { reader } = sessionWith(wire);
  expect((await reader.list({ kind: 'configmaps', namespace: 'shop' })).items).toHaveLength(1);
  megabytes = 65;
  await expect(reader.list({ kind: 'configmaps', namespace: 'shop' })).rejects.toMatchObject({
    code: 'BAD_RESPONSE',
    message: expect.stringContaining('64 MB'),
  });
});

test.each([
  ['nested a thousand deep', `${'['.repeat(1_000)}${']'.repeat(1_000)}`, 'deeper than 100 levels'],
  ['no JSON', '<html>sign in: password hunter2</html>', 'not JSON'],
  ['a list', '[]', 'not a JSON object'],
  ['no Kubernetes object', '{"a":1}', 'no object with a kind and a name'],
])('an answer that is %s is told apart and not quoted', async (_what, text, why) => {
  const wire = await wireThat(({ response }) => response.end(text));
  const reading = sessionWith(wire).reader.get(settings);
  await expect(reading).rejects.toMatchObject({
    code: 'BAD_RESPONSE',
    message: expect.stringContaining(why),
  });
  await expect(reading).rejects.not.toMatchObject({ message: expect.stringContaining('hunter2') });
});

test('brackets inside of strings are no nesting', async () => {
  const text = `${'[{'.repeat(500)}\\"${'[{'.repeat(500)}`;
  const wire = await wireThat(({ response }) =>
    sendJson(response, { body: configMap('settings', { text }) }),
  );
  expect(await sessionWith(wire).reader.get(settings)).toMatchObject({ data: { text } });
});

test('warnings are collected once each, bounded and without control characters', async () => {
  const warning = [
    '299 - "unknown field \\"spec.a\\""',
    '299 - "unknown field \\"spec.a\\""',
    '199 - "other"',
  ]
    .concat(Array.from({ length: 100 }, (_, index) => `299 - "w${index} ${'long '.repeat(100)}"`))
    .join(', ');
  const wire = await wireThat(({ response }) =>
    sendJson(response, { body: configMap('settings'), headers: { warning } }),
  );
  const session = sessionWith(wire);
  await session.reader.get(settings);
  expect(session.warnings()).toHaveLength(20);
  expect(session.warnings()[0]).toBe('unknown field "spec.a"');
  expect(Math.max(...session.warnings().map(text => text.length))).toBeLessThan(340);
});

test('a hundred thousand warnings are refused with the headers that hold them', async () => {
  const wire = await wireThat(({ response }) => {
    const lines = Array.from({ length: 100_000 }, (_, index) => `Warning: 299 - "${index}"\r\n`).join('');
    response.socket?.end(`HTTP/1.1 200 OK\r\n${lines}Content-Length: 2\r\n\r\n{}`);
  });
  await expect(sessionWith(wire).reader.get(settings)).rejects.toMatchObject({
    code: 'BAD_RESPONSE',
    message: expect.stringContaining('headers are too large'),
  });
});

test('a redirect is not followed, so that the token goes nowhere else', async () => {
  const other = await wireThat(({ response }) => sendJson(response, { body: configMap('settings') }));
  const wire = await wireThat(({ response }) => {
    response.writeHead(302, { location: `${other.url}/api/v1/namespaces/shop/configmaps/settings` }).end();
  });
  await expect(sessionWith(wire).reader.get(settings)).rejects.toMatchObject({ code: 'BAD_RESPONSE' });
  expect(other.seen).toEqual([]);
});

test('the call that is stopped stops its request', async () => {
  const stop = new AbortController();
  const wire = await wireThat(() => stop.abort());
  await expect(sessionWith(wire, { signal: stop.signal }).reader.get(settings)).rejects.toMatchObject({
    code: 'CANCELLED',
  });
});

test('a server that is not there is unreachable, by its address and with a hint', async () => {
  const url = `http://127.0.0.1:${await closedPort()}`;
  const connection = new KubeConnection({
    target: { via: 'direct', url, token: 't' },
    bounds: { namespaces: undefined, clusterScoped: false },
    readOnly: true,
    userAgent: 'vigie/test',
  });
  await expect(connection.session(new AbortController().signal).reader.serverVersion()).rejects.toMatchObject(
    {
      code: 'UNREACHABLE',
      message: `No connection to ${url}: nothing listens there (ECONNREFUSED)`,
      hint: expect.stringContaining('vigie doctor'),
      details: { server: url },
    },
  );
});

test('connections are kept: fifty reads need few', async () => {
  const ports = new Set<number | undefined>();
  const wire = await wireThat(({ response }) => {
    ports.add(response.socket?.remotePort);
    sendJson(response, { body: configMap('settings') });
  });
  const { reader } = sessionWith(wire);
  for (let at = 0; at < 50; at++) await reader.get(settings);
  expect(ports.size).toBeLessThanOrEqual(2);
});
