import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { metricsAlerts } from '../../src/tools/metrics/alerts.ts';
import { eventually } from '../support/eventually.ts';
import { startAlertmanager } from './support/alertmanager.ts';
import { openMetricsShop } from './support/metrics-shop.ts';
import { startPrometheus } from './support/prometheus.ts';
import { isInstalled, type RealServer, unlessMissing } from './support/start-program.ts';

const programs = ['prometheus', 'prometheus-alertmanager'];
const missing = programs.some(program => !isInstalled(program));

const rules = `
groups:
  - name: shop
    rules:
      - {alert: TargetDown, expr: up == 0, labels: {severity: page}, annotations: {summary: 'no answer from {{ $labels.job }}'}}
      - {alert: SelfUp, expr: 'up{job="self"} == 1', labels: {severity: info}}
      - {alert: Later, expr: 'up{job="self"} == 1', for: 1h}
      - {alert: Quiet, expr: up > 5}
`;

describe(`metrics_alerts on a real Prometheus and Alertmanager${programs.map(unlessMissing).join('')}`, () => {
  let prometheus: RealServer;
  let alertmanager: RealServer;
  beforeAll(async () => {
    if (missing) return;
    alertmanager = await startAlertmanager({
      inhibit: [{ source_matchers: ['severity="page"'], target_matchers: ['severity="info"'] }],
    });
    prometheus = await startPrometheus({
      rules,
      scrape: { self: ['self'], gone: ['127.0.0.1:1'] },
      alertmanager: `127.0.0.1:${alertmanager.port}`,
    });
  });
  afterAll(async () => {
    await prometheus?.close();
    await alertmanager?.close();
  });

  test.skipIf(missing)('shows each alert with its rule, since when, and what mutes it', async () => {
    const shop = await openMetricsShop({ prometheus: prometheus.url, alertmanager: alertmanager.url });
    const ask = (input: { name?: string; state?: string; format?: string } = {}) =>
      shop.read(metricsAlerts, input);
    const inhibited = async () =>
      expect((await ask()).data).toMatchObject({ firing: 2, pending: 1, muted: 1 });
    await eventually(inhibited);
    const { data, text } = await ask();
    expect(data).toMatchObject({ rules: 4, broken: 0, truncated: false });
    expect(text).toMatch(/^2 firing \(1 of them muted\), 1 pending, of 4 rules; from http/);
    expect(text).toMatch(/^TargetDown {2}up == 0$/m);
    expect(text).toContain('  no answer from gone\n');
    expect(text).toMatch(/^ {2}firing \S+ {2}0 {2}instance="127\.0\.0\.1:1", job="gone", severity="page"$/m);
    expect(text).toMatch(/^ {2}firing \S+ {2}1 .*severity="info" {2}inhibited by alert TargetDown$/m);
    expect(text).toMatch(/^Later {2}up\{job="self"\} == 1 for 1h$/m);
    expect(text).toMatch(/^ {2}pending /m);
    expect((await ask({ state: 'pending' })).data).toMatchObject({ firing: 0, pending: 1 });
    expect((await ask({ name: 'TargetDown' })).data).toMatchObject({ firing: 1, pending: 0 });
    await expect(ask({ name: 'TargetDwn' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'There is no alerting rule of that name; nearest: TargetDown',
    });
    expect((await ask({ name: 'Quiet' })).data).toMatchObject({ firing: 0, pending: 0 });
    const asData = await ask({ format: 'json' });
    expect(asData.data['rows']).toHaveLength(3);
    expect(asData.data['rows']).toContainEqual({
      name: 'TargetDown',
      state: 'firing',
      since: expect.stringMatching(/Z$/),
      value: 0,
      labels: 'instance="127.0.0.1:1", job="gone", severity="page"',
      query: 'up == 0',
    });
  });

  test.skipIf(missing)('names the silence that mutes an alert, whose it is and until when', async () => {
    const response = await fetch(`${alertmanager.url}/api/v2/silences`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        matchers: [{ name: 'alertname', value: 'TargetDown', isRegex: false, isEqual: true }],
        startsAt: new Date().toISOString(),
        endsAt: '2036-01-02T03:04:05Z',
        createdBy: 'alice',
        comment: 'being replaced\u202E',
      }),
    });
    expect(response.ok).toBe(true);
    const shop = await openMetricsShop({ prometheus: prometheus.url, alertmanager: alertmanager.url });
    const silenced = async () => {
      const { text } = await shop.read(metricsAlerts, { name: 'TargetDown' });
      expect(text).toMatch(
        /silenced by silence [\w-]{36} of alice until 2036-01-02T03:04Z: being replaced$/m,
      );
    };
    await eventually(silenced);
  });

  test.skipIf(missing)('says that nothing is known of silences where there is no Alertmanager', async () => {
    const shop = await openMetricsShop({ prometheus: prometheus.url });
    const { text } = await shop.read(metricsAlerts, {});
    expect(text).toContain('no Alertmanager is configured: what is muted is not known');
  });
});
