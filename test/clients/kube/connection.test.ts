import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KubeConnection, type KubeSession } from '../../../src/clients/kube/connection.ts';
import { sameCluster } from '../../../src/core/cluster.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import type { Sandbox } from '../../../src/sandbox/server.ts';
import { objectNamed, startShop } from '../../support/sandbox-client.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  const inShop = Array.from({ length: 5 }, (_, index) => configMap(`c${index}`));
  sandbox = await startShop([...inShop, objectNamed('Namespace', 'bank')]);
});
afterAll(() => sandbox.close());

function configMap(name: string, namespace = 'shop'): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data: { colour: 'blue' } };
}

function session(namespaces?: string[]): KubeSession {
  const connection = new KubeConnection({
    target: { via: 'direct', url: sandbox.url, token: sandbox.token },
    bounds: { namespaces, clusterScoped: true },
    readOnly: false,
    userAgent: 'vigie/test',
  });
  return connection.session(new AbortController().signal);
}

/** What arrived meanwhile that would have changed something. */
async function writesDuring(act: () => Promise<unknown>): Promise<string[]> {
  const before = sandbox.requests().length;
  await act();
  const sent = sandbox.requests().slice(before);
  return sent
    .filter(({ method, dryRun }) => method !== 'GET' && !dryRun)
    .map(({ method, path }) => `${method} ${path}`);
}

const web = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'web:1' }] },
    },
  },
};

test('a previewed apply tells what would be there and changes nothing; applied, it is there', async () => {
  const { reader, ...rest } = parts(session());
  const manifest = configMap('fresh');
  const previewer = await rest.session.previewer();
  const writes = await writesDuring(async () => {
    const dryRun = await previewer.apply({ manifest, force: false });
    expect(dryRun).toMatchObject({ checked: true, object: { data: { colour: 'blue' } } });
  });
  expect(writes).toEqual([]);
  expect(await reader.find({ kind: 'ConfigMap', name: 'fresh', namespace: 'shop' })).toBeUndefined();
  const writer = await rest.session.writer();
  await writer.apply({ manifest, force: false });
  expect(await reader.get({ kind: 'ConfigMap', name: 'fresh', namespace: 'shop' })).toMatchObject(manifest);
  await expect(writer.apply({ manifest, force: false, mustCreate: true })).rejects.toMatchObject({
    code: 'ALREADY_EXISTS',
  });
});

function parts(made: KubeSession) {
  return { reader: made.reader, session: made };
}

test('a delete that is previewed leaves the object; deleted by another uid it is a conflict; by its own it goes', async () => {
  const made = session();
  const [previewer, writer] = [await made.previewer(), await made.writer()];
  const target = { kind: 'ConfigMap', name: 'c4', namespace: 'shop' };
  const { uid = '' } = (await made.reader.get(target)).metadata;
  const writes = await writesDuring(() => previewer.delete({ target, uid, propagation: 'Background' }));
  expect(writes).toEqual([]);
  expect((await made.reader.get(target)).metadata.uid).toBe(uid);
  await expect(writer.delete({ target, uid: 'another', propagation: 'Background' })).rejects.toMatchObject({
    code: 'CONFLICT',
  });
  await writer.delete({ target, uid, propagation: 'Background' });
  expect(await made.reader.find(target)).toBeUndefined();
});

test('a patch needs the object as it was read, and a scale changes the count alone', async () => {
  const made = session();
  const [previewer, writer] = [await made.previewer(), await made.writer()];
  const created = await writer.apply({ manifest: web, force: false });
  const target = { kind: 'Deployment', name: 'web', namespace: 'shop' };
  const { uid = '', resourceVersion = '' } = created.metadata;
  const patch = { spec: { replicas: 3 } };
  const tried = await previewer.patch({ target, patch, subresource: 'scale' });
  expect(tried).toMatchObject({ checked: true, object: { kind: 'Scale', spec: { replicas: 3 } } });
  await expect(writer.patch({ target, patch, uid, resourceVersion: '1' })).rejects.toMatchObject({
    code: 'CONFLICT',
    details: { cause: 'changed' },
  });
  await expect(writer.patch({ target, patch, uid: 'another', resourceVersion })).rejects.toMatchObject({
    code: 'CONFLICT',
  });
  const { metadata } = await made.reader.get(target);
  await writer.patch({
    target,
    patch,
    subresource: 'scale',
    uid,
    resourceVersion: metadata.resourceVersion ?? '',
  });
  expect((await made.reader.get({ ...target, kind: 'Deployment' as const })).spec.replicas).toBe(3);
});

test('an apply after a patch of ours is no conflict with ourselves, and one after somebody else’s is', async () => {
  const made = session();
  const writer = await made.writer();
  const manifest = configMap('owned');
  const target = { kind: 'ConfigMap', name: 'owned', namespace: 'shop' };
  const { metadata } = await writer.apply({ manifest, force: false });
  const { uid = '', resourceVersion = '' } = metadata;
  await writer.patch({ target, patch: { data: { colour: 'red' } }, uid, resourceVersion });
  const again = await writer.apply({ manifest: { ...manifest, data: { colour: 'green' } }, force: false });
  expect(again).toMatchObject({ data: { colour: 'green' } });
});

test('a misspelt field is named before anything changes', async () => {
  const previewer = await session().previewer();
  const manifest = {
    ...web,
    metadata: { ...web.metadata, name: 'typo' },
    spec: { ...web.spec, replikas: 1 },
  };
  await expect(previewer.apply({ manifest, force: false })).rejects.toMatchObject({
    code: 'INVALID_MANIFEST',
    details: { field: expect.stringContaining('replikas') },
  });
});

test('rows come with their namespace, from the environment alone, and page by page the same as at once', async () => {
  const { reader } = session(['shop', 'bank']);
  const all = await reader.table({ kind: 'cm' });
  expect(all.columns.map(({ name }) => name)).toEqual(['Name', 'Data', 'Age']);
  expect(all.rows.length).toBeGreaterThan(3);
  expect(new Set(all.rows.map(({ namespace }) => namespace))).toEqual(new Set(['bank', 'shop']));
  const names: unknown[] = [];
  let cursor: string | undefined;
  do {
    const page = await reader.table({
      kind: 'cm',
      limit: 2,
      ...(cursor === undefined ? {} : { continue: cursor }),
    });
    expect(page.rows.length).toBeLessThanOrEqual(2);
    names.push(...page.rows.map(({ name }) => name));
    cursor = page.continue;
  } while (cursor !== undefined);
  expect(names).toEqual(all.rows.map(({ name }) => name));
});

test('without bounds the rows of every namespace come, by name and by selector', async () => {
  const { reader } = session();
  const rows = (await reader.table({ kind: 'ns' })).rows.map(({ name }) => name);
  expect(rows).toEqual(expect.arrayContaining(['bank', 'shop', 'kube-system']));
  const one = await reader.table({ kind: 'cm', fieldSelector: 'metadata.name=c1' });
  expect(one.rows).toMatchObject([{ name: 'c1', namespace: 'shop' }]);
});

test('the cluster is the same for two calls and another one for another address', async () => {
  const [first, second] = [await session().identity(), await session().identity()];
  expect(sameCluster(first, second)).toBe(true);
  expect(first.uid).not.toBe('unreadable');
  expect(first.user).not.toBe('');
  expect(first.server).toBe(sandbox.url);
  const other = await startShop();
  try {
    const line = new KubeConnection({
      target: { via: 'direct', url: other.url, token: other.token },
      bounds: { namespaces: undefined, clusterScoped: false },
      readOnly: true,
      userAgent: 'vigie/test',
    });
    expect(sameCluster(first, await line.session(new AbortController().signal).identity())).toBe(false);
  } finally {
    await other.close();
  }
});

test('the kubeconfig of the sandbox reaches it, and its token stays out of the identity', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vigie-sandbox-'));
  try {
    const file = join(folder, 'config');
    writeFileSync(file, sandbox.kubeconfig(), { mode: 0o600 });
    const line = new KubeConnection({
      target: { via: 'kubeconfig', files: [file], context: undefined, allowInsecure: false },
      bounds: { namespaces: ['shop'], clusterScoped: false },
      readOnly: true,
      userAgent: 'vigie/test',
    });
    const identity = await line.session(new AbortController().signal).identity();
    expect(JSON.stringify(identity)).not.toContain(sandbox.token);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('read-only: a reader does all of its work with what the list allows', async () => {
  const line = new KubeConnection({
    target: { via: 'direct', url: sandbox.url, token: sandbox.token },
    bounds: { namespaces: undefined, clusterScoped: false },
    readOnly: true,
    userAgent: 'vigie/read-only',
  });
  const { reader } = line.session(new AbortController().signal);
  await reader.table({ kind: 'po' });
  await reader.canI({ verb: 'delete', resource: 'pods', namespace: 'shop' });
  await reader.rules('shop');
  const sent = sandbox.requests().filter(({ userAgent }) => userAgent === 'vigie/read-only');
  expect(sent.filter(({ method }) => method !== 'GET').map(({ path }) => path)).toEqual([
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
  ]);
});

test('a watch sees what happens, object by object', async () => {
  const { reader } = session();
  const writer = await session().writer();
  const watching = reader.watch({ kind: 'cm', namespace: 'shop', name: 'watched' });
  // Where what exists ends and the changes begin.
  expect(await watching.next()).toMatchObject({ value: { type: 'BOOKMARK' } });
  await writer.apply({ manifest: configMap('watched'), force: false });
  expect(await watching.next()).toMatchObject({
    value: { type: 'ADDED', object: { metadata: { name: 'watched' } } },
  });
  const { metadata } = await reader.get({ kind: 'ConfigMap', name: 'watched', namespace: 'shop' });
  const target = { kind: 'ConfigMap', name: 'watched', namespace: 'shop' };
  await writer.delete({ target, uid: metadata.uid ?? '', propagation: 'Background' });
  expect(await watching.next()).toMatchObject({ value: { type: 'DELETED' } });
  await watching.return(undefined);
});
