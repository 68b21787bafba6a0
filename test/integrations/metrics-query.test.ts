import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { metricsQuery } from '../../src/tools/metrics/query.ts';
import { eventually } from '../support/eventually.ts';
import { openMetricsShop } from './support/metrics-shop.ts';
import { startPrometheus } from './support/prometheus.ts';
import { isInstalled, type RealServer, unlessMissing } from './support/start-program.ts';
import { importSamples, startVictoriaMetrics } from './support/victoria-metrics.ts';

const start = 1_780_000_000;
const from = new Date(start * 1000).toISOString();
const begins = (offset: number) => new Date((start + offset) * 1000).toISOString();
const seconds = (time: string) => time.replace('.000Z', 'Z');
const to = new Date((start + 3600) * 1000).toISOString();

// Memory of three pods of one job, one of which ended; a counter that begins anew at the restart of its pod.
const series: [name: string, labels: string, value: (minute: number) => number | undefined][] = [
  ['shop_memory_bytes', 'pod="a",job="shop"', minute => 100 * 1024 * 1024 + minute * 1024 * 1024],
  ['shop_memory_bytes', 'pod="b",job="shop"', () => 50 * 1024 * 1024],
  ['shop_memory_bytes', 'pod="old",job="shop"', minute => (minute < 20 ? 1024 : undefined)],
  ['shop_orders_total', 'pod="a",job="shop"', minute => (minute < 30 ? minute * 60 : (minute - 30) * 60)],
];
const samples = series.flatMap(([name, labels, value]) =>
  Array.from({ length: 61 }, (_, minute) => ({
    name,
    labels,
    value: value(minute),
    at: start + minute * 60,
  })).filter(each => each.value !== undefined),
);
const openMetrics = `# TYPE shop_memory_bytes gauge
${samples
  .filter(({ name }) => name.endsWith('bytes'))
  .map(({ name, labels, value, at }) => `${name}{${labels}} ${value} ${at}`)
  .join('\n')}
# TYPE shop_orders counter
${samples
  .filter(({ name }) => name.endsWith('total'))
  .map(({ name, labels, value, at }) => `${name}{${labels}} ${value} ${at}`)
  .join('\n')}
# EOF
`;
const exposition = samples
  .map(({ name, labels, value, at }) => `${name}{${labels}} ${value} ${at * 1000}`)
  .join('\n');

const servers = [
  { program: 'prometheus', start: () => startPrometheus({ samples: openMetrics }) },
  {
    program: 'victoria-metrics',
    async start() {
      const server = await startVictoriaMetrics();
      await importSamples(server, exposition);
      return server;
    },
  },
];

describe.each(servers)('metrics_query on a real $program', ({ program, start: startServer }) => {
  const missing = !isInstalled(program);
  let server: RealServer;
  beforeAll(async () => {
    if (!missing) server = await startServer();
  });
  afterAll(() => server?.close());
  const realTest = (name: string, run: () => Promise<void>) =>
    test.skipIf(missing)(name + unlessMissing(program), run);
  const ask = async (input: JsonObject) => {
    const shop = await openMetricsShop({ prometheus: server.url });
    return shop.read(metricsQuery, input);
  };

  realTest(
    'shows the values of one moment, the largest first, in their unit, common labels once',
    async () => {
      const { data, text } = await ask({ query: 'shop_memory_bytes', at: to });
      expect(data).toMatchObject({ series: 2, shown: 2, unit: 'bytes', truncated: false });
      const [headline, ...rest] = text.split('\n');
      expect(headline).toBe(`2 series at 2026-05-28T21:26:40Z, in bytes, all shop_memory_bytes{job="shop"}`);
      expect(rest).toEqual(['VALUE  SERIES', '160 MiB  pod="a"', '50 MiB  pod="b"']);
    },
  );

  realTest('shows a range by its figures and course, and which series ended', async () => {
    const { data, text } = await ask({ query: 'shop_memory_bytes', from, to, step: '1m' });
    expect(data).toMatchObject({ series: 3, shown: 3, points: expect.any(Number) });
    const rows = text.split('\n').slice(2);
    expect(rows[0]).toBe('160 MiB  100 MiB  130 MiB  160 MiB  157 MiB  +46%  ▁▁▂▂▃▃▄▄▅▅▆▆▇▇██  pod="a"');
    expect(rows[1]).toBe('50 MiB  50 MiB  50 MiB  50 MiB  50 MiB  flat  ▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄  pod="b"');
    expect(rows[2]).toMatch(/^1 KiB \(ended \d+m before\) {2}.*· {2}pod="old"$/);
  });

  realTest('a rate goes on over the restart of a counter, and a bare counter is remarked on', async () => {
    const { text } = await ask({
      query: 'rate(shop_orders_total[5m])',
      from: new Date((start + 600) * 1000).toISOString(),
      to,
    });
    expect(text).toContain('in count/s');
    const [last, min] = (text.split('\n')[2] ?? '').split('  ');
    expect(last).toBe('1/s');
    expect(Number.parseFloat(min ?? '')).toBeGreaterThan(0.6);
    const bare = await ask({ query: 'shop_orders_total', from, to });
    expect(bare.text).toContain('shop_orders_total only grows: rate(…[5m])');
  });

  realTest('groups on the server, and takes one number', async () => {
    const { text } = await ask({ query: 'shop_memory_bytes # all of it', groupBy: ['job'], at: to });
    expect(text.split('\n').slice(1)).toEqual(['VALUE  SERIES', '210 MiB  job="shop"']);
    expect((await ask({ query: 'scalar(sum(shop_memory_bytes))', at: to })).text).toContain('210 MiB');
  });

  realTest('pages raw points without losing or doubling one', async () => {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const { data, text } = await ask({
        query: 'shop_memory_bytes',
        from,
        to,
        step: '1m',
        raw: true,
        ...(cursor === undefined ? {} : { cursor }),
      });
      let name = '';
      for (const line of text.split('\n').slice(1)) {
        if (line.startsWith('  ')) seen.push(name + line);
        else name = line;
      }
      cursor = typeof data['cursor'] === 'string' ? data['cursor'] : undefined;
      expect(Buffer.byteLength(text)).toBeLessThan(6_000);
    } while (cursor !== undefined);
    expect(new Set(seen).size).toBe(seen.length);
    const { data } = await ask({ query: 'shop_memory_bytes', from, to, step: '1m' });
    expect(seen).toHaveLength(Number(data['points']));
  });

  test.skipIf(missing).each([
    [
      'no such metric',
      { query: 'shop_memry_bytes' },
      'there is no metric shop_memry_bytes; nearest: shop_memory_bytes',
    ],
    ['no such label value', { query: 'shop_memory_bytes{pod="aa"}' }, 'no series of it has pod="aa"'],
    [
      'no such label value',
      { query: 'sum(shop_memory_bytes{pod=~"z.*"})' },
      'no pod of it fits "z.*"; there are a, b',
    ],
    ['no such label value', { query: 'shop_memory_bytes{node="x"}' }, 'no series of it has a label node'],
    [
      'ended',
      { query: 'shop_memory_bytes{pod="a"}', at: begins(-3_607) },
      `it begins later, at ${seconds(from)}`,
    ],
    [
      'ended',
      { query: 'shop_memory_bytes{pod="a"}', at: begins(-1_234) },
      `it begins later, at ${seconds(from)}`,
    ],
    ['ended', { query: 'shop_memory_bytes{pod="old"}' }, 'it was last seen at about 2026-05-28T20:'],
    [
      'too few samples',
      { query: 'rate(shop_orders_total[30s])' },
      'the range [30s] holds one sample of shop_orders_total',
    ],
    ['no match', { query: 'shop_memory_bytes > 1e12' }, 'there are series, but none that the comparisons'],
  ])(`says why there is nothing: %s${unlessMissing(program)}`, async (reason, input, said) => {
    const { data, text } = await ask({ at: to, ...input });
    // VictoriaMetrics takes the sample before the range in.
    if (program === 'victoria-metrics' && reason === 'too few samples') return;
    expect(text).toContain(said);
    expect(data).toMatchObject({ series: 0, empty: reason });
  });

  realTest('refuses what is too much, and says what would do', async () => {
    await expect(ask({ query: 'up', from: '300d', step: '1s' })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      hint: 'Set the argument step to 3d or more.',
    });
    await expect(ask({ query: 'up', at: 'yesterday' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(ask({ query: 'up', from: '1h', at: '1h' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(ask({ query: 'up', groupBy: ['a) or (b'] })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
  });

  realTest('shows where a query is wrong before it is sent', async () => {
    await expect(ask({ query: 'sum(rate(shop_orders_total[5m])' })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(/line 1, column 32: \) is missing.*\n.*\n {31}\^/),
    });
  });
});

describe('metrics_query and what differs between the two', () => {
  test.skipIf(!isInstalled('victoria-metrics'))(
    `MetricsQL goes to VictoriaMetrics unchecked${unlessMissing('victoria-metrics')}`,
    async () => {
      const server = await startVictoriaMetrics();
      try {
        await importSamples(server, exposition);
        const shop = await openMetricsShop({ prometheus: server.url });
        const { data, text } = await shop.read(metricsQuery, { query: 'median(shop_memory_bytes)', at: to });
        expect(data).toMatchObject({ series: 1 });
        expect(text).toContain(
          'not checked before it was sent, as MetricsQL perhaps: there is no function median',
        );
      } finally {
        await server.close();
      }
    },
  );

  test.skipIf(!isInstalled('victoria-metrics'))(
    `samples that VictoriaMetrics keeps back are told from none${unlessMissing('victoria-metrics')}`,
    async () => {
      const server = await startVictoriaMetrics({ latencyOffset: '30s' });
      try {
        await importSamples(server, `shop_fresh 1 ${Date.now() - 2_000}`);
        const shop = await openMetricsShop({ prometheus: server.url });
        const { data, text } = await shop.read(metricsQuery, { query: 'shop_fresh' });
        expect(data).toMatchObject({ empty: 'too fresh' });
        expect(text).toContain('-search.latencyOffset');
        expect((await shop.read(metricsQuery, { query: 'shop_frsh' })).data).toMatchObject({
          empty: 'no such metric',
        });
      } finally {
        await server.close();
      }
    },
  );

  test.skipIf(!isInstalled('prometheus'))(
    `a target that went down is named with since when and why${unlessMissing('prometheus')}`,
    async () => {
      const second = await startPrometheus();
      const server = await startPrometheus({ scrape: { shop: [`127.0.0.1:${second.port}`] } });
      try {
        const shop = await openMetricsShop({ prometheus: server.url });
        const ask = (query: string) => shop.read(metricsQuery, { query });
        const scraped = async () => expect((await ask('prometheus_ready')).data).toMatchObject({ series: 1 });
        await eventually(scraped);
        await second.close();
        const gone = async () =>
          expect((await ask('prometheus_ready')).data).toMatchObject({ empty: 'target down' });
        await eventually(gone);
        const { text } = await ask('prometheus_ready');
        expect(text).toMatch(/127\.0\.0\.1:\d+ of job shop, is down since about 20.*Z: Get .*refused/);
      } finally {
        await second.close();
        await server.close();
      }
    },
  );
});
