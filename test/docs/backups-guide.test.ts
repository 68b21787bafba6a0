import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { postgresPrograms, startPostgres, unlessNoPostgres } from '../integrations/support/postgres.ts';
import { main } from '../support/command-line.ts';
import { allowAgainAndAgain, startVigie } from '../support/start-vigie.ts';

const file = 'docs/guides/backups.md';
const config = /```yaml\n( {4}backups:\n[\s\S]*?)```/;
const fence = /```console\n\$ vigie ([^\n]*)\n([\s\S]*?)```/g;

test.skipIf(postgresPrograms() === undefined)(
  `the guide to backups shows what its commands print, of a real PostgreSQL${unlessNoPostgres()}`,
  async () => {
    const text = readFileSync(file, 'utf8');
    const server = await startPostgres();
    server.sql('CREATE DATABASE shop');
    server.sql('CREATE TABLE orders (id int); INSERT INTO orders SELECT generate_series(1, 5000)', 'shop');
    server.sql("CREATE TABLE people (name text); INSERT INTO people VALUES ('a'), ('b')", 'shop');
    const dir = mkdtempSync(join(tmpdir(), 'guide-'));
    chmodSync(dir, 0o711);
    for (const name of ['copies', 'vault', 'scratch']) mkdirSync(join(dir, name));
    chmodSync(join(dir, 'scratch'), 0o711);
    writeFileSync(join(dir, 'password'), server.password, { mode: 0o600 });
    const shown = (config.exec(text)?.[1] ?? '')
      .replaceAll('/srv/', `${dir}/`)
      .replace('db.example.com', '127.0.0.1')
      .replace('5432', String(server.port));
    const shop = await startVigie({
      policy: `${allowAgainAndAgain}\n    secrets: {shop-password: "file:${join(dir, 'password')}"}\n${shown}`,
    });
    let made = '';
    let from = 0;
    let commands = 0;
    try {
      for (const found of text.matchAll(fence)) {
        const line = found[1] ?? '';
        const output = steady(await printed(wordsOf(line), shop.env))
          .replaceAll(`${dir}/`, '/srv/')
          .replaceAll('127.0.0.1', 'db.example.com')
          .replaceAll(String(server.port), '5432');
        made += `${text.slice(from, found.index)}\`\`\`console\n$ vigie ${line}\n${output}\`\`\``;
        from = found.index + found[0].length;
        commands += 1;
      }
      made += text.slice(from);
    } finally {
      await shop.stop();
      server.close();
      rmSync(dir, { recursive: true, force: true });
    }
    expect(commands).toBeGreaterThan(3);
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, made);
    expect(readFileSync(file, 'utf8')).toBe(made);
  },
);

/** As a shell reads it. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word);
}

/** Not at once: the simulated cluster is in this process. */
async function printed(words: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(process.execPath, [main, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
  const status = await new Promise(done => child.once('close', done));
  // A list of sets of which one was never proven ends with 5, and what a person has to approve with 3.
  expect([0, 3, 5], said.stderr).toContain(status);
  // Progress comes beside what is printed, in no order with it.
  return said.stdout === '' ? said.stderr : said.stdout;
}

/** Times, sizes, ids and versions differ from run to run. */
function steady(output: string): string {
  return (
    output
      .replace(/\n*$/, '\n')
      .replace(/\d{8}T\d{6}Z-[a-z]{4}/g, '20260101T030000Z-abcd')
      .replace(/20\d\d-\d\d-\d\dT[\d:.]+Z/g, '2026-01-01T03:00:00Z')
      .replace(/20\d\d-\d\d-\d\d/g, '2026-01-01')
      // On a busy machine it takes a second where it took some milliseconds.
      .replace(/(?<=Recovery time )[\d.]+ (s|ms)\b/g, '4 s')
      .replace(/\b[\d.]+ (s|ms|min)\b/g, '4 $1')
      .replace(/\b[\d.]+ ([kMGT]?B)\b/g, '18 $1')
      .replace(/\bup to \d+ ([kMGT]?B)\b/g, 'up to 32 $1')
      .replace(/\b\d{4,} bytes/g, '18000 bytes')
      .replace(/PostgreSQL \d+\.\d+/g, 'PostgreSQL 15.18')
      .replace(/(vigie undo|vigie approve|Ticket|Change|change) [a-z0-9]{8}\b/g, '$1 abcd2345')
      .replace(/\b[0-9a-f]{64}\b/g, '5f…')
      .replace(/\b\d+m\b/g, '0m')
      .replace(/[ \t]+$/gm, '')
  );
}
