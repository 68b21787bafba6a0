import { afterEach, expect, test } from 'vitest';
import { nightly, type ScheduledShop, startScheduledShop } from '../support/scheduled-shop.ts';
import { allowEverything } from '../support/start-vigie.ts';

let shop: ScheduledShop;
afterEach(() => shop.stop());

test('a schedule is approved once, and each of its runs goes under that approval', async () => {
  shop = await startScheduledShop();
  const asked = await shop.call('backups_schedule', { set: 'data', ...nightly });
  expect(asked.data).toMatchObject({ status: 'approval_required', risk: 'low' });
  expect(asked.text).toContain('Europe/Paris');
  const id = await shop.schedule(nightly);
  expect((await shop.tick()).ticked).toEqual([]);
  shop.passDays(1);
  const { ticked } = await shop.tick();
  expect(ticked).toMatchObject([{ set: 'data', did: [{ tool: 'backups_run', status: 'done' }] }]);
  expect(await shop.copies()).toBe(1);
  const [started] = await (await shop.vigie.store()).audit.list({ events: ['started'], limit: 1 });
  expect(started?.facts).toMatchObject({
    actor: { kind: 'trigger', name: 'schedule/data', via: 'tick' },
    onBehalfOf: 'carol',
    standing: { change: id, approver: 'alice' },
  });
  expect((await shop.tick()).ticked).toEqual([]);
});

test('a person is asked for a schedule also where policy allows everything', async () => {
  shop = await startScheduledShop({ policy: allowEverything });
  const asked = await shop.call('backups_schedule', { set: 'data', ...nightly });
  expect(asked.data).toMatchObject({ status: 'approval_required', rule: 'change.lasting' });
});
