import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/config/config.ts';
import { saidBesides } from '../../src/config/said-besides.ts';

test('whoever accepts vigie.yaml is told what starts by itself, who may send, and where all is kept', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'vigie-config-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  const file = join(dir, 'vigie.yaml');
  await writeFile(
    file,
    `playbooks: {directory: ${dir}/own, triggers: [heal-oom]}
triggers:
  listen: 127.0.0.1:9094
  alerts: {main: {environment: box, bearer: env:ALERTS}}
  webhooks: {ci: {environment: box, hmac: env:HOOKS}}
store: {postgres: {url: env:STORE}}
environments: {box: {sandbox: {world: shop}}}
`,
    { mode: 0o600 },
  );
  const env = { HOME: dir, VIGIE_HOME: join(dir, 'home'), VIGIE_CONFIG: file };
  const said = saidBesides(await loadConfig({ env, systemFolder: join(dir, 'none') }));
  expect(said).toEqual([
    'heal-oom may start by itself in box',
    'alerts from main are about box; proved by bearer, env:ALERTS',
    'webhooks from ci are about box; proved by hmac, env:HOOKS',
    `playbooks of ${dir}/own`,
    'the store is PostgreSQL, by env:STORE',
  ]);
});
