import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';
import { scheduleChecks } from '../../../src/desk/checks/backup-schedules.ts';
import { nightly, type ScheduledShop, startScheduledShop } from '../../support/scheduled-shop.ts';

let shop: ScheduledShop;
afterEach(() => shop.stop());

async function lines(): Promise<string[]> {
  const vigie = await shop.vigie.inForce('read');
  const [environment] = vigie.environments;
  if (environment === undefined) throw new Error('there is no environment');
  const { signal } = new AbortController();
  const told: string[] = [];
  for await (const check of scheduleChecks(vigie, { environment, signal }))
    told.push(`${check.state}: ${check.what}${'todo' in check ? ` | ${check.todo}` : ''}`);
  return told;
}

test('doctor says what vigie.yaml wishes and nobody approved, and what is approved otherwise', async () => {
  shop = await startScheduledShop({ set: ', schedule: {cron: "0 3 * * *", timeZone: Europe/Paris}' });
  expect(await lines()).toEqual([
    'note: schedule of data: vigie.yaml wishes 0 3 * * * Europe/Paris: run; none is approved | Have it approved: vigie backups schedule data -e test',
  ]);
  await shop.schedule({ cron: '0 4 * * *' });
  expect(await lines()).toEqual([
    expect.stringMatching(/^note: .*wishes 0 3.*approved is 0 4/),
    expect.stringMatching(/^fine: schedule of data: 0 4 \* \* \* Europe\/Paris: run; next /),
  ]);
});

test('doctor says that no tick was seen once something is due, with the line for cron', async () => {
  shop = await startScheduledShop();
  await shop.schedule(nightly);
  expect(await lines()).toEqual([expect.stringMatching(/^fine/)]);
  shop.passDays(1);
  const [, missed] = await lines();
  expect(missed).toMatch(/^wrong: no tick seen for data since \S+; nobody ever called one here/);
  const line = missed?.split(': */5 * * * * ')[1]?.split(' (docs/')[0] ?? '';
  expect(line).toContain(` VIGIE_CONFIG=${shop.configFile} ${process.execPath} `);
  expect(line).toContain(` VIGIE_HOME=${shop.env['VIGIE_HOME']} `);
  expect(line).toMatch(/^PATH=\/.*\bbackups tick -e test$/);
  await shop.tick();
  expect(await lines()).toEqual([expect.stringMatching(/^fine/)]);
  const began = shop.now().getTime();
  shop.passDays(7);
  const [, week = ''] = await lines();
  expect(week).toMatch(/the last one was at /);
  // The first night that nobody came, and not the newest.
  const since = Date.parse(/since (\S+);/.exec(week)?.[1] ?? '');
  expect((since - began) / 86_400_000).toBeLessThan(1.1);
  const listed = await shop.call('backups_list', {});
  expect(listed.data).toMatchObject({ bad: true });
  expect(listed.text).toMatch(/nothing was begun; the last tick was at \S+\. Next: vigie doctor -e test/);
});

test('doctor and list say what a clock that was ahead left, and that a night was missed since', async () => {
  shop = await startScheduledShop();
  await shop.schedule(nightly);
  shop.passDays(3);
  await shop.tick();
  shop.passDays(-3);
  const [clock, fine] = await lines();
  expect(clock).toMatch(
    /^note: .*a clock that was ahead began it for \S+ already; it is not begun again then \|/,
  );
  expect(fine).toMatch(/^fine/);
  shop.passDays(1);
  expect((await lines()).at(-1)).toMatch(/^wrong: no tick seen for data since/);
  const listed = (await shop.call('backups_list', {})).text;
  expect(listed).toMatch(/data: due since \S+, and nothing was begun/);
  expect(listed).toContain('a clock that was ahead');
  expect((await shop.tick()).ticked).toHaveLength(1);
  const begunAhead = / for (\S+) already/.exec(clock ?? '')?.[1] ?? '';
  shop.passDays(1);
  await shop.tick();
  // What it says is next is none that will be passed over.
  expect((await lines()).at(-1)).not.toContain(begunAhead);
});

test('doctor says that one approved by a clock that was ahead begins nothing till then', async () => {
  shop = await startScheduledShop();
  shop.passDays(30);
  await shop.schedule(nightly);
  shop.passDays(-20);
  expect((await shop.tick()).ticked).toEqual([]);
  expect((await lines())[0]).toMatch(/^wrong: .*nothing is begun before \| Have it approved/);
});

test('doctor says beforehand that the runs of a schedule would be stopped, and why', async () => {
  shop = await startScheduledShop();
  await shop.schedule(nightly);
  await shop.edit(text => text.replace('to: [disk]', 'to: [other]'));
  expect(await lines()).toEqual([
    expect.stringMatching(
      /^wrong: schedule of data: its runs are stopped: data is no longer as it was when its schedule was approved: .+ → .+ \| Have it approved: vigie backups schedule data -e test$/,
    ),
  ]);
});

test('doctor says of a line that names no time that nothing is begun by it', async () => {
  shop = await startScheduledShop();
  await shop.schedule(nightly);
  const db = new Database(join(shop.place, 'home', 'vigie.db'));
  db.prepare(`UPDATE schedules SET schedule = replace(schedule, 'Europe/Paris', 'Mars/Olympus')`).run();
  db.close();
  expect(await lines()).toEqual([
    expect.stringMatching(/^wrong: schedule of data: nothing is begun by it: Mars\/Olympus is no time zone/),
  ]);
  expect((await shop.call('backups_list', {})).text).toContain(
    'nothing is begun by its schedule: Mars/Olympus',
  );
  await shop.schedule(nightly);
  expect(await lines()).toEqual([expect.stringMatching(/^fine/)]);
});

test('doctor says what broke off or failed, and what stands of a set that is gone', async () => {
  shop = await startScheduledShop();
  await shop.schedule(nightly);
  shop.passDays(1);
  await shop.edit(text => text.replace(/directory: \S+other/, 'directory: /nowhere'));
  const store = await shop.vigie.store();
  const turn = { environment: 'test', owner: 'killed', leaseMs: 1 };
  await store.moments.takeTurn(turn);
  const moment = shop.now().toISOString();
  await store.moments.begin(
    { environment: 'test', name: 'data' },
    { moment, changeId: 'a2345678', owner: 'killed' },
  );
  const { broken } = await shop.tick();
  expect(broken).toEqual([{ environment: 'test', set: 'data', moment }]);
  expect((await shop.tick()).broken).toEqual([]);
  expect(await lines()).toEqual([
    `wrong: schedule of data: what it began for ${moment} broke off | See why: vigie changes list -e test`,
  ]);
  shop.passDays(1);
  await shop.edit(text => text.replace('live.db', 'none.db'));
  await shop.schedule(nightly);
  shop.passDays(1);
  expect((await shop.tick()).ticked).toMatchObject([{ did: [{ status: 'failed' }] }]);
  expect(await lines()).toEqual([expect.stringMatching(/what it began for \S+ failed \| See why/)]);
  await shop.edit(text => text.replace('        data:', '        renamed:'));
  expect(await lines()).toContain(
    'wrong: schedule of data: it stands, and vigie.yaml has no such set | Remove it: vigie backups schedule data --remove -e test',
  );
});

test('backups_list shows when each set is next and was last backed up by itself', async () => {
  shop = await startScheduledShop();
  expect((await shop.call('backups_list', {})).text).not.toContain('NEXT');
  await shop.schedule(nightly);
  shop.passDays(1);
  await shop.tick();
  const listed = await shop.call('backups_list', {});
  expect(listed.text).toMatch(/RULE-3-2-1 +NEXT +LAST\n/);
  expect(listed.text).toMatch(/data .* 20\d\d-\d\d-\d\dT\d\d:00Z +20\d\d-\d\d-\d\dT\d\d:00Z done\n/);
  expect(listed.data['sets']).toMatchObject([
    { set: 'data', schedule: '0 3 * * * Europe/Paris: run', lastRun: { state: 'done' } },
  ]);
});
