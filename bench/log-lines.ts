import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundled } from './support/bundled.ts';
import { logLines } from './support/log-lines.ts';
import { type Measurement, median, megabytes, ratio } from './support/measurement.ts';

const rounds = 5;
const ways = ['fetch', 'parse', 'vigie'] as const;
const labels = { fetch: 'bare pages, let go', parse: 'bare pages, JSON.parse', vigie: 'vigie, logs_query' };

interface Sample {
  first: number;
  again: number;
  growth: number;
  bytes: number;
  lines: number;
}

/** What a hundred thousand lines cost beside fetching them. */
export const logLinesCost: Measurement = {
  name: 'log-lines',
  title: 'A hundred thousand lines of logs',
  about:
    'The lines of 100 seconds from a server that gives prepared pages of 5,000 as Loki does (no real one can be installed ' +
    'everywhere). `logs_query` reads them all, masks them, joins what belongs together and folds them into templates; against it ' +
    'the same pages taken in and let go, and each read with `JSON.parse`. Each in a process of its own; “growth” is the peak of ' +
    'its memory above what it held before, beside the size of all pages. A prepared page costs its server nearly nothing, where a real Loki ' +
    'searches: the ratios are the most that they can be.',

  async measure(bench) {
    const script = bundled(bench, 'query-log-lines');
    const server = spawn(process.execPath, [bundled(bench, 'serve-log-lines')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [said] = await once(server.stdout, 'data');
      const { port }: { port: number } = JSON.parse(String(said));
      return {
        columns,
        rows: compare({ script, dir: bench.dir, url: `http://127.0.0.1:${port}` }),
        notes: [],
      };
    } finally {
      server.kill();
    }
  },
};

const columns = ['lines', 'way', 'first', 'ratio', 'again', 'ratio', 'growth', 'to the pages'];

function compare(at: { script: string; dir: string; url: string }): string[][] {
  const home = join(at.dir, 'log-lines');
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const config = join(home, 'vigie.yaml');
  writeFileSync(config, `environments: {bench: {logs: {loki: {url: "${at.url}"}}}}\n`, { mode: 0o600 });
  const samples = new Map<string, Sample[]>(ways.map(way => [way, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const way of ways) samples.get(way)?.push(sampleOf(way, { ...at, config, home }));
  const of = (way: string, field: keyof Sample) => median((samples.get(way) ?? []).map(each => each[field]));
  const bytes = of('fetch', 'bytes');
  return ways.map(way => [
    `${logLines.count}, ${megabytes(bytes)}`,
    labels[way],
    `${of(way, 'first').toFixed(0)} ms`,
    ratio(of(way, 'first'), of('fetch', 'first')),
    `${of(way, 'again').toFixed(0)} ms`,
    ratio(of(way, 'again'), of('fetch', 'again')),
    megabytes(of(way, 'growth')),
    ratio(of(way, 'growth'), bytes),
  ]);
}

function sampleOf(
  way: string,
  { script, url, config, home }: { script: string; url: string; config: string; home: string },
): Sample {
  const sample: Sample = JSON.parse(
    execFileSync(process.execPath, [script, way, url, config, home], { encoding: 'utf8' }),
  );
  if (sample.lines !== logLines.count)
    throw new Error(`${way} read ${sample.lines} of ${logLines.count} lines`);
  return sample;
}
