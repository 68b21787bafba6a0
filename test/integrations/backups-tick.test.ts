import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { staleLockMs } from '../../src/core/copy-lock.ts';
import { isObject } from '../../src/core/json.ts';
import { nightly, type ScheduledShop, startScheduledShop } from '../support/scheduled-shop.ts';

let shop: ScheduledShop;
beforeEach(async () => {
  shop = await startScheduledShop();
  await shop.schedule(nightly);
  shop.passDays(1);
});
afterEach(() => shop.stop());

/** `vigie backups tick` of another process, by the clock of the shop. */
function tickElsewhere(): ChildProcess {
  const aheadMs = shop.now().getTime() - Date.now();
  return fork(join(import.meta.dirname, 'processes', 'tick-and-say.ts'), [shop.configFile, String(aheadMs)], {
    env: shop.env,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

async function reportOf(child: ChildProcess): Promise<{ ticked: unknown[]; busy: string[] }> {
  const report = await new Promise<unknown>((resolve, reject) => {
    child.on('message', message => {
      if (isObject(message) && 'report' in message) resolve(message['report']);
    });
    child.on('exit', code => reject(new Error(`it ended with ${code}`)));
  });
  return report as { ticked: unknown[]; busy: string[] };
}

/** What a lock looks like whose holder is gone for long. */
function ageLock(): void {
  const file = join(shop.place, 'disk', 'data', 'lock.json');
  if (!existsSync(file)) return;
  const lock: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isObject(lock)) throw new Error('that is no lock');
  const renewedAt = new Date(Date.now() - 2 * staleLockMs).toISOString();
  writeFileSync(file, JSON.stringify({ ...lock, renewedAt }));
}

test('of three processes that tick at once one does what is due', async () => {
  const reports = await Promise.all([1, 2, 3].map(() => reportOf(tickElsewhere())));
  expect(reports.flatMap(({ ticked }) => ticked)).toHaveLength(1);
  expect(await shop.copies()).toBe(1);
});

test('what a killed tick began is told and not repeated, and the next time goes on', async () => {
  const child = tickElsewhere();
  const killed = once(child, 'exit');
  child.on('message', message => {
    if (isObject(message) && 'step' in message) child.kill('SIGKILL');
  });
  await killed;
  expect(child.signalCode).toBe('SIGKILL');
  // While its turn may still be renewed nobody else goes through the environment.
  expect(await shop.tick()).toMatchObject({ ticked: [], broken: [], busy: ['test'] });
  shop.passDays(1 / 24 / 60);
  const after = await shop.tick();
  expect(after).toMatchObject({ ticked: [], broken: [{ set: 'data' }], busy: [] });
  expect(await shop.tick()).toMatchObject({ ticked: [], broken: [], busy: [] });
  ageLock();
  shop.passDays(1);
  expect(await shop.tick()).toMatchObject({ ticked: [{ did: [{ status: 'done' }] }], broken: [] });
  expect((await shop.call('backups_list', {})).data['sets']).toMatchObject([
    { copies: 1, lastRun: { state: 'done' } },
  ]);
});
