import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { allowAgainAndAgain, idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';
import { postgresPrograms, type RealPostgres, startPostgres, unlessNoPostgres } from './support/postgres.ts';

let server: RealPostgres;
let dir: string;
let shop: TestVigie;

function databases(): string[] {
  const names = server.sql(
    "SELECT datname FROM pg_database WHERE datname NOT IN ('postgres', 'template0', 'template1') ORDER BY 1",
  );
  return names.split('\n');
}

function ordersIn(database: string): string {
  return server.sql('SELECT count(*) FROM orders', database);
}

async function start(policy = allowAgainAndAgain): Promise<void> {
  shop = await startVigie({
    policy: `${policy}
    secrets: {shop-password: "file:${join(dir, 'password')}"}
    backups:
      destinations:
        disk: {directory: ${join(dir, 'disk')}, media: disk}
      sets:
        shop-db: {engine: postgres, database: shop, host: 127.0.0.1, port: ${server.port}, user: postgres, password: shop-password, to: [disk]}`,
  });
}

describe.skipIf(postgresPrograms() === undefined)(
  `restores of a real PostgreSQL${unlessNoPostgres()}`,
  () => {
    beforeAll(async () => {
      server = await startPostgres();
    });
    afterAll(() => server.close());
    beforeEach(() => {
      dir = mkdtempSync(join(tmpdir(), 'restores-'));
      mkdirSync(join(dir, 'disk'));
      writeFileSync(join(dir, 'password'), server.password, { mode: 0o600 });
      server.sql('CREATE DATABASE shop');
      server.sql('CREATE TABLE orders (id int); INSERT INTO orders SELECT generate_series(1, 5000)', 'shop');
    });
    afterEach(async () => {
      await shop.stop();
      for (const name of databases()) server.sql(`DROP DATABASE "${name}" WITH (FORCE)`);
      rmSync(dir, { recursive: true, force: true });
    });

    test('a copy goes into a new database, and an undo drops it while nobody has written there', async () => {
      await start();
      await shop.call('backups_run', { set: 'shop-db' });
      const restored = await shop.call('backups_restore', { set: 'shop-db', into: 'shop_again' });
      expect(restored.data).toMatchObject({ status: 'done' });
      expect(databases()).toEqual(['shop', 'shop_again']);
      expect(ordersIn('shop_again')).toBe('5000');
      const undone = await shop.call('changes_undo', { id: idOf(restored) });
      expect(undone.data).toMatchObject({ status: 'done' });
      expect(databases()).toEqual(['shop']);
    });

    test('what was written into a restored database is not dropped by an undo', async () => {
      await start();
      await shop.call('backups_run', { set: 'shop-db' });
      const restored = await shop.call('backups_restore', { set: 'shop-db', into: 'shop_again' });
      server.sql('INSERT INTO orders VALUES (0)', 'shop_again');
      const undone = await shop.call('changes_undo', { id: idOf(restored) });
      expect(undone.data).toMatchObject({ code: 'CONFLICT' });
      expect(undone.text).toContain('public.orders');
      expect(ordersIn('shop_again')).toBe('5001');
    });

    test.each([
      ['a function', 'CREATE FUNCTION total() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$'],
      ['a view', 'CREATE VIEW recent AS SELECT id FROM orders'],
      ['a sequence that counted on', "SELECT nextval('receipts')"],
      ['a right that was given', 'GRANT SELECT ON orders TO PUBLIC'],
    ])('an undo does not drop what others made since: %s', async (_what, made) => {
      server.sql('CREATE SEQUENCE receipts', 'shop');
      await start();
      await shop.call('backups_run', { set: 'shop-db' });
      const restored = await shop.call('backups_restore', { set: 'shop-db', into: 'shop_again' });
      // What the server does by itself is nobody's work.
      server.sql('VACUUM ANALYZE', 'shop_again');
      server.sql(made, 'shop_again');
      const undone = await shop.call('changes_undo', { id: idOf(restored) });
      expect(undone.data).toMatchObject({ code: 'CONFLICT' });
      expect(undone.text).toContain('are not as they were restored');
      expect(databases()).toContain('shop_again');
    });

    test('an undo drops a restored database that the server alone has tidied', async () => {
      await start();
      await shop.call('backups_run', { set: 'shop-db' });
      const restored = await shop.call('backups_restore', { set: 'shop-db', into: 'shop_again' });
      server.sql('VACUUM FULL', 'shop_again');
      server.sql('VACUUM FREEZE ANALYZE', 'shop_again');
      const undone = await shop.call('changes_undo', { id: idOf(restored) });
      expect(undone.data).toMatchObject({ status: 'done' });
      expect(databases()).toEqual(['shop']);
    });

    test('nothing is restored over a database that lives, unless that is said; then it is kept aside, and an undo swaps back', async () => {
      await start();
      await shop.call('backups_run', { set: 'shop-db' });
      server.sql('INSERT INTO orders VALUES (0)', 'shop');
      const refused = await shop.call('backups_restore', { set: 'shop-db', into: 'shop' });
      expect(refused.data).toMatchObject({ code: 'CONFLICT' });
      expect(ordersIn('shop')).toBe('5001');

      const restored = await shop.call('backups_restore', { set: 'shop-db', into: 'shop', overwrite: true });
      expect(restored.data).toMatchObject({ status: 'done' });
      expect(ordersIn('shop')).toBe('5000');
      const [, aside = ''] = databases();
      expect(aside).toMatch(/^shop_before_/);
      expect(ordersIn(aside)).toBe('5001');

      await shop.call('changes_undo', { id: idOf(restored) });
      expect(databases()).toEqual(['shop']);
      expect(ordersIn('shop')).toBe('5001');
    });

    test('who approves sees what would go out of sight, and that it is of high risk', async () => {
      await start('{low: allow, medium: allow, high: ask}');
      await shop.call('backups_run', { set: 'shop-db' });
      server.sql('ANALYZE', 'shop');
      const asked = await shop.call('backups_restore', { set: 'shop-db', into: 'shop', overwrite: true });
      expect(asked.data).toMatchObject({ status: 'approval_required', risk: 'high' });
      expect(asked.text).toMatch(/There now: database shop: .*\d+ (k|M)B, \d+ sessions/);
      expect(asked.text).toContain('There now: public.orders about 5000 rows');
      expect(asked.text).toContain('No drill has proven this copy.');
      expect(asked.text).toContain('The user of this set is a superuser');
      expect(asked.text).toContain('pg_restore');
      // The server is there: none is made for it.
      expect(asked.text).not.toContain('initdb');
      expect(databases()).toEqual(['shop']);
    });

    test('a moment is refused where no copy reaches any', async () => {
      await start();
      await shop.call('backups_run', { set: 'shop-db' });
      const refused = await shop.call('backups_restore', {
        set: 'shop-db',
        into: 'x',
        pointInTime: '2026-01-01T00:00:00Z',
      });
      expect(refused.data).toMatchObject({ code: 'INVALID_INPUT' });
      expect(refused.text).toContain('reaches any moment but its own end');
    });
  },
);
