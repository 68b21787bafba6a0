import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Slo } from '../../src/toolkit/systems.ts';
import { metricsFind } from '../../src/tools/metrics/find.ts';
import { metricsSlo } from '../../src/tools/metrics/slo.ts';
import { openMetricsShop } from './support/metrics-shop.ts';
import { startNodeExporter } from './support/node-exporter.ts';
import { startPrometheus } from './support/prometheus.ts';
import { isInstalled, type RealServer, unlessMissing } from './support/start-program.ts';
import { importSamples, startVictoriaMetrics } from './support/victoria-metrics.ts';

const programs = ['prometheus', 'prometheus-node-exporter'];
const missing = programs.some(program => !isInstalled(program));

describe(`metrics_find on a real Prometheus that scrapes a node exporter${programs.map(unlessMissing).join('')}`, () => {
  let exporter: RealServer;
  let prometheus: RealServer;
  beforeAll(async () => {
    if (missing) return;
    exporter = await startNodeExporter();
    prometheus = await startPrometheus({ scrape: { node: [`127.0.0.1:${exporter.port}`], self: ['self'] } });
    const scraped = `${prometheus.url}/api/v1/query?query=${encodeURIComponent('count(node_uname_info) + count(prometheus_ready)')}`;
    for (let tries = 0; tries < 200; tries += 1) {
      const body = await (await fetch(scraped)).text();
      if (body.includes('"value"')) return;
      await new Promise(resolve => setTimeout(resolve, 100));
    }
    throw new Error('nothing was scraped');
  });
  afterAll(async () => {
    await prometheus?.close();
    await exporter?.close();
  });
  const names = async (words: string) => {
    const shop = await openMetricsShop({ prometheus: prometheus.url });
    const { text } = await shop.read(metricsFind, { words, limit: 5 });
    return text
      .split('\n')
      .slice(2)
      .map(line => line.split('  ')[0]);
  };

  test.skipIf(missing)('finds by words, by what people call a thing, and with a slip', async () => {
    expect(await names('memory available')).toContain('node_memory_MemAvailable_bytes');
    expect((await names('disk free'))[0]).toMatch(/^node_filesystem_.*free/);
    expect(await names('goroutines')).toContain('go_goroutines');
    expect(await names('gorutines')).toContain('go_goroutines');
    expect(await names('scrape latency')).toContain('scrape_duration_seconds');
    expect(await names('zzzz')).toEqual([]);
    expect((await names('memory usage')).slice(0, 2)).toEqual([
      'node_memory_MemAvailable_bytes',
      'node_memory_MemTotal_bytes',
    ]);
    const shop = await openMetricsShop({ prometheus: prometheus.url });
    expect((await shop.read(metricsFind, { words: 'zzzz' })).text).toContain('try another word');
  });

  test.skipIf(missing)('tells type, help and labels, a histogram once', async () => {
    const shop = await openMetricsShop({ prometheus: prometheus.url });
    const { text } = await shop.read(metricsFind, { words: 'prometheus http request duration' });
    const histogram = text
      .split('\n')
      .filter(line => line.startsWith('prometheus_http_request_duration_seconds'));
    expect(histogram).toHaveLength(1);
    expect(histogram[0]).toMatch(/_bucket {2}histogram {2}\S*handler\S* {2}Histogram of latencies/);
    expect(Buffer.byteLength(text)).toBeLessThan(6_000);
    const one = await shop.read(metricsFind, { metric: 'prometheus_http_requests_total' });
    expect(one.text).toMatch(/^code {2}\d+ {2}.*200/m);
    await expect(shop.read(metricsFind, { metric: 'prometheus_http_requsts_total' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('nearest: prometheus_http_requests_total'),
    });
    await expect(shop.read(metricsFind, {})).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });
});

describe(`metrics_slo on a real VictoriaMetrics${unlessMissing('victoria-metrics')}`, () => {
  const without = !isInstalled('victoria-metrics');
  let server: RealServer;
  // Four days in steps of a quarter of an hour, the last hour in minutes: a thousand requests a quarter; one service fails
  // in the last hour, one in all of it but the last ten minutes.
  const quarters = 4 * 96;
  const now = Math.floor(Date.now() / 1000);
  beforeAll(async () => {
    if (without) return;
    server = await startVictoriaMetrics();
    const lines: string[] = [];
    const minutes = Array.from({ length: 60 }, (_, minute) => quarters - 4 + (minute + 1) / 15);
    for (const index of [...Array.from({ length: quarters - 3 }, (_, quarter) => quarter), ...minutes]) {
      const at = Math.round(now - (quarters - index) * 900) * 1000;
      const late = Math.max(0, index - (quarters - 4));
      for (const [app, bad] of [
        ['good', 0],
        ['burning', late * 200],
        ['over', Math.min(late, 10 / 3) * 200],
        ['gone', index * 100],
      ] as const) {
        lines.push(`http_requests_total{app="${app}",code="200"} ${index * 1000 - bad} ${at}`);
        if (bad > 0 || index > 0) lines.push(`http_requests_total{app="${app}",code="500"} ${bad} ${at}`);
      }
      lines.push(`http_requests_total{app="idle",code="200"} 7 ${at}`);
      lines.push(`http_requests_total{app="broken",code="500"} ${index * 1000} ${at}`);
    }
    await importSamples(server, lines.join('\n'));
  });
  afterAll(() => server?.close());
  const slo = (app: string): Slo => ({
    objective: 99,
    windowSeconds: 4 * 86_400,
    good: `sum(increase(http_requests_total{app="${app}",code!~"5.."}[$window]))`,
    total: `sum(increase(http_requests_total{app="${app}"}[$window]))`,
  });

  test.skipIf(without)(
    'judges budgets and burn rates, and tells no traffic and no data from all good',
    async () => {
      const slos = Object.fromEntries(
        ['good', 'burning', 'over', 'gone', 'idle', 'broken', 'missing'].map(app => [app, slo(app)]),
      );
      const shop = await openMetricsShop({ prometheus: server.url, slos });
      const { data, text } = await shop.read(metricsSlo, {});
      expect(data['states']).toEqual({
        good: 'ok',
        burning: 'burning',
        over: 'ok',
        gone: 'exhausted',
        idle: 'no traffic',
        broken: 'exhausted',
        missing: 'no data',
      });
      expect(data['bad']).toBe(true);
      expect(data).not.toHaveProperty('rows');
      const asData = await shop.read(metricsSlo, { name: 'good', format: 'json' });
      expect(asData.text).not.toContain('good  ok');
      expect(asData.data['rows']).toContainEqual(
        expect.objectContaining({ objective: 'good', state: 'ok', good: 1, budgetLeft: 1, partly: false }),
      );
      expect(text).not.toContain('~');
      expect(text).toContain('next: what alerts now: vigie metrics alerts');
      expect(data['source']).toContain('Site Reliability Workbook');
      const row = (name: string) => text.split('\n').find(line => line.startsWith(`${name}  `)) ?? '';
      expect(row('good')).toBe('good  ok  100%  99% in 4d  100%  0  0  0  0');
      expect(row('idle')).toBe(
        'idle  no traffic  -  99% in 4d  -  no traffic  no traffic  no traffic  no traffic',
      );
      // Twenty of a hundred fail where one may: too fast for an hour, not for six.
      expect(row('burning')).toMatch(
        /^burning {2}burning {2}99\.\d+% {2}99% in 4d {2}\d+% {2}[12]\d(\.\d+)? \(page\) {2}3\.\d+ {2}0\.\d+ {2}0\.\d+$/,
      );
      expect(row('over')).toMatch(/^over {2}ok {2}99\.\d+% {2}99% in 4d {2}\d+% {2}1\d(\.\d+)? \(past\) /);
      expect(text).toContain('(past): too fast over that time, and no longer over the last twelfth of it');
      expect(row('gone')).toMatch(/10(\.\d)?( \(page\))? .*10(\.\d)? \(page\).*\(ticket\).*\(ticket\)$/);
      expect(row('broken')).toMatch(/ 0% {2}99% in 4d {2}-9\d\d\d?% {2}100 \(page\)/);
    },
  );

  test.skipIf(without)(
    'says of which time there is no data, and judges none longer than its own',
    async () => {
      const slos = {
        long: { ...slo('good'), windowSeconds: 30 * 86_400 },
        short: { ...slo('good'), windowSeconds: 6 * 3_600 },
      };
      const shop = await openMetricsShop({ prometheus: server.url, slos });
      const { data, text } = await shop.read(metricsSlo, {});
      expect(data['bad']).toBe(false);
      expect(text).toContain('long  ok  100%  99% in 30d  ~100%  0  0  0  0\n');
      expect(text).toContain('short  ok  100%  99% in 6h  100%  0  0  -  -\n');
      expect(text).toContain(
        '~: the first half of that time has no data, and the figure is of what came since (budgets of long)',
      );
    },
  );

  test.skipIf(without)('asks for one by name, and says what to configure where there is none', async () => {
    const shop = await openMetricsShop({ prometheus: server.url, slos: { good: slo('good') } });
    expect((await shop.read(metricsSlo, { name: 'good' })).data).toMatchObject({ states: { good: 'ok' } });
    await expect(shop.read(metricsSlo, { name: 'godo' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: 'Did you mean good?',
    });
    const none = await openMetricsShop({ prometheus: server.url });
    await expect(none.read(metricsSlo, {})).rejects.toMatchObject({ code: 'NOT_CONFIGURED' });
  });
});
