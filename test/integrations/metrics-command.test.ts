import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CliHome } from '../support/command-line.ts';
import { startPrometheus } from './support/prometheus.ts';
import { isInstalled, type RealServer, unlessMissing } from './support/start-program.ts';

const missing = !isInstalled('prometheus');
const start = 1_780_000_000;
const [from, to] = ['2026-05-28T20:26:40Z', '2026-05-28T21:26:40Z'];
const password = 'hunter2-in-a-label';

const line = (pod: string, value: (minute: number) => number) =>
  Array.from(
    { length: 61 },
    (_, minute) => `shop_memory_bytes{pod="${pod}"} ${value(minute)} ${start + minute * 60}`,
  );
const samples = [
  '# TYPE shop_memory_bytes gauge',
  ...line('a', minute => (100 + minute) * 1024 * 1024),
  ...line(`<b>&\u202E${password}`, () => 50 * 1024 * 1024),
  '# EOF\n',
].join('\n');

describe(`vigie metrics on a real Prometheus, of an environment without a cluster${unlessMissing('prometheus')}`, () => {
  let server: RealServer;
  let home: CliHome;
  beforeAll(async () => {
    if (missing) return;
    server = await startPrometheus({ samples });
    home = await CliHome.make();
    const config = `witness: {journal: false}
environments:
  prod:
    secrets: {token: "env:SHOP_TOKEN"}
    metrics: {prometheus: {url: "${server.url}", token: token}}
`;
    await writeFile(join(home.dir, 'vigie.yaml'), config, { mode: 0o600 });
    home.env['SHOP_TOKEN'] = password;
  });
  afterAll(async () => {
    await home?.remove();
    await server?.close();
  });

  test.skipIf(missing)(
    'answers a query by its figures, and masks a secret that stands in a label',
    async () => {
      const { status, stdout, stderr } = await home.run(
        'metrics',
        'query',
        'shop_memory_bytes',
        '--from',
        from,
        '--to',
        to,
      );
      expect(stderr).toBe('');
      expect(status).toBe(0);
      expect(stdout).toMatch(/2 series from 2026-05-28T20:26:40Z to .*in bytes/);
      expect(stdout).toMatch(/160 MiB .*pod="a"/);
      expect(stdout).not.toContain(password);
      expect(stdout).not.toContain('\u202E');
    },
  );

  test.skipIf(missing)('gives rows as data', async () => {
    const { stdout } = await home.run('metrics', 'query', 'shop_memory_bytes', '--at', to, '-o', 'json');
    const { rows, series } = JSON.parse(stdout);
    expect(series).toBe(2);
    expect(rows[0]).toMatchObject({ series: 'shop_memory_bytes{pod="a"}', value: 167_772_160 });
  });

  test.skipIf(missing)('draws in the terminal, as SVG and as PNG, and overwrites nothing', async () => {
    const query = ['metrics', 'query', 'shop_memory_bytes', '--from', from, '--to', to];
    const drawn = await home.run(...query, '--chart');
    expect(drawn.stderr).toBe('');
    expect(drawn.stdout).toContain('160 MiB ┤');
    expect(drawn.stdout).toContain('2026-05-28T20:26:40Z … 2026-05-28T21:26:40Z');
    const svg = join(home.dir, 'chart.svg');
    expect((await home.run(...query, '--chart', svg)).stdout).toContain('2 of 2 series drawn');
    const text = readFileSync(svg, 'utf8');
    expect(text).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(text).toContain('&lt;b&gt;&amp;');
    expect(text).not.toContain(password);
    expect(text.match(/<path /g)).toHaveLength(2);
    const again = await home.run(...query, '--chart', svg);
    expect(again.status).not.toBe(0);
    const png = join(home.dir, 'chart.png');
    const { status, stderr } = await home.run(...query, '--chart', png);
    if (existsSync('/usr/share/fonts')) {
      expect(stderr).toBe('');
      expect(readFileSync(png).subarray(1, 4).toString()).toBe('PNG');
    } else {
      expect(status).not.toBe(0);
      expect(stderr).toContain('fonts-dejavu-core');
    }
    const other = await home.run(...query, '--chart', join(home.dir, 'chart.pdf'));
    expect(other.stderr).toContain('.svg or .png');
  });

  test.skipIf(missing)('shows where a query is wrong', async () => {
    const { status, stdout, stderr } = await home.run('metrics', 'query', 'sum(rate(x[5m])');
    expect(status).toBe(2);
    expect(stdout + stderr).toMatch(/line 1, column 16: \) is missing, for the \( at column 4/);
  });
});
