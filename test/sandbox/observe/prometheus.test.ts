import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { type Sandbox, startSandbox } from '../../../src/sandbox/server.ts';
import { loadWorld } from '../../../src/sandbox/world.ts';
import { send } from '../../support/sandbox-client.ts';

const place = '/api/v1/namespaces/monitoring/services/prometheus:9090/proxy/api/v1';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ world: await loadWorld('shop') });
  await sandbox.settled();
});
afterAll(() => sandbox.close());

interface Found {
  metric: Record<string, string>;
  value: [number, string];
}

const ask = (path: string, query: Record<string, string>) =>
  send(sandbox, { path: `${place}/${path}?${String(new URLSearchParams(query))}` });

async function vector(query: string, more: Record<string, string> = {}): Promise<Found[]> {
  const { status, body } = await ask('query', { query, ...more });
  expect(status, JSON.stringify(body)).toBe(200);
  return (body['data'] as JsonObject)['result'] as unknown as Found[];
}

const numberOf = (found: Found | undefined) => Number(found?.value[1]);

describe('the Prometheus of the sandbox', () => {
  test('answers as many series as there are containers that run, and their sums', async () => {
    const all = await vector('container_memory_working_set_bytes{namespace="shop",pod=~"api-.*"}');
    const [sum] = await vector('sum(container_memory_working_set_bytes{namespace="shop",pod=~"api-.*"})');
    expect(all.length).toBeGreaterThan(1);
    expect(numberOf(sum)).toBe(all.reduce((total, each) => total + numberOf(each), 0));
    const [count] = await vector(
      'count(\ncontainer_memory_working_set_bytes{namespace="shop",pod=~"api-.*"}\n)',
    );
    expect(numberOf(count)).toBe(all.length);
    const byPod = await vector('sum by (pod) (container_memory_working_set_bytes{namespace="shop"})');
    expect(new Set(byPod.map(({ metric }) => metric['pod'])).size).toBe(byPod.length);
  });

  test('tells the usage that the metrics server tells', async () => {
    const { body } = await send(sandbox, { path: '/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods' });
    const items = body['items'] as unknown as {
      metadata: { name: string };
      containers: { usage: { memory: string } }[];
    }[];
    const [measured] = items;
    const [found] = await vector(`container_memory_working_set_bytes{pod="${measured?.metadata.name}"}`);
    const kibibytes = Number(/^(\d+)Ki$/.exec(measured?.containers[0]?.usage.memory ?? '')?.[1]);
    expect(numberOf(found) / 1024 / kibibytes).toBeCloseTo(1, 1);
  });

  test('counters grow with the time of the cluster, as fast as their rate says', async () => {
    const query = 'sum(container_cpu_usage_seconds_total{namespace="shop"})';
    const before = numberOf((await vector(query))[0]);
    await sandbox.advance(600_000);
    const after = numberOf((await vector(query))[0]);
    const rate = numberOf(
      (await vector('sum(rate(container_cpu_usage_seconds_total{namespace="shop"}[10m]))'))[0],
    );
    expect(after).toBeGreaterThan(before);
    expect(rate).toBeCloseTo((after - before) / 600, 1);
    expect(
      numberOf((await vector('sum(rate(http_requests_total{namespace="shop"}[5m]))'))[0]),
    ).toBeGreaterThan(1);
  });

  test('follows the workloads: fewer replicas, fewer series', async () => {
    const query = 'kube_deployment_status_replicas_available{deployment="storefront",namespace="shop"}';
    const before = numberOf((await vector(query))[0]);
    await send(sandbox, {
      method: 'PATCH',
      path: '/apis/apps/v1/namespaces/shop/deployments/storefront',
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { spec: { replicas: 1 } },
    });
    await sandbox.settled();
    for (let step = 0; step < 6; step += 1) await sandbox.advance(20_000);
    expect(before).toBeGreaterThan(1);
    expect(numberOf((await vector(query))[0])).toBe(1);
    expect(await vector('http_requests_total{namespace="shop",pod=~"storefront-.*"}')).toHaveLength(1);
  });

  test('ranges have a value a step, and none of what is still to come', async () => {
    const now = Math.floor(sandbox.cluster.clock.now() / 1_000);
    const { body } = await ask('query_range', {
      query: 'up{job="kubelet"}',
      start: String(now - 300),
      end: String(now + 300),
      step: '60',
    });
    const { resultType, result } = body['data'] as unknown as {
      resultType: string;
      result: { values: unknown[] }[];
    };
    expect(resultType).toBe('matrix');
    expect(result).toHaveLength(3);
    for (const { values } of result) expect([5, 6]).toContain(values.length);
  });

  test.each([
    'histogram_quantile(0.9, x)',
    'up * 2',
    'up offset 5m',
    'rate(up[5m:1m])',
    'up{a=~"("}',
    'sum without (pod) (up)',
    '',
    '('.repeat(50),
  ])('says that %j is not simulated', async query => {
    const { status, body } = await ask('query', { query });
    expect(status).toBe(422);
    expect(body).toMatchObject({ status: 'error', error: expect.stringContaining('does not simulate') });
  });

  test('names and values of labels are those of its series', async () => {
    const names = (await ask('label/__name__/values', {})).body['data'];
    expect(names).toEqual(expect.arrayContaining(['up', 'http_requests_total']));
    const some = (await ask('label/namespace/values', { 'match[]': 'http_requests_total' })).body['data'];
    expect(some).toEqual(expect.arrayContaining(['shop']));
    expect(some).not.toContain('monitoring');
    expect((await ask('metadata', { metric: 'up' })).body['data']).toMatchObject({ up: [{ type: 'gauge' }] });
    expect((await ask('status/buildinfo', {})).body['data']).toMatchObject({
      version: expect.stringContaining('simulated'),
    });
    expect((await ask('status/runtimeinfo', {})).status).toBe(422);
  });

  test('only a Prometheus that runs answers, and only to a GET', async () => {
    const of = (service: string, method = 'GET') =>
      send(sandbox, {
        method,
        path: `/api/v1/namespaces/monitoring/services/${service}/proxy/api/v1/query?query=up`,
      });
    expect((await of('grafana:80')).status).toBe(501);
    expect((await of('nothing:80')).status).toBe(404);
    expect((await of('prometheus:1')).status).toBe(503);
    expect((await of('prometheus:http')).status).toBe(200);
    expect((await of('prometheus:9090', 'POST')).status).toBe(501);
  });
});
