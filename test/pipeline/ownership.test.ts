import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { CallResult } from '../../src/core/result.ts';
import { allowEverything, idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';

// What leaves a manifest leaves the cluster, however Vigie set it: by an apply, a scale, a rollout or an undo.

let running: TestVigie;
beforeEach(async () => {
  running = await startVigie({ policy: allowEverything });
});
afterEach(() => running.stop());

const maker = { kind: 'Deployment', name: 'maker', namespace: 'shop' };
const makerPath = '/apis/apps/v1/namespaces/shop/deployments/maker';

function manifest(more: { replicas?: number; container?: string; pod?: string } = {}): string {
  const replicas = more.replicas === undefined ? '' : `replicas: ${more.replicas}, `;
  return `apiVersion: apps/v1
kind: Deployment
metadata: {name: maker, namespace: shop}
spec: {${replicas}selector: {matchLabels: {app: maker}}, template: {metadata: {labels: {app: maker}}, spec: {${more.pod ?? ''}containers: [{name: main, image: 'shop/web:1'${more.container ?? ''}}]}}}
`;
}

async function apply(text: string, more: object = {}): Promise<CallResult> {
  const result = await running.call('k8s_apply', { manifest: text, waitSeconds: 0, ...more });
  expect(['done', 'unverified', 'nothing_to_do'], result.text).toContain(result.status);
  return result;
}

async function ask(method: string, path: string, more: { body?: JsonObject; type?: string } = {}) {
  const answer = await fetch(running.sandbox.url + path, {
    method,
    headers: {
      authorization: `Bearer ${running.sandbox.token}`,
      'content-type': more.type ?? 'application/json',
    },
    ...(more.body === undefined ? {} : { body: JSON.stringify(more.body) }),
  });
  expect(answer.ok, `${method} ${path}: ${answer.status}`).toBe(true);
  return (await answer.json()) as JsonObject;
}

interface Owned {
  metadata: { managedFields: { manager: string; operation: string; subresource?: string }[] };
  spec: {
    replicas: number;
    template: { metadata: { annotations?: object }; spec: { hostNetwork?: boolean; containers: object[] } };
  };
}

const live = async () => (await ask('GET', makerPath)) as unknown as Owned;
const container = async () => (await live()).spec.template.spec.containers[0];
const ours = async () =>
  (await live()).metadata.managedFields
    .filter(({ manager }) => manager === 'vigie')
    .map(({ operation, subresource = '' }) => operation + subresource);

describe('what a manifest no longer names goes', () => {
  test('from an object that Vigie made', async () => {
    await apply(
      manifest({
        pod: 'hostNetwork: true, ',
        container: ', securityContext: {privileged: true}, env: [{name: A, value: b}]',
      }),
    );
    expect(await ours()).toEqual(['Apply']);
    const done = await apply(manifest());
    expect(done.status).not.toBe('nothing_to_do');
    const { spec } = (await live()).spec.template;
    expect(spec.hostNetwork).toBeUndefined();
    expect(spec.containers[0]).not.toHaveProperty('env');
    expect(spec.containers[0]).not.toHaveProperty('securityContext.privileged');
  });

  test('although an undo has put it back', async () => {
    await apply(manifest({ container: ', env: [{name: A, value: b}]' }));
    const removed = await apply(manifest());
    expect(await container()).not.toHaveProperty('env');
    await running.call('changes_undo', { id: idOf(removed) });
    expect(await container()).toMatchObject({ env: [{ name: 'A', value: 'b' }] });
    const again = await apply(manifest());
    expect(again.text).toContain('env');
    expect(await container()).not.toHaveProperty('env');
    expect(await ours()).toEqual(['Apply']);
    expect((await apply(manifest())).status).toBe('nothing_to_do');
  });

  test('from an object that a plain create of Vigie made', async () => {
    const made = await fetchObject(manifest({ container: ', env: [{name: A, value: b}]' }));
    await ask('DELETE', makerPath);
    await ask('POST', `${makerPath.replace('/maker', '')}?fieldManager=vigie`, { body: made });
    expect(await ours()).toEqual(['Update']);
    await apply(manifest());
    expect(await container()).not.toHaveProperty('env');
  });

  test('and the undo of that brings it back', async () => {
    await apply(manifest({ container: ', env: [{name: A, value: b}]' }));
    await running.call('changes_undo', { id: idOf(await apply(manifest())) });
    await running.call('changes_undo', { id: idOf(await apply(manifest())) });
    expect(await container()).toMatchObject({ env: [{ name: 'A', value: 'b' }] });
  });
});

describe('a count of pods', () => {
  test('set by k8s_scale stays when the manifest is silent about it', async () => {
    await apply(manifest());
    await running.call('k8s_scale', { target: maker, replicas: 3 });
    await apply(manifest({ container: ', workingDir: /srv' }));
    expect((await live()).spec.replicas).toBe(3);
  });

  test('is the manifest’s again once a manifest names it', async () => {
    await apply(manifest({ replicas: 2 }));
    await running.call('k8s_scale', { target: maker, replicas: 3 });
    await apply(manifest({ replicas: 3, container: ', workingDir: /srv' }));
    expect(await ours()).toEqual(['Apply']);
    await apply(manifest({ container: ', workingDir: /srv' }));
    expect((await live()).spec.replicas).toBe(1);
  });
});

test('a restart is not taken back by the next apply', async () => {
  await apply(manifest());
  await running.call('k8s_rollout', { target: maker, action: 'restart' });
  const { annotations } = (await live()).spec.template.metadata;
  expect(annotations).toHaveProperty(['kubectl.kubernetes.io/restartedAt']);
  await apply(manifest({ container: ', workingDir: /srv' }));
  expect((await live()).spec.template.metadata.annotations).toEqual(annotations);
});

test('an apply of a part leaves what an undo put back in an object of somebody else', async () => {
  const image =
    'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: {template: {spec: {containers: [{name: web, image: ';
  const changed = await apply(`${image}'shop/web:2'}]}}}`, { force: true });
  await running.call('changes_undo', { id: idOf(changed) });
  await apply(
    'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop, labels: {team: a}}',
  );
  const web = (await ask('GET', '/apis/apps/v1/namespaces/shop/deployments/web')) as unknown as Owned;
  expect(web.spec.template.spec.containers[0]).toMatchObject({ image: 'shop/web:1' });
});

/** The object that a manifest makes, without what the server gave it. */
async function fetchObject(text: string): Promise<JsonObject> {
  await apply(text);
  const { apiVersion, kind, spec } = await ask('GET', makerPath);
  return { apiVersion: apiVersion ?? '', kind: kind ?? '', metadata: { name: 'maker' }, spec: spec ?? {} };
}
