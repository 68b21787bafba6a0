import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { amountText } from '../../src/data/measure.ts';
import { type Threshold, thresholds } from '../../src/data/thresholds.ts';
import { postgresPrograms, startPostgres, unlessNoPostgres } from '../integrations/support/postgres.ts';
import { hasRedis, startRedis, unlessNoRedis } from '../integrations/support/redis.ts';
import { CliHome } from '../support/command-line.ts';

const file = 'docs/guides/data.md';
const config = /```yaml\n(# vigie\.yaml\n[\s\S]*?)```/;
const fence = /```console\n\$ vigie ([^\n]*)\n([\s\S]*?)```/g;
const table = /(\| what \| warning \| critical \| says who \|\n\|---\|---\|---\|---\|\n)(?:\|.*\n)*/;

test('the guide to data services has every threshold, with who says so', () => {
  const text = readFileSync(file, 'utf8');
  const rows = Object.entries<Threshold>(thresholds).map(([name, { unit, worse, source, ...levels }]) => {
    const limit = (level: 'warning' | 'critical'): string => {
      const value = levels[level];
      return value === undefined ? 'never' : `${worse} ${amountText(value, unit)}`;
    };
    return `| \`${name}\` | ${limit('warning')} | ${limit('critical')} | ${source} |\n`;
  });
  const made = text.replace(table, (_, head: string) => head + rows.join(''));
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, made);
  expect(readFileSync(file, 'utf8')).toBe(made);
  expect(rows.length).toBeGreaterThan(15);
});

test.skipIf(postgresPrograms() === undefined || !hasRedis())(
  `the guide to data services shows what its commands print, of a real PostgreSQL and a real Redis${unlessNoPostgres()}${unlessNoRedis()}`,
  async () => {
    const text = readFileSync(file, 'utf8');
    const server = await startPostgres({
      settings: [
        'shared_preload_libraries=pg_stat_statements',
        'archive_mode=on',
        'archive_command=true',
        'autovacuum=off',
      ],
    });
    const redis = await startRedis();
    const dir = mkdtempSync(join(tmpdir(), 'guide-'));
    const home = await CliHome.make();
    let made = '';
    let from = 0;
    let commands = 0;
    try {
      const guest = 'Guest-Password-7';
      for (const sql of [
        'CREATE DATABASE shop',
        `CREATE ROLE vigie LOGIN PASSWORD '${guest}-v'; GRANT pg_monitor TO vigie`,
        `CREATE ROLE guest LOGIN PASSWORD '${guest}'`,
      ])
        server.sql(sql);
      for (const sql of [
        'CREATE EXTENSION pg_stat_statements',
        'CREATE TABLE orders AS SELECT generate_series(1, 40000) AS id; DELETE FROM orders WHERE id % 2 = 0',
        'SELECT pg_stat_statements_reset()',
        ...Array.from({ length: 5 }, () => 'SELECT count(*) FROM orders WHERE id > 17'),
      ])
        server.sql(sql, 'shop');
      redis.ask('SET', 'key', 'value');
      mkdirSync(join(dir, 'srv'));
      symlinkSync(redis.socket, join(dir, 'srv', 'redis.sock'));
      for (const [name, value] of Object.entries({
        'shop-db': `${guest}-v`,
        guest,
        redis: redis.password,
      }))
        writeFileSync(join(dir, 'srv', `${name}.password`), value, { mode: 0o600 });
      const shown = (config.exec(text)?.[1] ?? '')
        .replaceAll('/srv/', `${dir}/srv/`)
        .replaceAll('db.example.com', '127.0.0.1')
        .replaceAll('5432', String(server.port));
      writeFileSync(join(home.dir, 'vigie.yaml'), `witness: {journal: false}\n${shown}`);
      for (const found of text.matchAll(fence)) {
        const line = found[1] ?? '';
        const { status, stdout, stderr } = await home.run(...line.split(' '));
        // Half of the rows of a table are dead.
        expect(status, stderr).toBe(5);
        const output = steady(stdout + stderr)
          .replaceAll(`${dir}/srv/`, '/srv/')
          .replaceAll('127.0.0.1', 'db.example.com')
          .replaceAll(String(server.port), '5432');
        made += `${text.slice(from, found.index)}\`\`\`console\n$ vigie ${line}\n${output}\`\`\``;
        from = found.index + found[0].length;
        commands += 1;
      }
      made += text.slice(from);
    } finally {
      await home.remove();
      await redis.close();
      server.close();
      rmSync(dir, { recursive: true, force: true });
    }
    expect(commands).toBe(3);
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, made);
    expect(readFileSync(file, 'utf8')).toBe(made);
  },
);

/** Counts, sizes, times and versions differ from run to run. */
function steady(output: string): string {
  return (
    output
      .replace(/\n*$/, '\n')
      .replace(/(PostgreSQL|Redis|Valkey) [\d.]+/g, (_, name: string) =>
        name === 'PostgreSQL' ? 'PostgreSQL 15.18' : 'Redis 7.0.15',
      )
      .replace(/age [\d,]+/g, 'age 18')
      // Services are asked at once: the question to one may be seen by another.
      .replace(/(longest transaction {2})\d+ ms \(.*, application vigie\)/g, '$1none')
      .replace(/(?:about )?\d+ of 100 used \(\d+ %\)/g, match =>
        match.startsWith('about') ? 'about 1 of 100 used (1 %)' : '1 of 100 used (1 %)',
      )
      .replace(/[\d.]+ [kM]B used/g, '1.5 MB used')
      .replace(/\d+ of 10000 used/g, '1 of 10000 used')
      .replace(/[\d.]+ (?:ms|s|min) (once|of)/g, '3.2 ms $1')
      .replace(/[ \t]+$/gm, '')
  );
}
