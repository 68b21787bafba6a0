import { expect, onTestFinished, test } from 'vitest';
import { standingBackups } from '../../../src/cli/runs/standing-backups.ts';
import { tickBackups } from '../../../src/cli/runs/tick-backups.ts';
import type { Vigie } from '../../../src/pipeline/vigie.ts';
import { eventually } from '../../support/eventually.ts';
import { nightly, startScheduledShop } from '../../support/scheduled-shop.ts';

const ticking = 'Ticking 1 schedule of backups: data in test.';

/** A worker's ticks, which end with the test. */
function startTicks(vigie: Vigie): { notes: string[]; failures: string[] } {
  const notes: string[] = [];
  const failures: string[] = [];
  const stop = new AbortController();
  const ticked = tickBackups(vigie, {
    note: line => notes.push(line),
    failed: error => failures.push(String(error)),
    signal: stop.signal,
  });
  onTestFinished(async () => {
    stop.abort();
    await ticked;
  });
  return { notes, failures };
}

test('two workers and a tick of cron at once begin a backup that has come round once', async () => {
  const shop = await startScheduledShop();
  onTestFinished(() => shop.stop());
  const other = await shop.reopen();
  onTestFinished(() => other.close());
  await shop.schedule(nightly);
  shop.passDays(1);
  const workers = [startTicks(shop.vigie), startTicks(other)];
  const byCron = await shop.tick();
  const told = (): string[] => [
    ...workers.flatMap(({ notes }) => notes.filter(line => line !== ticking)),
    ...byCron.ticked.map(({ set }) => `${set} by cron`),
  ];
  await eventually(() => expect(told()).toHaveLength(1));
  expect(await shop.copies()).toBe(1);
  expect((await shop.tick()).ticked).toEqual([]);
  expect(workers.flatMap(({ failures }) => failures)).toEqual([]);
});

test('what stands is named with when it comes round', async () => {
  const shop = await startScheduledShop();
  onTestFinished(() => shop.stop());
  expect(await standingBackups(shop.vigie)).toEqual([]);
  await shop.schedule(nightly);
  const [standing, ...others] = await standingBackups(shop.vigie);
  expect(standing).toMatchObject({ backup: 'data', environment: 'test', ...nightly });
  expect(others).toEqual([]);
  const ahead = Date.parse(standing?.next ?? '') - shop.now().getTime();
  expect(ahead).toBeGreaterThan(0);
  expect(ahead).toBeLessThanOrEqual(24 * 3_600_000);
});

test('what a worker began is told in a line, and what went wrong with its reason', async () => {
  const shop = await startScheduledShop();
  onTestFinished(() => shop.stop());
  await shop.schedule(nightly);
  shop.passDays(1);
  // What was approved is another set now.
  await shop.edit(text => text.replace('to: [disk]', 'to: [other]'));
  const { notes } = startTicks(shop.vigie);
  await eventually(() => expect(notes).toHaveLength(2));
  expect(notes[0]).toBe(ticking);
  expect(notes[1]).toMatch(/^data in test: run (plan changed|denied|approval required)/);
});
