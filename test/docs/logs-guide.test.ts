import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CliHome } from '../support/command-line.ts';
import { type FakeLoki, startFakeLoki } from '../support/fake-loki.ts';

const file = 'docs/guides/logs.md';
const config = /```yaml\n(# vigie\.yaml\n[\s\S]*?)```/;
const fence = /```console\n\$ vigie ([^\n]*)\n([\s\S]*?)```/g;

test('the guide to logs shows what its commands print, of a fake Loki', async () => {
  const text = readFileSync(file, 'utf8');
  const loki = await startFakeLoki({ tenant: 'shop' });
  fill(loki);
  const home = await CliHome.make({ policy: '{low: ask, medium: ask, high: ask}', world: 'shop' });
  const shown = config.exec(text)?.[1] ?? '';
  writeFileSync(join(home.dir, 'vigie.yaml'), shown.replace('https://loki.example.com', loki.url));
  let made = '';
  let from = 0;
  let commands = 0;
  try {
    for (const found of text.matchAll(fence)) {
      const line = found[1] ?? '';
      const { stdout, stderr } = await home.run(...wordsOf(line));
      made += `${text.slice(from, found.index)}\`\`\`console\n$ vigie ${line}\n${steady(stdout + stderr)}\`\`\``;
      from = found.index + found[0].length;
      commands += 1;
    }
    made += text.slice(from);
  } finally {
    await home.remove();
  }
  expect(commands).toBeGreaterThan(4);
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, made);
  expect(readFileSync(file, 'utf8')).toBe(made);
});

/** An hour of an API with two pods that lost its database ten minutes ago; each line in the middle of a part of the hour. */
function fill(loki: FakeLoki): void {
  const now = BigInt(Date.now()) * 1_000_000n;
  const at = (minutes: number) => now - BigInt(Math.round(minutes * 60)) * 1_000_000_000n;
  const pods = ['api-6f7d8c9b5-x2k4p', 'api-6f7d8c9b5-q9zwt'];
  for (const [index, pod] of pods.entries()) {
    const labels = { namespace: 'shop', pod, container: 'api' };
    for (let minute = 2; minute < 60; minute += 3.75)
      loki.push(labels, [
        [
          at(minute),
          `{"level":"info","msg":"order stored","order":${8000 + Math.round(minute)},"ms":${12 + index}}`,
        ],
      ]);
    for (const minute of [2, 5.75, 9.5])
      loki.push(labels, [
        [
          at(minute),
          'level=error msg="cannot store the order" err="dial tcp 10.43.7.20:5432: connect: connection refused"',
        ],
        [at(minute - 0.1), 'java.lang.IllegalStateException: no connection'],
        [at(minute - 0.1) + 1n, '\tat shop.Pool.take(Pool.java:88)'],
        [at(minute - 0.1) + 2n, '\tat shop.Orders.store(Orders.java:41)'],
      ]);
  }
}

/** Times differ from run to run, and with them what a series is at each step; so does a row's place in a column. */
function steady(output: string): string {
  return output
    .replace(/\n*$/, '\n')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '2026-11-21T10:00:00Z')
    .replace(/cursor \d{19}\.[\w-]+/g, 'cursor CURSOR')
    .replace(/\b\d\d:\d\d:\d\d\b/g, '10:00:00')
    .replaceAll('2026-11-21T10:00:00T', '2026-11-21T')
    .replace(/(?<=\S) {2,}(?=\S)/g, '  ')
    .replace(/\d\.\d+ {2}(\d+) {2}[·▁-█]{24}/g, '2.077  $1  ·▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▆█▇█')
    .replace(/[ \t]+$/gm, '');
}

function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(match => match[1] ?? match[2] ?? '');
}
