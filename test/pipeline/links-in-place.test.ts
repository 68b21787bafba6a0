import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';
import { nightly, type ScheduledShop, startScheduledShop } from '../support/scheduled-shop.ts';

// Whoever may write to a folder on the way, and has no account of Vigie.

let shop: ScheduledShop;
const at = (name: string): string => join(shop.place, name);

afterEach(() => shop.stop());

async function nextNight(): Promise<string> {
  shop.passDays(1);
  return JSON.stringify((await shop.tick()).ticked);
}

test('a destination that became a link gets no copy of a schedule that was approved for the folder', async () => {
  shop = await startScheduledShop();
  await shop.schedule(nightly);
  mkdirSync(at('loot'));
  renameSync(at('disk'), at('was'));
  symlinkSync(at('loot'), at('disk'));
  expect(await nextNight()).not.toContain('"done"');
  expect(readdirSync(at('loot'))).toEqual([]);
  rmSync(at('disk'));
  renameSync(at('was'), at('disk'));
  expect(await nextNight()).toContain('"done"');
});

test('a folder of a set that became a link gets no copy', async () => {
  shop = await startScheduledShop();
  await shop.schedule(nightly);
  mkdirSync(at('loot'));
  symlinkSync(at('loot'), at('disk/data'));
  expect(await nextNight()).not.toContain('"done"');
  expect(readdirSync(at('loot'))).toEqual([]);
});

test('a destination that was a link from the start is used as it led then, and no other way', async () => {
  shop = await startScheduledShop();
  for (const folder of ['real', 'loot']) mkdirSync(at(folder));
  rmSync(at('disk'), { recursive: true });
  symlinkSync(at('real'), at('disk'));
  await shop.schedule(nightly);
  expect(await nextNight()).toContain('"done"');
  rmSync(at('disk'));
  symlinkSync(at('loot'), at('disk'));
  expect(await nextNight()).not.toContain('"done"');
  expect(readdirSync(at('loot'))).toEqual([]);
});

test.each(['other.db', 'home/vigie.db'])('a database that became a link to %s is not copied', async name => {
  shop = await startScheduledShop();
  await shop.schedule(nightly);
  const other = new Database(at('other.db'));
  other.exec('CREATE TABLE secrets (id INTEGER PRIMARY KEY)');
  other.close();
  rmSync(at('live.db'));
  symlinkSync(at(name), at('live.db'));
  expect(await nextNight()).not.toContain('"done"');
  expect(await shop.copies()).toBe(0);
});
