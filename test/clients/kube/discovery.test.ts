import { afterEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { k8sDelete } from '../../../src/pipeline/changes/k8s-delete.ts';
import { noSystems } from '../../support/no-systems.ts';
import { sendJson, sessionWith, startWire, statusOf, type Wire } from '../../support/wire.ts';

let wire: Wire | undefined;
afterEach(() => wire?.close());

// A server below a path of its own: the wire answers discovery itself at the root.
async function readerOf(bodies: Record<string, JsonObject | number>) {
  wire = await startWire(({ request, response }) => {
    const body = bodies[request.path] ?? 404;
    if (typeof body === 'number')
      sendJson(response, { status: body, body: statusOf(body, { message: 'no' }) });
    else sendJson(response, { body });
  });
  return sessionWith({ ...wire, url: `${wire.url}/k` }).reader;
}

const pods = { resource: 'pods', responseKind: { kind: 'Pod' }, scope: 'Namespaced', verbs: ['get'] };

function group(name: string, version: JsonObject): JsonObject {
  return { metadata: { name }, versions: [{ version: 'v1', ...version }] };
}

function aggregated(...items: JsonObject[]): JsonObject {
  return { kind: 'APIGroupDiscoveryList', items };
}

const stale = {
  '/k/api': aggregated(group('', { resources: [pods], freshness: 'Current' })),
  '/k/apis': aggregated(
    group('apps', { resources: [], freshness: 'Stale' }),
    group('batch', { resources: [], freshness: 'Current' }),
  ),
};

const legacy = (status: number) => ({
  '/k/api': { kind: 'APIVersions', versions: ['v1'] },
  '/k/api/v1': {
    kind: 'APIResourceList',
    resources: [{ name: 'pods', kind: 'Pod', namespaced: true, verbs: ['get'] }],
  },
  '/k/apis': {
    kind: 'APIGroupList',
    groups: ['apps', 'batch'].map(name => ({ name, versions: [{ groupVersion: `${name}/v1` }] })),
  },
  '/k/apis/apps/v1': status,
  '/k/apis/batch/v1': { kind: 'APIResourceList', resources: [] },
});

test('versions of the core group that have no path, and names that are none, are passed over', async () => {
  const core = { kind: 'APIVersions', versions: ['v2', '../v1', '2026-11-21T10:00:00Z', 'v1'] };
  const reader = await readerOf({ ...legacy(503), '/k/api': core });
  expect(await reader.resolve('pods')).toMatchObject({ kind: 'Pod', apiVersion: 'v1' });
});

describe.each([
  ['stale in aggregated discovery', stale],
  ['failing in legacy discovery', legacy(503)],
  ['forbidden in legacy discovery', legacy(403)],
])('a group that is %s', (_how, bodies) => {
  test('leaves open whether a kind is its own, and hides no other', async () => {
    const reader = await readerOf(bodies);
    const unsure = { code: 'SERVER_ERROR', retryable: true, message: expect.stringContaining('apps/v1') };
    await expect(reader.resolve('Deployment')).rejects.toMatchObject(unsure);
    await expect(reader.resolve('Deployment.apps')).rejects.toMatchObject(unsure);
    await expect(reader.resolve('Deployment', 'apps/v1')).rejects.toMatchObject(unsure);
    await expect(reader.resolve('Job', 'batch/v1')).rejects.toMatchObject({ code: 'UNKNOWN_KIND' });
    await expect(reader.resolve('Job.batch')).rejects.toMatchObject({ code: 'UNKNOWN_KIND' });
    expect(await reader.resolve('pods')).toMatchObject({ kind: 'Pod', apiVersion: 'v1' });
  });

  test('does not make its objects gone', async () => {
    const reader = await readerOf(bodies);
    const change = {
      kind: 'k8s-delete',
      target: { kind: 'Deployment', apiVersion: 'apps/v1', name: 'web', namespace: 'shop' },
      uid: 'u',
      propagation: 'Background',
    } as const;
    await expect(k8sDelete.observe(change, { reader, systems: noSystems() })).rejects.toMatchObject({
      code: 'SERVER_ERROR',
    });
  });
});
