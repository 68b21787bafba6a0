import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { isObject, memberOf, textOf } from '../../src/core/json.ts';
import { startPrometheus } from '../integrations/support/prometheus.ts';
import { isInstalled, type RealServer } from '../integrations/support/start-program.ts';
import { startAddressBehindService } from './support/address-behind-service.ts';
import { type Cluster, describeOnCluster, namespaceOf, startCluster } from './support/on-cluster.ts';
import { prometheusRuleDefinition } from './support/prometheus-rule-definition.ts';
import { type RealVigie, startRealVigie } from './support/start-real-vigie.ts';

const rulesPath = '/apis/monitoring.coreos.com/v1/namespaces/monitoring/prometheusrules';
const down = { alert: 'Down', expr: 'up == 1', labels: { severity: 'page' } };

// A real Prometheus behind a Service of a real API server; of its operator there is a stand-in.
describeOnCluster('metrics through the proxy of a real API server', binaries => {
  const folder = mkdtempSync(join(tmpdir(), 'vigie-operator-'));
  let cluster: Cluster;
  let running: RealVigie;
  let prometheus: RealServer;
  let behind: Awaited<ReturnType<typeof startAddressBehindService>>;

  beforeAll(async () => {
    if (!isInstalled('prometheus')) return;
    prometheus = await startPrometheus({ rulesFolder: folder, scrape: { self: ['self'] } });
    const port = Number(new URL(prometheus.url).port);
    behind = await startAddressBehindService(port);
    if (behind === undefined) return;
    cluster = await startCluster(binaries);
    await cluster.make('/api/v1/namespaces', namespaceOf('monitoring'));
    await cluster.make('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', prometheusRuleDefinition);
    await cluster.make('/api/v1/namespaces/monitoring/services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'prometheus' },
      spec: { ports: [{ name: 'web', port: 9090, targetPort: port }] },
    });
    // The proxy asks Endpoints, and leads to addresses of pods alone: one that nobody schedules stands for its own.
    await cluster.make('/api/v1/namespaces/monitoring/pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'prometheus-0' },
      spec: { schedulerName: 'nobody', containers: [{ name: 'prometheus', image: 'prometheus:3' }] },
    });
    const { address } = behind;
    const patched = await cluster.call({
      method: 'PATCH',
      path: '/api/v1/namespaces/monitoring/pods/prometheus-0/status',
      contentType: 'application/merge-patch+json',
      body: {
        status: {
          phase: 'Running',
          podIP: address,
          podIPs: [{ ip: address }],
          conditions: [{ type: 'Ready', status: 'True' }],
        },
      },
    });
    expect(patched.status).toBe(200);
    await cluster.make('/api/v1/namespaces/monitoring/endpoints', {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name: 'prometheus' },
      subsets: [
        {
          addresses: [
            { ip: address, targetRef: { kind: 'Pod', namespace: 'monitoring', name: 'prometheus-0' } },
          ],
          ports: [{ name: 'web', port }],
        },
      ],
    });
    await vi.waitFor(
      async () => {
        expect((await cluster.call({ method: 'GET', path: rulesPath })).status).toBe(200);
        const proxied = '/api/v1/namespaces/monitoring/services/prometheus:9090/proxy/api/v1/query?query=up';
        expect(JSON.stringify((await cluster.call({ method: 'GET', path: proxied })).body)).toContain('"1"');
      },
      { timeout: 60_000, interval: 200 },
    );
    running = await startRealVigie({
      kubeconfig: readFileSync(cluster.kubeconfig, 'utf8'),
      sections: `    metrics:
      prometheus: {service: {namespace: monitoring, name: prometheus, port: 9090}}
      rules: {resource: PrometheusRule, namespace: monitoring}
`,
    });
  });
  afterAll(async () => {
    await running?.stop();
    await cluster?.stop();
    await behind?.close();
    await prometheus?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What an operator does with rules: a file by namespace, name and uid, and word to reload. */
  async function passOn(name: string): Promise<void> {
    const { status, body } = await cluster.call({ method: 'GET', path: `${rulesPath}/${name}` });
    if (status !== 200 || !isObject(body)) return;
    const uid = textOf(memberOf(body, 'metadata'), 'uid');
    // JSON is YAML; Prometheus here reads files whose names end with .yml.
    writeFileSync(join(folder, `monitoring-${name}-${uid}.yml`), JSON.stringify(memberOf(body, 'spec')));
    await fetch(`${prometheus.url}/-/reload`, { method: 'POST' });
  }

  test('a query and the alerts come from a real Prometheus behind a Service', async context => {
    if (running === undefined) context.skip('SKIPPED: no prometheus, or nobody may add an address to lo');
    const asked = await running.call('metrics_query', { query: 'up', environment: 'real' });
    expect(asked.data, asked.text).toMatchObject({ series: 1 });
    expect(asked.text).toContain('job="self"');
    const found = await running.call('metrics_find', { words: 'process memory', environment: 'real' });
    expect(found.text).toContain('process_resident_memory_bytes');
    const alerts = await running.call('metrics_alerts', { environment: 'real' });
    expect(alerts.text, alerts.text).toContain('0 firing');
    const wrong = await running.call('metrics_query', { query: 'sum(', environment: 'real' });
    expect(wrong.data).toMatchObject({ code: 'INVALID_INPUT' });
  });

  test('rules that are objects tell what would fire, and are done once the server evaluates them', async context => {
    if (running === undefined) context.skip('SKIPPED: no prometheus, or nobody may add an address to lo');
    const input = { name: 'shop', rules: [down], environment: 'real', waitSeconds: 60 };
    const asked = await running.call('metrics_rule', input);
    expect(asked.data, asked.text).toMatchObject({ status: 'approval_required' });
    expect(asked.text).toContain('would fire now: Down: 1 series');
    const settling = running.approve(asked.data['id']);
    const operator = setInterval(() => void passOn('shop'), 500);
    const done = await settling.finally(() => clearInterval(operator));
    expect(done.data, done.text).toMatchObject({
      status: 'done',
      evidence: expect.arrayContaining([
        expect.stringContaining('evaluates all 1 rules of PrometheusRule/shop'),
      ]),
    });
    await vi.waitFor(
      async () =>
        expect((await running.call('metrics_alerts', { environment: 'real' })).text).toContain('1 firing'),
      { timeout: 30_000, interval: 500 },
    );
  });

  test('rules that no operator passes on are unverified, with where to look; another object of a like name is not theirs', async context => {
    if (running === undefined) context.skip('SKIPPED: no prometheus, or nobody may add an address to lo');
    writeFileSync(
      join(folder, 'monitoring-lone-2-00000000-0000-4000-8000-000000000000.yml'),
      JSON.stringify({ groups: [{ name: 'lone', rules: [down] }] }),
    );
    await fetch(`${prometheus.url}/-/reload`, { method: 'POST' });
    const input = { name: 'lone', rules: [down], environment: 'real', waitSeconds: 3 };
    const done = await running.change('metrics_rule', input);
    expect(done.status, done.text).toBe('unverified');
    expect(done.text).toContain('Down is not loaded as it is written');
    expect(done.text).toContain(
      'selects PrometheusRule/lone in monitoring (ruleSelector, ruleNamespaceSelector)',
    );
  });
});
