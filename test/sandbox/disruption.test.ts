import { afterEach, beforeEach, expect, test } from 'vitest';
import { isObject, type JsonObject } from '../../src/core/json.ts';
import type { Sandbox } from '../../src/sandbox/server.ts';
import { type Answer, send, startShop } from '../support/sandbox-client.ts';

// Budgets and evictions, with the figures and words of Kubernetes 1.36.2.

const core = '/api/v1/namespaces/shop';
const budgets = '/apis/policy/v1/namespaces/shop/poddisruptionbudgets';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startShop();
});
afterEach(() => sandbox.close());

const post = (path: string, body: unknown): Promise<Answer> => send(sandbox, { method: 'POST', path, body });

/** Two pods of a deployment `web` under a budget `web`. ready: whether they ever get ready. */
async function startWeb(spec: JsonObject, { ready = true } = {}): Promise<string> {
  const gates = ready ? {} : { readinessGates: [{ conditionType: 'example.com/open' }] };
  const template = {
    metadata: { labels: { app: 'web' } },
    spec: { containers: [{ name: 'c', image: 'x:1' }], ...gates },
  };
  const selector = { matchLabels: { app: 'web' } };
  await post('/apis/apps/v1/namespaces/shop/deployments', {
    metadata: { name: 'web' },
    spec: { replicas: 2, selector, template },
  });
  await post(budgets, { metadata: { name: 'web' }, spec: { selector, ...spec } });
  await sandbox.advance(60_000);
  const { body } = await send(sandbox, { path: `${core}/pods` });
  const [pod] = Array.isArray(body['items']) ? body['items'].filter(isObject) : [];
  const metadata = isObject(pod?.['metadata']) ? pod['metadata'] : {};
  return typeof metadata['name'] === 'string' ? metadata['name'] : '';
}

async function evict(name: string): Promise<[status: number, why: unknown]> {
  const { status, body } = await post(`${core}/pods/${name}/eviction`, {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace: 'shop' },
  });
  const causes = isObject(body['details']) ? body['details']['causes'] : undefined;
  const cause = Array.isArray(causes) && isObject(causes[0]) ? causes[0]['message'] : body['message'];
  return [status, cause];
}

async function budget(): Promise<unknown> {
  return (await send(sandbox, { path: `${budgets}/web` })).body['status'];
}

test.each<[spec: JsonObject, counts: JsonObject]>([
  [{ minAvailable: 1 }, { expectedPods: 2, desiredHealthy: 1, disruptionsAllowed: 1 }],
  [{ minAvailable: '75%' }, { expectedPods: 2, desiredHealthy: 2, disruptionsAllowed: 0 }],
  [{ maxUnavailable: 1 }, { expectedPods: 2, desiredHealthy: 1, disruptionsAllowed: 1 }],
  [{ maxUnavailable: '10%' }, { expectedPods: 2, desiredHealthy: 1, disruptionsAllowed: 1 }],
])('of two pods a budget of %j counts %j', async (spec, counts) => {
  await startWeb(spec);
  expect(await budget()).toMatchObject({ currentHealthy: 2, ...counts });
});

test('a share of pods that no controller made cannot be counted', async () => {
  const labels = { app: 'web' };
  await post(`${core}/pods`, {
    metadata: { name: 'bare', labels },
    spec: { containers: [{ name: 'c', image: 'x:1' }] },
  });
  await post(budgets, {
    metadata: { name: 'web' },
    spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
  });
  await sandbox.advance(60_000);
  expect(await budget()).toMatchObject({
    expectedPods: 0,
    desiredHealthy: 0,
    currentHealthy: 1,
    disruptionsAllowed: 0,
  });
  expect(await evict('bare')).toEqual([
    429,
    'The disruption budget web does not allow evicting pods currently',
  ]);
});

test('an eviction that would break a budget is refused, one that it allows is its last for now', async () => {
  const tight = await startWeb({ minAvailable: 2 });
  expect(await evict(tight)).toEqual([
    429,
    'The disruption budget web needs 2 healthy pods and has 2 currently',
  ]);
  const body = { spec: { minAvailable: 1 } };
  await send(sandbox, {
    method: 'PATCH',
    path: `${budgets}/web`,
    body,
    headers: { 'content-type': 'application/merge-patch+json' },
  });
  await sandbox.settled();
  expect((await evict(tight))[0]).toBe(201);
  await sandbox.settled();
  expect(await budget()).toMatchObject({ currentHealthy: 1, disruptionsAllowed: 0 });
});

test('a pod that is not ready is kept by a budget that is not met, unless the budget says otherwise', async () => {
  const name = await startWeb({ minAvailable: 2 }, { ready: false });
  expect(await evict(name)).toEqual([
    429,
    'The disruption budget web needs 2 healthy pods and has 0 currently',
  ]);
  const body = { spec: { unhealthyPodEvictionPolicy: 'AlwaysAllow' } };
  await send(sandbox, {
    method: 'PATCH',
    path: `${budgets}/web`,
    body,
    headers: { 'content-type': 'application/merge-patch+json' },
  });
  await sandbox.settled();
  expect((await evict(name))[0]).toBe(201);
});
