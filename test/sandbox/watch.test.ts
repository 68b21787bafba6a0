import { afterEach, beforeEach, expect, test } from 'vitest';
import type { KubeObject } from '../../src/kubernetes/object.ts';
import type { Sandbox } from '../../src/sandbox/server.ts';
import { objectNamed, send, startShop, type Watching, watch } from '../support/sandbox-client.ts';

const path = '/api/v1/namespaces/shop/configmaps';

function mapNamed(name: string, labels: Record<string, string> = {}): KubeObject {
  return { ...objectNamed('ConfigMap', name), metadata: { name, namespace: 'shop', labels } };
}

let sandbox: Sandbox;
let open: Watching[] = [];
beforeEach(async () => {
  sandbox = await startShop([mapNamed('first')]);
  await sandbox.settled();
});
afterEach(async () => {
  for (const each of open) each.stop();
  open = [];
  await sandbox.close();
});

async function follow(query: string, headers: Record<string, string> = {}): Promise<Watching> {
  const watching = await watch(sandbox, `${path}?watch=true&${query}`, headers);
  open.push(watching);
  return watching;
}

const patch = (name: string, body: unknown) =>
  send(sandbox, {
    method: 'PATCH',
    path: `${path}/${name}`,
    body,
    headers: { 'content-type': 'application/merge-patch+json' },
  });

async function listVersion(): Promise<string> {
  const { body } = await send(sandbox, { path });
  return (body['metadata'] as { resourceVersion: string }).resourceVersion;
}

test('a watch from a list tells every change after it, each with its own version, and no other namespace', async () => {
  const watching = await follow(`resourceVersion=${await listVersion()}`);
  await send(sandbox, {
    method: 'POST',
    path: '/api/v1/namespaces/default/configmaps',
    body: objectNamed('ConfigMap', 'a'),
  });
  await send(sandbox, { method: 'POST', path, body: objectNamed('ConfigMap', 'second') });
  await patch('second', { data: { a: '1' } });
  await send(sandbox, { method: 'DELETE', path: `${path}/second` });
  const events = [await watching.next(), await watching.next(), await watching.next()];
  expect(events.map(({ type, object }) => [type, object.metadata.name])).toEqual([
    ['ADDED', 'second'],
    ['MODIFIED', 'second'],
    ['DELETED', 'second'],
  ]);
  const versions = events.map(({ object }) => Number(object.metadata.resourceVersion));
  expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
});

test('a watch without a version starts with what there is', async () => {
  const watching = await follow('fieldSelector=metadata.name%3Dfirst');
  expect(await watching.next()).toMatchObject({
    type: 'ADDED',
    object: { kind: 'ConfigMap', metadata: { name: 'first' } },
  });
});

test('a streaming list ends with a bookmark that says so', async () => {
  const query =
    'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&fieldSelector=metadata.name%3Dfirst';
  const watching = await follow(query);
  expect((await watching.next()).type).toBe('ADDED');
  expect(await watching.next()).toMatchObject({
    type: 'BOOKMARK',
    object: { kind: 'ConfigMap', metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
  });
});

test('an object that moves into or out of the selection arrives or leaves', async () => {
  const watching = await follow(`labelSelector=on%3Dyes&resourceVersion=${await listVersion()}`);
  await patch('first', { metadata: { labels: { on: 'yes' } } });
  await patch('first', { data: { a: '1' } });
  await patch('first', { metadata: { labels: { on: 'no' } } });
  const types = [await watching.next(), await watching.next(), await watching.next()].map(each => each.type);
  expect(types).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
});

test('a version that is forgotten gets a 410 inside the stream and the stream ends', async () => {
  const old = await listVersion();
  const live = sandbox.cluster.state.get('/configmaps', 'shop/first');
  if (live === undefined) throw new Error('the fixture is gone');
  for (let count = 0; count < 2_600; count++) {
    sandbox.cluster.state.put('/configmaps', { ...live, data: { count: String(count) } });
  }
  const watching = await follow(`resourceVersion=${old}`);
  const events = await watching.rest();
  expect(events).toHaveLength(1);
  expect(events[0]).toMatchObject({
    type: 'ERROR',
    object: {
      kind: 'Status',
      code: 410,
      reason: 'Expired',
      message: expect.stringMatching(/^too old resource version: \d+ \(\d+\)$/),
    },
  });
});

test('timeoutSeconds ends the stream, after a bookmark with the newest version', async () => {
  const watching = await follow(
    `timeoutSeconds=1&allowWatchBookmarks=true&resourceVersion=${await listVersion()}`,
  );
  await send(sandbox, {
    method: 'POST',
    path: '/api/v1/namespaces/default/secrets',
    body: objectNamed('Secret', 's'),
  });
  const events = await watching.rest();
  expect(events.map(each => each.type)).toEqual(['BOOKMARK']);
  expect(Number(events[0]?.object.metadata.resourceVersion)).toBe(sandbox.cluster.state.revision);
});

test('a table watch names its columns once', async () => {
  const accept = 'application/json;as=Table;g=meta.k8s.io;v=v1';
  const watching = await follow('labelSelector=t', { accept });
  await send(sandbox, { method: 'POST', path, body: mapNamed('one', { t: '1' }) });
  await send(sandbox, { method: 'POST', path, body: mapNamed('two', { t: '1' }) });
  const [first, second] = [await watching.next(), await watching.next()];
  expect(first.object).toMatchObject({
    kind: 'Table',
    columnDefinitions: expect.arrayContaining([expect.objectContaining({ name: 'Name' })]),
  });
  expect(second.object).toMatchObject({
    kind: 'Table',
    columnDefinitions: null,
    rows: [{ cells: expect.arrayContaining(['two']) }],
  });
});
