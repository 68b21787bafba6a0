// Both sides of metric-points: `fetch` takes the answer in and lets it go, `parse` reads it whole with JSON.parse, `vigie`
// is what metrics_query does with it. Twice, and how far memory grew above what the process held before.
import { request } from 'node:http';
import { PrometheusReader } from '../../src/clients/prometheus/reader.ts';
import { DirectEndpoint } from '../../src/http/direct-endpoint.ts';
import { Ranking } from '../../src/metrics/ranking.ts';
import { readQuery } from '../../src/tools/metrics/query/ask.ts';
import { fetchSeries } from '../../src/tools/metrics/query/fetch.ts';
import { peakBytes, residentBytes } from '../support/process-memory.ts';

const [, , way = '', url = '', query = '', from = '', to = '', step = ''] = process.argv;
const seconds = (time: string) => String(Date.parse(time) / 1000);

async function body(path: string, each: (chunk: Buffer) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    const asking = request(new URL(path, url), response => {
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        each(chunk);
      });
      response.on('end', () => resolve(bytes));
      response.on('error', reject);
    });
    asking.on('error', reject);
    asking.end();
  });
}

const search = new URLSearchParams({ query, start: seconds(from), end: seconds(to), step });
const range = `/api/v1/query_range?${search.toString()}`;

const ways: Readonly<Record<string, () => Promise<{ bytes: number; points: number }>>> = {
  async fetch() {
    return { bytes: await body(range, () => undefined), points: 0 };
  },
  async parse() {
    const chunks: Buffer[] = [];
    const bytes = await body(range, chunk => chunks.push(chunk));
    const parsed: { data: { result: { values: [number, string][] }[] } } = JSON.parse(
      Buffer.concat(chunks).toString(),
    );
    return { bytes, points: parsed.data.result.reduce((sum, { values }) => sum + values.length, 0) };
  },
  async vigie() {
    const { signal } = new AbortController();
    const endpoint = new DirectEndpoint({
      url: new URL(url),
      userAgent: 'vigie-bench',
      proof: async () => ({}),
    });
    const reader = new PrometheusReader(endpoint, { signal });
    const asked = await readQuery({ query, from, to, step }, { reader, now: new Date() });
    const ranking = new Ranking(10, asked);
    await fetchSeries(asked, { reader, top: 10, each: series => ranking.add(series) });
    return { bytes: 0, points: ranking.points };
  },
};

const run = ways[way];
if (run === undefined) throw new Error(`there is no way ${way}`);
await body('/api/v1/query?query=1', () => undefined);
const before = residentBytes(process.pid) ?? 0;
const times: number[] = [];
let found = { bytes: 0, points: 0 };
for (let round = 0; round < 2; round += 1) {
  const start = performance.now();
  found = await run();
  times.push(performance.now() - start);
}
const growth = (peakBytes(process.pid) ?? 0) - before;
process.stdout.write(JSON.stringify({ first: times[0], again: times[1], growth, ...found }));
