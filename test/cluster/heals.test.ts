import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '../../src/core/ids.ts';
import { type RunView, ticketKey } from '../../src/core/journal.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { readPlaybook } from '../../src/engine/language/read-playbook.ts';
import { openRuns } from '../../src/runs.ts';
import { eventually } from '../support/eventually.ts';
import {
  type Cluster,
  deploymentOf,
  describeOnCluster,
  namespaceOf,
  startCluster,
} from './support/on-cluster.ts';
import { type RealVigie, startRealVigie } from './support/start-real-vigie.ts';

// What the simulated cluster lets a playbook heal, a real one does too.

async function definitionOf(name: string) {
  const source = readFileSync(`playbooks/${name}/playbook.yaml`, 'utf8');
  const read = await readPlaybook(source);
  if (read.playbook === undefined) throw new Error(`${name} cannot be read`);
  return { playbook: read.playbook, digest: read.digest, source };
}

/** Runs a playbook to its end; alice agrees to all that it asks. */
async function healed(running: RealVigie, name: string, inputs: JsonObject): Promise<RunView> {
  const runs = await openRuns(running.vigie, { definitionOf });
  const stop = new AbortController();
  const id = newId();
  await runs.start({
    id,
    ...(await definitionOf(name)),
    inputs,
    environment: 'real',
    startedBy: { kind: 'person', name: 'carol', via: 'cli', attended: true },
  });
  const working = runs.work({
    most: 5,
    only: id,
    signal: stop.signal,
    said: () => undefined,
    failed: () => undefined,
  });
  const asked = new Set<string>();
  try {
    return await eventually(async () => {
      for (const { waits } of await runs.journal.list({ status: 'waiting', max: 10 }))
        for (const wait of waits) {
          if (wait.kind !== 'message' || !wait.key.startsWith(ticketKey('')) || asked.has(wait.key)) continue;
          asked.add(wait.key);
          await running.approve(wait.key.slice(ticketKey('').length));
        }
      const view = await runs.journal.get(id);
      if (view?.endedAt === undefined) throw new Error(`${name} is ${view?.status}`);
      return view;
    });
  } finally {
    stop.abort();
    await working;
    await runs.close();
  }
}

describeOnCluster('playbooks that heal, on a real cluster', binaries => {
  let cluster: Cluster;
  let running: RealVigie;
  beforeAll(async () => {
    cluster = await startCluster(binaries);
    await cluster.make('/api/v1/namespaces', namespaceOf('shop'), namespaceOf('small'));
    running = await startRealVigie({ kubeconfig: readFileSync(cluster.kubeconfig, 'utf8') });
  }, 120_000);
  afterAll(async () => {
    await running.stop();
    await cluster.stop();
  });

  test('heal-broken-service gives a Service the selector that its pods have', async () => {
    await cluster.make('/apis/apps/v1/namespaces/shop/deployments', deploymentOf('web'));
    await cluster.make('/api/v1/namespaces/shop/services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { selector: { app: 'wbe' }, ports: [{ port: 80 }] },
    });
    const run = await healed(running, 'heal-broken-service', { namespace: 'shop' });
    expect(run).toMatchObject({ status: 'done', output: { report: { mended: ['Service/web'] } } });
    const { body } = await cluster.call({ method: 'GET', path: '/api/v1/namespaces/shop/services/web' });
    expect(body).toMatchObject({ spec: { selector: { app: 'web' } } });
  }, 240_000);

  test('heal-quota raises what a quota counts, and the pods are made', async () => {
    await cluster.make('/api/v1/namespaces/small/resourcequotas', {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'few', namespace: 'small' },
      spec: { hard: { pods: '1', 'requests.memory': '10Gi' } },
    });
    await cluster.make('/apis/apps/v1/namespaces/small/deployments', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'small' },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: {
            containers: [{ name: 'main', image: 'shop/web:1', resources: { requests: { memory: '16Mi' } } }],
          },
        },
      },
    });
    await eventually(async () => {
      const { data } = await running.call('k8s_diagnose', { namespace: 'small', format: 'json' });
      expect(JSON.stringify(data)).toContain('QUOTA_EXCEEDED');
    });
    const run = await healed(running, 'heal-quota', { namespace: 'small' });
    expect(run).toMatchObject({ status: 'done', output: { report: { raised: ['few'], forPeople: [] } } });
    const { body } = await cluster.call({
      method: 'GET',
      path: '/api/v1/namespaces/small/resourcequotas/few',
    });
    expect(body).toMatchObject({ spec: { hard: { pods: '2', 'requests.memory': '10Gi' } } });
  }, 240_000);

  test('heal-drift puts back what somebody changed by hand', async () => {
    const manifest = `apiVersion: v1
kind: ConfigMap
metadata: {name: flags, namespace: shop}
data: {DARK: "yes"}
`;
    const flags = '/api/v1/namespaces/shop/configmaps';
    await cluster.make(flags, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'flags', namespace: 'shop' },
      data: { DARK: 'no' },
    });
    const run = await healed(running, 'heal-drift', { namespace: 'shop', manifest });
    expect(run).toMatchObject({ status: 'done', output: { report: { differed: true } } });
    const { body } = await cluster.call({ method: 'GET', path: `${flags}/flags` });
    expect(body).toMatchObject({ data: { DARK: 'yes' } });
    const again = await healed(running, 'heal-drift', { namespace: 'shop', manifest });
    expect(again).toMatchObject({ status: 'done', output: { report: { differed: false } } });
  }, 240_000);
});
