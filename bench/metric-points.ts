import { execFileSync } from 'node:child_process';
import { startPrometheus } from '../test/integrations/support/prometheus.ts';
import { isInstalled, type RealServer } from '../test/integrations/support/start-program.ts';
import { importSamples, startVictoriaMetrics } from '../test/integrations/support/victoria-metrics.ts';
import { bundled } from './support/bundled.ts';
import { held, type Measurement, median, megabytes, ratio } from './support/measurement.ts';

const size = { series: 10_000, points: 100, stepSeconds: 60 };
const rounds = 5;
const budgets = { time: 1.6, memory: 3 };
const startSeconds = 1_780_000_000;
const ways = ['fetch', 'parse', 'vigie'] as const;
const labels = { fetch: 'bare fetch, let go', parse: 'bare fetch, JSON.parse', vigie: 'vigie' };

interface Sample {
  first: number;
  again: number;
  growth: number;
  bytes: number;
  points: number;
}

/** What a million points cost beside fetching them. */
export const metricPoints: Measurement = {
  name: 'metric-points',
  title: 'A million points of metrics',
  about:
    'A range query of 10,000 series with 100 points each, on real servers. `metrics_query` parses and checks the query, asks ' +
    'how many series there are, reads the answer as it comes and keeps the figures of the ten largest; against it the same ' +
    'answer taken in and let go, and read whole with `JSON.parse`. Each in a process of its own; “growth” is the peak of its ' +
    'memory above what it held before, beside the size of the answer.',

  async measure(bench) {
    const script = bundled(bench, 'query-points');
    const rows: string[][] = [];
    const notes: string[] = [];
    for (const { program, start } of servers) {
      if (!isInstalled(program)) {
        notes.push(`${program}: not measured, it is not installed.`);
        continue;
      }
      bench.say(`Filling a ${program} …`);
      const server = await start();
      try {
        rows.push(...compare(program, { script, url: server.url }));
      } finally {
        await server.close();
      }
    }
    return {
      columns: ['server', 'way', 'first', 'ratio', 'again', 'ratio', 'growth', 'to the answer'],
      rows,
      notes,
    };
  },
};

function compare(program: string, at: { script: string; url: string }): string[][] {
  const samples = new Map<string, Sample[]>(ways.map(way => [way, []]));
  // The round before the first warms the server.
  for (let round = -1; round < rounds; round += 1)
    for (const way of ways) {
      const sample = once(way, at);
      if (round >= 0) samples.get(way)?.push(sample);
    }
  const of = (way: string, field: keyof Sample) => median((samples.get(way) ?? []).map(each => each[field]));
  const bytes = of('fetch', 'bytes');
  return ways.map(way => {
    const against = (value: number, base: number, budget: number) =>
      way === 'vigie' ? held(value / base, budget) : ratio(value, base);
    return [
      `${program}, ${megabytes(bytes)}`,
      labels[way],
      `${of(way, 'first').toFixed(0)} ms`,
      against(of(way, 'first'), of('fetch', 'first'), budgets.time),
      `${of(way, 'again').toFixed(0)} ms`,
      against(of(way, 'again'), of('fetch', 'again'), budgets.time),
      megabytes(of(way, 'growth')),
      against(of(way, 'growth'), bytes, budgets.memory),
    ];
  });
}

function once(way: string, { script, url }: { script: string; url: string }): Sample {
  const time = (seconds: number) => new Date(seconds * 1000).toISOString();
  const end = startSeconds + (size.points - 1) * size.stepSeconds;
  const asked = ['bench_points', time(startSeconds), time(end), `${size.stepSeconds}s`];
  const sample: Sample = JSON.parse(
    execFileSync(process.execPath, [script, way, url, ...asked], { encoding: 'utf8' }),
  );
  const wanted = size.series * size.points;
  if (way !== 'fetch' && sample.points !== wanted)
    throw new Error(`${way} read ${sample.points} of ${wanted} points`);
  return sample;
}

function* samplesOf(unit: 's' | 'ms', [from, to]: readonly [number, number]): Generator<string> {
  for (let series = from; series < to; series += 1)
    for (let point = 0; point < size.points; point += 1) {
      const at = startSeconds + point * size.stepSeconds;
      const value = (series * 7919 + point * 104_729) % 100_000;
      yield `bench_points{namespace="shop",pod="web-7d9f8b6c5-${series}"} ${value / 8} ${unit === 'ms' ? at * 1000 : at}`;
    }
}

const servers: readonly { program: string; start: () => Promise<RealServer> }[] = [
  {
    program: 'prometheus',
    start: () =>
      startPrometheus({
        samples: `# TYPE bench_points gauge\n${[...samplesOf('s', [0, size.series])].join('\n')}\n# EOF\n`,
      }),
  },
  {
    program: 'victoria-metrics',
    async start() {
      const server = await startVictoriaMetrics();
      // As much at once as it takes.
      for (let from = 0; from < size.series; from += 1_000)
        await importSamples(server, [...samplesOf('ms', [from, from + 1_000])].join('\n'));
      return server;
    },
  },
];
