import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/config.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vigie-config-'));
});
afterEach(() => rm(dir, { recursive: true }));

const one = 'environments: {box: {sandbox: {world: shop}}}\n';
const two = 'environments: {prod: {sandbox: {world: shop}}, staging: {sandbox: {world: shop}}}\n';

async function load(triggers: string, environments = one) {
  const text = `triggers: ${triggers}\n${environments}`;
  await writeFile(join(dir, 'vigie.yaml'), text, { mode: 0o600 });
  const env = { HOME: dir, VIGIE_HOME: join(dir, 'home'), VIGIE_CONFIG: join(dir, 'vigie.yaml') };
  return loadConfig({ env, systemFolder: join(dir, 'none') });
}

test('a sender has its one environment and its one proof, by a reference alone', async () => {
  const { triggers } = await load(
    '{listen: "127.0.0.1:9094", alerts: {main: {environment: prod, bearer: env:ALERTS}}, webhooks: {deploy: {environment: staging, hmac: file:/run/key}}}',
    two,
  );
  expect(triggers).toMatchObject({
    listen: { host: '127.0.0.1', port: 9094 },
    behindTlsProxy: false,
    alerts: [{ name: 'main', environment: 'prod', proof: 'bearer' }],
    webhooks: [{ name: 'deploy', environment: 'staging', proof: 'hmac' }],
  });
  expect(String(triggers.alerts[0]?.secret)).toBe('env:ALERTS');
});

test('who may send, what and by which secret is part of what an approver accepts; where is not', async () => {
  const hashes = new Set<string>();
  for (const alerts of ['{}', '{main: {bearer: env:A}}', '{main: {bearer: env:B}}', '{main: {hmac: env:A}}'])
    hashes.add((await load(`{alerts: ${alerts}}`)).hash);
  expect(hashes.size).toBe(4);
  const elsewhere = await load('{listen: "127.0.0.1:1", alerts: {main: {bearer: env:A}}}');
  expect(hashes).toContain(elsewhere.hash);
});

test.each([
  ['{listen: "0.0.0.0:9094"}', one, 'must be an address of loopback'],
  ['{listen: "9094"}', one, 'must be HOST:PORT'],
  ['{alerts: {main: {}}}', one, 'triggers.alerts.main: needs bearer or hmac, and not both'],
  ['{alerts: {main: {bearer: env:A, hmac: env:A}}}', one, 'needs bearer or hmac, and not both'],
  ['{alerts: {main: {bearer: hunter2hunter2}}}', one, 'never the value itself'],
  ['{alerts: {main: {bearer: env:A}}}', two, 'say which environment it speaks of'],
  ['{alerts: {main: {bearer: env:A, environment: prd}}}', two, 'did you mean prod?'],
  ['{webhooks: {"../x": {bearer: env:A}}}', one, 'must be small letters, digits and dashes'],
  ['{alert: {}}', one, 'there is no key alert'],
])('triggers: %s is refused, and why', async (text, environments, said) => {
  const refused = load(text, environments);
  await expect(refused).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    message: expect.stringContaining(said),
  });
  await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining('hunter2') });
});

test('beyond loopback is listened on only behind a proxy that encrypts', async () => {
  const { triggers } = await load('{listen: "0.0.0.0:9094", behindTlsProxy: true, hostnames: [vigie.test]}');
  expect(triggers).toMatchObject({ listen: { host: '0.0.0.0' }, hostnames: ['vigie.test'] });
});
