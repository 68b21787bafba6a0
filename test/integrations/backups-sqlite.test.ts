import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { allowAgainAndAgain, idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';

let dir: string;
let shop: TestVigie;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sq-'));
  mkdirSync(join(dir, 'disk'));
  const live = new Database(join(dir, 'live.db'));
  live.exec('PRAGMA journal_mode = WAL; CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL)');
  live.exec('INSERT INTO orders (total) VALUES (1.5), (2.5), (3.5)');
  live.close();
  shop = await startVigie({
    policy: `${allowAgainAndAgain}
    backups:
      destinations:
        disk: {directory: ${join(dir, 'disk')}, media: disk}
      sets:
        data: {engine: sqlite, path: ${join(dir, 'live.db')}, to: [disk]}
        none: {engine: sqlite, path: ${join(dir, 'none.db')}, to: [disk]}`,
  });
});
afterEach(async () => {
  await shop.stop();
  rmSync(dir, { recursive: true, force: true });
});

test('a database of SQLite is backed up, proven and restored into a new folder, and an undo takes that away', async () => {
  expect((await shop.call('backups_run', { set: 'data' })).data).toMatchObject({ status: 'done' });
  expect((await shop.call('backups_drill', { set: 'data' })).data).toMatchObject({ status: 'done' });
  const into = join(dir, 'again');
  const part = await shop.call('backups_restore', { set: 'data', into, path: '/srv/uploads' });
  expect(part.data).toMatchObject({ code: 'INVALID_INPUT' });
  expect(part.text).toContain('no path can be restored alone');
  const restored = await shop.call('backups_restore', { set: 'data', into });
  expect(restored.data).toMatchObject({ status: 'done' });
  expect(readdirSync(into).filter(name => !name.startsWith('.'))).toEqual(['database.sqlite']);
  // To read it there would make files beside it, after which it is no longer as it was restored.
  copyFileSync(join(into, 'database.sqlite'), join(dir, 'seen.db'));
  const back = new Database(join(dir, 'seen.db'), { readonly: true });
  expect(back.prepare('SELECT sum(total) AS sum FROM orders').get()).toEqual({ sum: 7.5 });
  back.close();
  expect((await shop.call('changes_undo', { id: idOf(restored) })).data).toMatchObject({ status: 'done' });
  expect(existsSync(into)).toBe(false);
});

test('a copy of what is not there fails with what SQLite says, and leaves none', async () => {
  const { data, text } = await shop.call('backups_run', { set: 'none' });
  expect(data).toMatchObject({ status: 'failed' });
  expect(text).toContain('none.db: unable to open database file');
  expect(existsSync(join(dir, 'none.db'))).toBe(false);
  expect((await shop.call('backups_list', { set: 'none' })).data).toMatchObject({ total: 0 });
});
