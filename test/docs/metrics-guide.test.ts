import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startPrometheus } from '../integrations/support/prometheus.ts';
import { isInstalled, unlessMissing } from '../integrations/support/start-program.ts';
import { CliHome } from '../support/command-line.ts';

const file = 'docs/guides/metrics.md';
const config = /```yaml\n(# vigie\.yaml\n[\s\S]*?)```/;
const fence = /```console\n\$ vigie ([^\n]*)\n([\s\S]*?)```/g;
const shownUrl = 'https://prometheus.example.com';

// An hour of a shop: an API whose memory grows, and a worker that ended.
const start = 1_780_000_000;
const minutes = Array.from({ length: 61 }, (_, minute) => minute);
const mebi = 1024 * 1024;
const samples = [
  '# TYPE shop_memory_bytes gauge',
  '# HELP shop_memory_bytes Memory in use',
  ...minutes.map(
    minute => `shop_memory_bytes{job="shop",pod="api-a"} ${(180 + 2 * minute) * mebi} ${start + minute * 60}`,
  ),
  ...minutes.map(
    minute =>
      `shop_memory_bytes{job="shop",pod="api-b"} ${(200 + (minute % 7)) * mebi} ${start + minute * 60}`,
  ),
  ...minutes
    .slice(0, 20)
    .map(minute => `shop_memory_bytes{job="shop",pod="worker"} ${64 * mebi} ${start + minute * 60}`),
  '# TYPE shop_requests counter',
  ...minutes.map(
    minute => `shop_requests_total{job="shop",code="200"} ${minute * 1200} ${start + minute * 60}`,
  ),
  ...minutes.map(minute => `shop_requests_total{job="shop",code="500"} ${minute * 6} ${start + minute * 60}`),
  '# EOF\n',
].join('\n');
const rules = `
groups:
  - name: shop
    rules:
      - {alert: TargetDown, expr: up == 0, labels: {severity: page}, annotations: {summary: 'no answer from {{ $labels.job }}'}}
`;

test.skipIf(!isInstalled('prometheus'))(
  `the guide to metrics shows what its commands print, of a real Prometheus${unlessMissing('prometheus')}`,
  async () => {
    const text = readFileSync(file, 'utf8');
    const server = await startPrometheus({
      samples,
      rules,
      scrape: { payments: ['127.0.0.1:1'], prometheus: ['self'] },
    });
    const home = await CliHome.make();
    const shown = config.exec(text)?.[1] ?? '';
    writeFileSync(
      join(home.dir, 'vigie.yaml'),
      `witness: {journal: false}\n${shown.replace(shownUrl, server.url)}`,
    );
    let made = '';
    let from = 0;
    let commands = 0;
    try {
      await expect.poll(async () => (await home.run('metrics', 'alerts')).stdout).toMatch(/^1 firing/);
      for (const found of text.matchAll(fence)) {
        const line = found[1] ?? '';
        const { stdout, stderr } = await home.run(...wordsOf(line));
        const output = steady(stdout + stderr).replaceAll(server.url, shownUrl);
        made += `${text.slice(from, found.index)}\`\`\`console\n$ vigie ${line}\n${output}\`\`\``;
        from = found.index + found[0].length;
        commands += 1;
      }
      made += text.slice(from);
    } finally {
      await home.remove();
      await server.close();
    }
    expect(commands).toBeGreaterThan(7);
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, made);
    expect(readFileSync(file, 'utf8')).toBe(made);
  },
);

/** How long something fires differs from run to run, and how many metrics a Prometheus has of itself from version to version. */
function steady(output: string): string {
  return output
    .replace(/\n*$/, '\n')
    .replace(/(firing) \d+s/g, '$1 5s')
    .replace(/of \d+ metrics/g, 'of 240 metrics')
    .replace(/[ \t]+$/gm, '');
}

function wordsOf(line: string): string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(
    match => match[1]?.replaceAll('\\"', '"') ?? match[2] ?? '',
  );
}
