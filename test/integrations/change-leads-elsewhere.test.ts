import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { signedText } from '../../src/core/approval.ts';
import { reviewTicket, settle } from '../../src/pipeline/settle.ts';
import { idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';
import { startAlertmanager } from './support/alertmanager.ts';
import { postgresPrograms, type RealPostgres, startPostgres, unlessNoPostgres } from './support/postgres.ts';

let server: RealPostgres;
let other: RealPostgres;
let alertmanager: Awaited<ReturnType<typeof startAlertmanager>>;
let dir: string;
let vigie: TestVigie;

async function start(policy: string): Promise<void> {
  vigie = await startVigie({
    policy: `${policy}
    secrets: {shop-password: "file:${join(dir, 'password')}"}
    metrics:
      alertmanager: {url: "${alertmanager.url}", tenant: staging}
    backups:
      destinations:
        disk: {directory: ${join(dir, 'disk')}, media: disk}
      sets:
        shop-db: {engine: postgres, database: shop, host: 127.0.0.1, port: ${server.port}, user: postgres, password: shop-password, to: [disk]}`,
  });
}

const askAll = '{low: ask, medium: ask, high: ask}';
const askHigh = '{low: allow, medium: allow, high: ask}';

/** What the approver sees and gets whose vigie.yaml has other words now than when the change was asked for. */
async function approveElsewhere(id: string, words: { were: string; are: string }) {
  const text = readFileSync(vigie.configFile, 'utf8');
  expect(text).toContain(words.were);
  writeFileSync(vigie.configFile, text.replaceAll(words.were, words.are), { mode: 0o600 });
  const elsewhere = await vigie.reopen();
  try {
    const { signal } = new AbortController();
    const review = await reviewTicket(elsewhere, { id, person: 'alice', signal });
    if ('result' in review) return review.result;
    const { payload } = review.review;
    const signature = vigie.key.sign(signedText('approval', payload));
    return await settle(elsewhere, {
      id,
      by: { payload, signature, publicKey: vigie.key.publicKey },
      signal,
    });
  } finally {
    await elsewhere.close();
  }
}

async function screenOf(id: string): Promise<string> {
  const here = await vigie.reopen();
  try {
    const { signal } = new AbortController();
    const review = await reviewTicket(here, { id, person: 'alice', signal });
    if ('result' in review) throw new Error(review.result.text);
    return review.review.screen;
  } finally {
    await here.close();
  }
}

describe.skipIf(postgresPrograms() === undefined)(
  `what was approved for one place is done at no other${unlessNoPostgres()}`,
  () => {
    beforeAll(async () => {
      [server, other, alertmanager] = await Promise.all([
        startPostgres(),
        startPostgres(),
        startAlertmanager(),
      ]);
      for (const each of [server, other]) each.sql('CREATE DATABASE shop');
      server.sql('CREATE TABLE orders (id int); INSERT INTO orders SELECT generate_series(1, 50)', 'shop');
    });
    afterAll(async () => {
      server.close();
      other.close();
      await alertmanager.close();
    });
    beforeEach(() => {
      dir = mkdtempSync(join(tmpdir(), 'elsewhere-'));
      for (const folder of ['disk', 'elsewhere']) mkdirSync(join(dir, folder));
      writeFileSync(join(dir, 'password'), server.password, { mode: 0o600 });
    });
    afterEach(async () => {
      await vigie.stop();
      rmSync(dir, { recursive: true, force: true });
    });

    test('a backup whose destination has another folder now is not made', async () => {
      await start(askAll);
      const asked = await vigie.call('backups_run', { set: 'shop-db' });
      const words = { were: join(dir, 'disk'), are: join(dir, 'elsewhere') };
      expect((await approveElsewhere(idOf(asked), words)).data).toMatchObject({ status: 'plan_changed' });
      expect([...readdirSync(words.were), ...readdirSync(words.are)]).toEqual([]);
    });

    test('a restore whose set leads to another server now is made on neither', async () => {
      await start(askHigh);
      await vigie.call('backups_run', { set: 'shop-db' });
      const asked = await vigie.call('backups_restore', { set: 'shop-db', into: 'fresh' });
      const words = { were: `port: ${server.port}`, are: `port: ${other.port}` };
      expect((await approveElsewhere(idOf(asked), words)).data).toMatchObject({ status: 'plan_changed' });
      for (const each of [server, other])
        expect(each.sql("SELECT count(*) FROM pg_database WHERE datname = 'fresh'")).toBe('0');
    });

    test('a silence for one tenant is made for no other', async () => {
      await start(askAll);
      const asked = await vigie.call('metrics_silence', { matchers: ['severity=page'], comment: 'a test' });
      const words = { were: 'tenant: staging', are: 'tenant: production' };
      expect((await approveElsewhere(idOf(asked), words)).data).toMatchObject({ status: 'plan_changed' });
      const silences = await fetch(`${alertmanager.url}/api/v2/silences`);
      expect(await silences.json()).toEqual([]);
    });

    test('who approves sees where it leads, and no cluster that nothing touches', async () => {
      await start(askAll);
      const backup = await screenOf(idOf(await vigie.call('backups_run', { set: 'shop-db' })));
      expect(backup).toContain(`System       destination disk: folder ${join(dir, 'disk')}`);
      expect(backup).toMatch(new RegExp(`System +set shop-db: postgres, .*port ${server.port}`));
      expect(backup).not.toMatch(/^(Cluster|As) /m);
      const asked = await vigie.call('metrics_silence', { matchers: ['severity=page'], comment: 'a test' });
      const silence = await screenOf(idOf(asked));
      expect(silence).toContain(`System       Alertmanager ${alertmanager.url} (tenant staging)`);
      expect(silence).not.toMatch(/^(Cluster|As) /m);
      expect(silence).toMatch(/Checked +NOT by the server: Alertmanager has no dry run/);
    });
  },
);
