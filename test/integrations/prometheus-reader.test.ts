import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PrometheusReader } from '../../src/clients/prometheus/reader.ts';
import { eventually } from '../support/eventually.ts';
import { endpointTo } from './support/endpoint-to.ts';
import { startPrometheus } from './support/prometheus.ts';
import { isInstalled, type RealServer, unlessMissing } from './support/start-program.ts';
import { importSamples, startVictoriaMetrics } from './support/victoria-metrics.ts';

// Both get the same history: six pods whose counter grows, one of which restarted, and one that vanished.
const start = 1_780_000_000;
const pods = ['a', 'b', 'c', 'd', 'e', 'gone'];
const samples = Array.from({ length: 61 }, (_, minute) =>
  pods
    .filter(pod => pod !== 'gone' || minute < 30)
    .map((pod, index) => {
      const value = pod === 'b' && minute > 40 ? minute - 40 : minute * (index + 1);
      return { pod, value, at: start + minute * 60 };
    }),
).flat();
const openMetrics = [
  '# TYPE shop_orders counter',
  '# HELP shop_orders Orders taken',
  // One series after the other, as the format wants it.
  ...pods.flatMap(pod =>
    samples
      .filter(each => each.pod === pod)
      .map(({ value, at }) => `shop_orders_total{pod="${pod}"} ${value} ${at}`),
  ),
  '# EOF\n',
].join('\n');
const exposition = samples
  .map(({ pod, value, at }) => `shop_orders_total{pod="${pod}"} ${value} ${at * 1000}`)
  .join('\n');

const servers = [
  {
    program: 'prometheus',
    product: 'Prometheus',
    start: () => startPrometheus({ samples: openMetrics, scrape: { self: ['self'], gone: ['127.0.0.1:1'] } }),
  },
  {
    program: 'victoria-metrics',
    product: 'VictoriaMetrics',
    async start() {
      const server = await startVictoriaMetrics();
      await importSamples(server, exposition);
      return server;
    },
  },
];

describe.each(servers)('PrometheusReader on a real $program', ({ program, product, start: startServer }) => {
  const missing = !isInstalled(program);
  let server: RealServer;
  let reader: PrometheusReader;
  beforeAll(async () => {
    if (missing) return;
    server = await startServer();
    reader = new PrometheusReader(endpointTo(server.url), { signal: new AbortController().signal });
  });
  afterAll(() => server?.close());
  const realTest = (name: string, run: () => Promise<void>) =>
    test.skipIf(missing)(name + unlessMissing(program), run);

  realTest('knows which of the two it speaks to, and the time there', async () => {
    const { product: found, time } = await reader.about();
    expect(found).toBe(product);
    expect(await reader.server()).toMatchObject({ flavour: product });
    expect(Math.abs((time?.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  realTest('reads a range and an instant, resets and ends of series included', async () => {
    const rows = new Map<string, number[]>();
    const asked = { fromSeconds: start, toSeconds: start + 3600, stepSeconds: 600 };
    await reader.queryRange({ query: 'shop_orders_total', ...asked }, ({ labels, values, count }) => {
      rows.set(labels['pod'] ?? '', [...values.subarray(0, count)]);
    });
    expect(rows.get('a')).toEqual([0, 10, 20, 30, 40, 50, 60]);
    expect(rows.get('b')).toEqual([0, 20, 40, 60, 80, 10, 20]);
    expect(rows.get('gone')?.slice(0, 3)).toEqual([0, 60, 120]);
    expect(rows.get('gone')?.length).toBeLessThan(6);
    const last = new Map<string, number>();
    const answered = await reader.query({ query: 'shop_orders_total', atSeconds: start + 3600 }, each => {
      last.set(each.labels['pod'] ?? '', each.values[0] ?? Number.NaN);
    });
    expect(Object.fromEntries(last)).toEqual({ a: 60, b: 20, c: 180, d: 240, e: 300 });
    expect(answered).toMatchObject({ said: expect.any(Array), partial: false });
    expect(await reader.number({ query: 'count(shop_orders_total)', atSeconds: start + 3600 })).toBe(5);
    expect(await reader.number({ query: 'scalar(vector(3))', atSeconds: start })).toBe(3);
    expect(await reader.number({ query: 'nothing_of_that', atSeconds: start })).toBeUndefined();
  });

  realTest('lists names, labels and values within a time', async () => {
    const within = { fromSeconds: start, toSeconds: start + 3600 };
    expect(await reader.labelValues('__name__', within)).toContain('shop_orders_total');
    expect((await reader.labelValues('pod', { ...within, match: 'shop_orders_total' })).sort()).toEqual(pods);
    expect(await reader.labelNames({ ...within, match: 'shop_orders_total' })).toContain('pod');
    expect(await reader.seriesTotal()).toBeGreaterThanOrEqual(0);
  });

  realTest('says what the server does not take about a query', async () => {
    const broken = reader.query(
      { query: 'sum(rate(shop_orders_total[5m])', atSeconds: start },
      () => undefined,
    );
    await expect(broken).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(/did not take the query: .*(parenthesis|argList)/),
    });
    const wide = { fromSeconds: 0, toSeconds: start, stepSeconds: 1 };
    await expect(reader.queryRange({ query: 'up', ...wide }, () => undefined)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      hint: expect.stringContaining('longer step'),
    });
  });
});

describe('PrometheusReader on a real prometheus that scrapes', () => {
  const missing = !isInstalled('prometheus');
  let server: RealServer;
  let reader: PrometheusReader;
  beforeAll(async () => {
    if (missing) return;
    const rules = `
groups:
  - name: shop
    rules:
      - {alert: TargetDown, expr: up == 0, for: 1s, labels: {severity: page}, annotations: {summary: 'down: {{ $labels.job }}'}}
      - {record: 'job:up:sum', expr: sum by (job) (up)}
`;
    server = await startPrometheus({ rules, scrape: { self: ['self'], gone: ['127.0.0.1:1'] } });
    reader = new PrometheusReader(endpointTo(server.url), { signal: new AbortController().signal });
    const firing = async () => expect((await reader.rules())[0]?.rules[0]?.alerts[0]?.state).toBe('firing');
    await eventually(firing);
  });
  afterAll(() => server?.close());

  test.skipIf(missing)(
    `reads rules with their alerts, and targets with why they are down${unlessMissing('prometheus')}`,
    async () => {
      const [group] = await reader.rules();
      expect(group?.rules).toMatchObject([
        {
          kind: 'alerting',
          name: 'TargetDown',
          query: 'up == 0',
          forSeconds: 1,
          health: 'ok',
          alerts: [
            { state: 'firing', value: 0, labels: { job: 'gone' }, annotations: { summary: 'down: gone' } },
          ],
        },
        { kind: 'recording', name: 'job:up:sum' },
      ]);
      const targets = await reader.targets();
      expect(targets.find(({ labels }) => labels['job'] === 'gone')).toMatchObject({
        up: false,
        why: expect.stringContaining('refused'),
        everySeconds: 1,
      });
      expect(targets.find(({ labels }) => labels['job'] === 'self')).toMatchObject({ up: true, why: '' });
      const described = await reader.metadata({ metric: 'go_goroutines' });
      expect(described.get('go_goroutines')).toEqual({
        type: 'gauge',
        help: expect.stringContaining('goroutines'),
      });
    },
  );
});
