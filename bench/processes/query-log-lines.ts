// Both sides of log-lines: `fetch` takes the pages in and lets them go, `parse` reads each with JSON.parse, `vigie` is
// logs_query through the whole pipeline. Twice, and how far memory grew above what the process held before.
import { request } from 'node:http';
import { buildVigie } from '../../src/app.ts';
import { runTool } from '../../src/pipeline/run-tool.ts';
import { logLines, pagePath, timeOfLine } from '../support/log-lines.ts';
import { peakBytes, residentBytes } from '../support/process-memory.ts';

const [, , way = '', url = '', configFile = '', home = ''] = process.argv;

async function page(path: string, each: (chunk: Buffer) => void): Promise<number> {
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

/** One page after the other, as whoever does not know what they hold must ask for them. */
async function allPages(take: (chunks: Buffer[]) => number): Promise<{ bytes: number; lines: number }> {
  const all = { bytes: 0, lines: 0 };
  for (let end = logLines.count; end > 0; end -= logLines.page) {
    const chunks: Buffer[] = [];
    all.bytes += await page(pagePath(timeOfLine(end)), chunk => {
      if (way === 'parse') chunks.push(chunk);
    });
    all.lines += take(chunks);
  }
  return all;
}

async function ask(from: string, to: string): Promise<number> {
  const answer = await runTool(await vigie, {
    tool: 'logs_query',
    input: { query: '{app="shop"}', from, to },
    actor: { kind: 'agent', name: 'bench', via: 'mcp-stdio', onBehalfOf: 'bench' },
    signal: new AbortController().signal,
    budgetBytes: 40_000,
    progress: () => undefined,
  });
  const lines = answer.data['lines'];
  if (typeof lines !== 'number') throw new Error(JSON.stringify(answer.data));
  return lines;
}

const vigie =
  way === 'vigie'
    ? buildVigie(
        { door: 'cli', configFile },
        {
          version: '0.0.0',
          env: { HOME: home, VIGIE_HOME: `${home}/vigie` },
          self: [],
          now: () => new Date(),
        },
      )
    : Promise.reject(new Error('not asked for'));
vigie.catch(() => undefined);
const iso = (index: number) => new Date(Number(timeOfLine(index) / 1_000_000n)).toISOString();
const ways: Readonly<Record<string, () => Promise<{ bytes: number; lines: number }>>> = {
  fetch: () => allPages(() => logLines.page),
  parse: () =>
    allPages(chunks => {
      const parsed: { data: { result: { values: unknown[] }[] } } = JSON.parse(
        Buffer.concat(chunks).toString(),
      );
      return parsed.data.result.reduce((sum, { values }) => sum + values.length, 0);
    }),
  vigie: async () => ({ bytes: 0, lines: await ask(iso(0), iso(logLines.count)) }),
};

const run = ways[way];
if (run === undefined) throw new Error(`there is no way ${way}`);
// What is loaded with the first question is no part of reading lines.
if (way === 'vigie') await ask(iso(0), iso(1));
else await page(pagePath(timeOfLine(1)), () => undefined);
const before = residentBytes(process.pid) ?? 0;
const times: number[] = [];
let found = { bytes: 0, lines: 0 };
for (let round = 0; round < 2; round += 1) {
  const start = performance.now();
  found = await run();
  times.push(performance.now() - start);
}
const growth = (peakBytes(process.pid) ?? 0) - before;
process.stdout.write(JSON.stringify({ first: times[0], again: times[1], growth, ...found }));
process.exit(0);
