import { afterEach, describe, expect, test } from 'vitest';
import type { Pod } from '../../src/kubernetes/kinds/pod.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import { usageMeter, usageWindowMs } from '../../src/sandbox/usage.ts';
import { loadWorld, parseWorld, type World } from '../../src/sandbox/world.ts';
import { send } from '../support/sandbox-client.ts';

const windowStartMs = 1_800_000_000_000 - (1_800_000_000_000 % usageWindowMs);

function worldWith(more: string): World {
  return parseWorld(
    `
cluster: {serverVersion: v1.36.2, ageDays: 1, nodes: [{name: n1, ip: 10.0.0.1, podSubnet: 10.42.0}]}
images: [{match: shop/web, cpuMilli: 100, memoryMi: 200}]
objects: []
${more}`,
    'test',
  );
}

function podOf({
  uid,
  limits,
  state = { running: { startedAt: '2026-11-21T00:00:00Z' } },
}: {
  uid: string;
  limits?: Record<string, string>;
  state?: { running?: { startedAt: string }; waiting?: { reason: string } };
}): Pod {
  const resources = limits === undefined ? {} : { resources: { limits } };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `web-${uid}`, namespace: 'shop', uid, labels: { app: 'web' } },
    spec: { containers: [{ name: 'web', image: 'shop/web:1', ...resources }] },
    status: { containerStatuses: [{ name: 'web', ready: true, restartCount: 0, state }] },
  };
}

describe('the usage of a pod', () => {
  const world = worldWith('');

  test('stays near what the world says of its image, the same for the same pod and moment', () => {
    for (let step = 0; step < 60; step++) {
      const nowMs = windowStartMs + step * usageWindowMs;
      const [usage] = usageMeter({ world, nowMs })(podOf({ uid: 'a' }));
      expect(usage?.cpuMilli).toBeGreaterThanOrEqual(85);
      expect(usage?.cpuMilli).toBeLessThanOrEqual(115);
      expect(usage?.memoryMi).toBeGreaterThanOrEqual(192);
      expect(usage?.memoryMi).toBeLessThanOrEqual(208);
      expect(usageMeter({ world, nowMs: nowMs + usageWindowMs - 1 })(podOf({ uid: 'a' }))).toEqual([usage]);
    }
  });

  test('goes up and down, and each pod has its own moment', () => {
    const at = (uid: string, step: number) =>
      usageMeter({ world, nowMs: windowStartMs + step * usageWindowMs })(podOf({ uid }))[0]?.cpuMilli ?? 0;
    const seen = [...Array(40).keys()].map(step => at('a', step));
    expect(Math.max(...seen) - Math.min(...seen)).toBeGreaterThan(25);
    expect(at('a', 0)).not.toBe(at('b', 0));
  });

  test('never reaches a limit, and is nothing where the container does not run', () => {
    const measure = usageMeter({ world, nowMs: windowStartMs });
    const [limited] = measure(podOf({ uid: 'a', limits: { cpu: '50m', memory: '100Mi' } }));
    expect(limited).toEqual({ container: 'web', cpuMilli: 49, memoryMi: 98 });
    expect(measure(podOf({ uid: 'a', state: { waiting: { reason: 'CrashLoopBackOff' } } }))).toEqual([
      { container: 'web', cpuMilli: 0, memoryMi: 0 },
    ]);
  });

  test('carries its share of the load, which falls on those that run', () => {
    const loaded = worldWith('load: [{namespace: shop, labels: {app: web}, cpuMilli: 1200}]');
    const pods = [podOf({ uid: 'a' }), podOf({ uid: 'b' })];
    const cpuOf = (among: readonly Pod[]) =>
      usageMeter({ world: loaded, pods: among, nowMs: windowStartMs })(podOf({ uid: 'a' }))[0]?.cpuMilli ?? 0;
    const atRest = usageMeter({ world, nowMs: windowStartMs })(podOf({ uid: 'a' }))[0]?.cpuMilli ?? 0;
    const stopped = podOf({ uid: 'c', state: { waiting: { reason: 'CrashLoopBackOff' } } });
    expect(cpuOf(pods) / atRest).toBeCloseTo(7);
    expect(cpuOf([...pods, stopped]) / atRest).toBeCloseTo(7);
    expect(cpuOf(pods.slice(0, 1)) / atRest).toBeCloseTo(13);
  });
});

describe('metrics.k8s.io', () => {
  let sandbox: Sandbox;
  const metrics = '/apis/metrics.k8s.io/v1beta1';
  const startShop = async () => {
    sandbox = await startSandbox({ world: await loadWorld('shop') });
  };
  afterEach(() => sandbox.close());

  test('tells what the pods of a namespace use, container by container, by label', async () => {
    await startShop();
    const { body } = await send(sandbox, { path: `${metrics}/namespaces/shop/pods?labelSelector=app%3Dapi` });
    expect(body).toMatchObject({ kind: 'PodMetricsList', apiVersion: 'metrics.k8s.io/v1beta1' });
    const items = body['items'];
    const measured = {
      metadata: expect.objectContaining({ namespace: 'shop', name: expect.stringMatching(/^api-/) }),
      timestamp: expect.stringMatching(/:(00|15|30|45)Z$/),
      window: '15.0s',
      containers: [
        {
          name: 'api',
          usage: { cpu: expect.stringMatching(/^\d+n$/), memory: expect.stringMatching(/^\d+Ki$/) },
        },
      ],
    };
    expect(items).toContainEqual(expect.objectContaining(measured));
    expect(items).not.toContainEqual(
      expect.objectContaining({
        metadata: expect.objectContaining({ name: expect.stringMatching(/^cart-/) }),
      }),
    );
  });

  test('tells what every node uses: at least what its pods do', async () => {
    await startShop();
    const { body } = await send(sandbox, { path: `${metrics}/nodes` });
    expect(body).toMatchObject({ kind: 'NodeMetricsList', items: [{}, {}, {}] });
    const one = await send(sandbox, { path: `${metrics}/nodes/shop-agent-1` });
    expect(one.body).toMatchObject({ kind: 'NodeMetrics', usage: { cpu: expect.stringMatching(/^\d+n$/) } });
  });

  test('has nothing to tell of a pod that has just started, nor of one that is not there', async () => {
    await startShop();
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'young' },
      spec: { containers: [{ name: 'web', image: 'acme/storefront:1.9.0' }] },
    };
    await send(sandbox, { method: 'POST', path: '/api/v1/namespaces/shop/pods', body: pod });
    await sandbox.advance(10_000);
    const path = `${metrics}/namespaces/shop/pods/young`;
    expect((await send(sandbox, { path })).body).toMatchObject({
      code: 404,
      message: 'podmetrics.metrics.k8s.io "shop/young" not found',
    });
    await sandbox.advance(20_000);
    expect((await send(sandbox, { path })).body).toMatchObject({
      kind: 'PodMetrics',
      metadata: { name: 'young' },
    });
  });

  test('can be neither watched nor written', async () => {
    await startShop();
    const watched = await send(sandbox, { path: `${metrics}/pods?watch=true` });
    expect(watched.body).toMatchObject({
      code: 405,
      reason: 'MethodNotAllowed',
      message: 'watch is not supported on resources of kind "pods.metrics.k8s.io"',
    });
    const created = await send(sandbox, {
      method: 'POST',
      path: `${metrics}/namespaces/shop/pods`,
      body: {},
    });
    expect(created.body).toMatchObject({ code: 405 });
  });

  test('is absent, with its APIService, from a cluster without a metrics server', async () => {
    sandbox = await startSandbox({
      world: parseWorld(
        'cluster: {serverVersion: v1.36.2, ageDays: 1, metricsServer: false, nodes: [{name: n1, ip: 10.0.0.1, podSubnet: 10.42.0}]}\nobjects: []',
        'bare',
      ),
    });
    expect(await send(sandbox, { path: `${metrics}/nodes` })).toMatchObject({
      status: 404,
      text: '404 page not found\n',
    });
    const services = '/apis/apiregistration.k8s.io/v1/apiservices';
    expect((await send(sandbox, { path: `${services}/v1beta1.metrics.k8s.io` })).status).toBe(404);
  });
});
