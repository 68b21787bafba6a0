import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { buildVigie } from '../../src/app.ts';
import { answerBySandbox } from '../../src/desk/sandbox-answer.ts';
import { runTool } from '../../src/pipeline/run-tool.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { loadWorld } from '../../src/sandbox/world.ts';
import { nightly } from '../support/scheduled-shop.ts';
import { agent, idOf } from '../support/start-vigie.ts';

const { signal } = new AbortController();

test('a schedule that a sandbox answered for stands in the process that holds the sandbox, and in no other', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'vigie-own-sandbox-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  for (const name of ['config', 'disk']) mkdirSync(join(dir, name), { mode: 0o700 });
  const live = new Database(join(dir, 'live.db'));
  live.exec('CREATE TABLE orders (id INTEGER PRIMARY KEY)');
  live.close();
  const sandbox = await startSandbox({ world: await loadWorld('test/fixtures/worlds/small.yaml') });
  onTestFinished(() => sandbox.close());
  const configFile = join(dir, 'config', 'vigie.yaml');
  const sections = `backups: {destinations: {disk: {directory: ${join(dir, 'disk')}, media: disk}}, sets: {data: {engine: sqlite, path: ${join(dir, 'live.db')}, to: [disk]}}}`;
  writeFileSync(
    configFile,
    `witness: {journal: false}\nenvironments:\n  demo:\n    policy: {low: allow}\n    ${sections}\n`,
    { mode: 0o600 },
  );
  const { url, token } = sandbox;
  const open = (own: boolean) =>
    buildVigie(
      {
        door: 'cli',
        configFile,
        ...(own ? { ownSandbox: { url, token, world: 'small' } } : {}),
      },
      {
        version: '0',
        env: { ...process.env, VIGIE_HOME: join(dir, 'home'), VIGIE_CONFIG: configFile, VIGIE_LOG: 'error' },
        self: [],
        now: () => new Date(),
      },
    );
  const demo = await open(true);
  onTestFinished(() => demo.close());
  const asked = await runTool(demo, {
    tool: 'backups_schedule',
    input: { set: 'data', ...nightly, cron: '* * * * *' },
    actor: agent,
    signal,
    budgetBytes: 40_000,
  });
  expect(asked.status, asked.text).toBe('approval_required');
  const settled = await answerBySandbox(demo, { id: idOf(asked), signal, progress: () => undefined });
  expect(settled.status, settled.text).toBe('done');
  const call = { tool: 'backups_run', input: { set: 'data' }, actor: agent, signal, budgetBytes: 40_000 };
  const own = await runTool(demo, { ...call, schedule: 'data' });
  expect(own.status, own.text).toBe('done');
  const other = await open(false);
  onTestFinished(() => other.close());
  const elsewhere = await runTool(other, { ...call, schedule: 'data' });
  expect(elsewhere.text).toMatch(/^plan_changed: .*is another cluster/);
});
