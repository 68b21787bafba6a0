import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, test } from 'vitest';
import type { Actor } from '../../src/core/actor.ts';
import { reviewTicket } from '../../src/pipeline/settle.ts';
import { tick } from '../../src/pipeline/tick.ts';
import { nightly, type ScheduledShop, startScheduledShop } from '../support/scheduled-shop.ts';
import { agent, allowEverything, idOf } from '../support/start-vigie.ts';

let shop: ScheduledShop;
afterEach(() => shop.stop());

test('a schedule is approved once, and each of its runs goes under that approval', async () => {
  shop = await startScheduledShop();
  const asked = await shop.call('backups_schedule', { set: 'data', ...nightly });
  expect(asked.data).toMatchObject({ status: 'approval_required', risk: 'low' });
  expect(asked.text).toContain('03:00 Europe/Paris');
  expect(asked.text).toContain('approves every run of it');
  const id = await shop.schedule(nightly);
  expect((await shop.tick()).ticked).toEqual([]);
  for (const copies of [1, 2]) {
    shop.passDays(1);
    const { ticked } = await shop.tick();
    expect(ticked).toMatchObject([{ set: 'data', did: [{ tool: 'backups_run', status: 'done' }] }]);
    expect(await shop.copies()).toBe(copies);
  }
  const [started] = await (await shop.vigie.store()).audit.list({ events: ['started'], limit: 1 });
  expect(started?.facts).toMatchObject({
    actor: { kind: 'trigger', name: 'schedule/data', via: 'tick' },
    onBehalfOf: 'carol',
    standing: { change: id, approver: 'alice' },
  });
  const { changes } = await shop.vigie.store();
  expect((await changes.list({ limit: 1 }))[0]).toMatchObject({ decidedBy: 'alice', state: 'done' });
});

test('what is not ticked for a month runs once, and no moment is begun twice whatever the clock does', async () => {
  shop = await startScheduledShop();
  await shop.schedule(nightly);
  shop.passDays(30);
  expect((await shop.tick()).ticked).toHaveLength(1);
  expect((await shop.tick()).ticked).toHaveLength(0);
  shop.passDays(-20);
  expect((await shop.tick()).ticked).toHaveLength(1);
  expect((await shop.tick()).ticked).toHaveLength(0);
  shop.passDays(20);
  expect((await shop.tick()).ticked).toHaveLength(0);
  shop.passDays(1);
  expect((await shop.tick()).ticked).toHaveLength(1);
  expect(await shop.copies()).toBe(3);
});

test('a first tick by a clock that is far ahead, and planted moments, keep no night back', async () => {
  shop = await startScheduledShop();
  await shop.schedule(nightly);
  shop.passDays(60);
  expect((await shop.tick()).ticked).toHaveLength(1);
  shop.passDays(-60);
  const db = new Database(join(shop.place, 'home', 'vigie.db'));
  const plant = db.prepare(
    "INSERT INTO moments SELECT environment, name, ?, change_id, 'done', started_at, ended_at, 1, said FROM moments LIMIT 1",
  );
  for (let days = 0; days < 1_500; days += 1)
    plant.run(`${2100 + Math.floor(days / 28)}-01-${10 + (days % 28)}`);
  db.close();
  for (let night = 0; night < 3; night += 1) {
    shop.passDays(1);
    expect((await shop.tick()).ticked).toMatchObject([{ did: [{ status: 'done' }] }]);
    expect((await shop.tick()).ticked).toEqual([]);
  }
});

test('the drill of a night whose run fails comes the next night', async () => {
  shop = await startScheduledShop();
  await shop.schedule({ ...nightly, does: ['drill/3'] });
  const live = join(shop.place, 'live.db');
  const whole = readFileSync(live);
  const did: string[] = [];
  for (let night = 1; night <= 7; night += 1) {
    writeFileSync(live, night === 3 ? 'no database' : whole);
    shop.passDays(1);
    const [ticked] = (await shop.tick()).ticked;
    did.push(ticked?.did.map(({ tool, status }) => `${tool.slice(8)} ${status}`).join() ?? 'nothing');
  }
  const drilled = 'run done,drill done';
  expect(did).toEqual(['run done', 'run done', 'run failed', drilled, 'run done', 'run done', drilled]);
});

test('a tick whose turn another took goes on with nothing, and says so', async () => {
  shop = await startScheduledShop({ set: ', retention: {last: 1}' });
  await shop.schedule({ ...nightly, does: ['drill', 'prune'] });
  shop.passDays(1);
  await shop.tick();
  shop.passDays(1);
  let taken = false;
  const report = await tick(shop.vigie, {
    dryRun: false,
    signal: new AbortController().signal,
    // As if this process had been stopped for longer than its lease.
    progress: () => {
      if (taken) return;
      taken = true;
      const db = new Database(join(shop.place, 'home', 'vigie.db'));
      db.exec(
        "UPDATE ticks SET owner = 'other'; UPDATE moments SET state = 'broken off' WHERE state = 'running'",
      );
      db.close();
    },
  });
  expect(taken).toBe(true);
  expect(report).toMatchObject({
    ticked: [{ did: [{ tool: 'backups_run', status: 'done' }] }],
    broken: [{ environment: 'test', set: 'data' }],
  });
  expect(report.ticked[0]?.did).toHaveLength(1);
  expect(await shop.copies()).toBe(2);
});

test('of two ticks at once one does what is due', async () => {
  shop = await startScheduledShop();
  await shop.schedule(nightly);
  shop.passDays(1);
  const other = await shop.reopen();
  const reports = await Promise.all([shop.tick(), shop.tick({ vigie: other }), shop.tick()]);
  await other.close();
  expect(reports.flatMap(({ ticked }) => ticked)).toHaveLength(1);
  expect(await shop.copies()).toBe(1);
});

test('it drills each so many runs and prunes by the retention, in that order', async () => {
  shop = await startScheduledShop({ set: ', retention: {last: 1}' });
  const asked = await shop.call('backups_schedule', {
    set: 'data',
    ...nightly,
    does: ['prune', 'drill/2'],
  });
  expect(asked.data).toMatchObject({ risk: 'high' });
  await shop.approve(idOf(asked));
  const did: string[][] = [];
  for (let night = 0; night < 4; night += 1) {
    shop.passDays(1);
    const { ticked } = await shop.tick();
    did.push(ticked.flatMap(each => each.did.map(({ tool, status }) => `${tool} ${status}`)));
  }
  expect(did).toEqual([
    ['backups_run done', 'backups_prune nothing_to_do'],
    ['backups_run done', 'backups_drill done', 'backups_prune done'],
    ['backups_run done', 'backups_prune nothing_to_do'],
    ['backups_run done', 'backups_drill done', 'backups_prune done'],
  ]);
});

test('a dry tick says what would be done, and does nothing', async () => {
  shop = await startScheduledShop();
  await shop.schedule(nightly);
  shop.passDays(1);
  const report = await shop.tick({ dryRun: true });
  expect(report).toEqual({
    ticked: [],
    due: [{ environment: 'test', set: 'data', moment: expect.any(String), tools: ['backups_run'] }],
    failed: [],
    broken: [],
    busy: [],
    left: 0,
  });
  expect(await shop.copies()).toBe(0);
  expect((await shop.tick()).ticked).toHaveLength(1);
});

describe('creating, changing and removing one', () => {
  test('whoever approves reads where it leads, what each run does and when it comes round', async () => {
    shop = await startScheduledShop({ set: ', retention: {last: 3}' });
    const asked = await shop.call('backups_schedule', { set: 'data', ...nightly, does: ['drill', 'prune'] });
    const { signal } = new AbortController();
    const opened = await reviewTicket(shop.vigie, { id: idOf(asked), person: 'alice', signal });
    if ('result' in opened) throw new Error(opened.result.text);
    const { screen, typeToConfirm } = opened.review;
    expect(typeToConfirm).toBe('data');
    for (const line of [
      'System       set data: sqlite, ',
      `System       destination disk: folder ${shop.place}/disk`,
      'Checked      by Vigie, against vigie.yaml',
      'deletes copies for good by itself',
      '+  prune: "copies that the retention does not keep: last 3"',
      '03:00 Europe/Paris (20',
    ])
      expect(screen).toContain(line);
  });

  test('a person is asked also where policy allows everything', async () => {
    shop = await startScheduledShop({ policy: allowEverything });
    const asked = await shop.call('backups_schedule', { set: 'data', ...nightly });
    expect(asked.data).toMatchObject({ status: 'approval_required', rule: 'change.lasting' });
  });

  test('and so is one before it is removed, of which nobody else would hear', async () => {
    shop = await startScheduledShop({ policy: allowEverything });
    await shop.schedule(nightly);
    const asked = await shop.call('backups_schedule', { set: 'data', remove: true });
    expect(asked.data).toMatchObject({ status: 'approval_required', rule: 'change.lasting' });
    expect(await (await shop.vigie.store()).schedulesOf('test').list()).toHaveLength(1);
    expect((await shop.approve(idOf(asked))).status).toBe('done');
    expect(await (await shop.vigie.store()).schedulesOf('test').list()).toEqual([]);
  });

  test("a client's own prompt is no approval of it", async () => {
    shop = await startScheduledShop({ policy: '{low: ask, medium: ask, high: ask, elicitation: true}' });
    let asked = 0;
    const elicit = async () => {
      asked += 1;
      return 'accept' as const;
    };
    const result = await shop.call('backups_schedule', { set: 'data', ...nightly }, { elicit });
    expect(result.data).toMatchObject({ status: 'approval_required' });
    expect(asked).toBe(0);
  });

  test('without fields it is what vigie.yaml wishes, and wishing alone does nothing', async () => {
    shop = await startScheduledShop({
      set: ', schedule: {cron: "0 3 * * *", timeZone: Europe/Paris, does: [run, drill/7]}',
    });
    shop.passDays(1);
    expect((await shop.tick()).ticked).toEqual([]);
    const asked = await shop.call('backups_schedule', { set: 'data' });
    expect(asked.data).toMatchObject({ status: 'approval_required', risk: 'medium' });
    expect(asked.text).toContain('drill/7');
  });

  test('a time that never comes, a zone that there is not and a line of six fields are refused', async () => {
    shop = await startScheduledShop();
    for (const wrong of [
      { cron: '0 3 31 2 *', timeZone: 'UTC' },
      { cron: '0 3 * * *', timeZone: 'Mars/Olympus' },
      { cron: '0 0 3 * * *', timeZone: 'UTC' },
      { cron: '@daily', timeZone: 'UTC' },
      { cron: '0 3 * * *' },
      { timeZone: 'UTC' },
      { cron: '0 3 * * *', timeZone: 'UTC', does: ['drill', 'drill/3'] },
    ]) {
      const { data } = await shop.call('backups_schedule', { set: 'data', ...wrong });
      expect(data, JSON.stringify(wrong)).toMatchObject({ status: 'failed', code: 'INVALID_INPUT' });
    }
  });

  test('it is undone to the one before, and its removal is asked for and undone by an approval', async () => {
    shop = await startScheduledShop();
    await shop.schedule(nightly);
    const second = await shop.schedule({ ...nightly, cron: '0 4 * * *' });
    const undone = await shop.call('changes_undo', { id: second });
    expect(undone.data).toMatchObject({ status: 'approval_required' });
    expect((await shop.approve(idOf(undone))).status).toBe('done');
    const schedules = (await shop.vigie.store()).schedulesOf('test');
    expect(await schedules.list()).toMatchObject([{ name: 'data', schedule: { cron: '0 3 * * *' } }]);
    const removed = await shop.schedule({ remove: true });
    expect(await schedules.list()).toEqual([]);
    shop.passDays(1);
    expect((await shop.tick()).ticked).toEqual([]);
    const back = await shop.call('changes_undo', { id: removed });
    expect(back.data).toMatchObject({ status: 'approval_required' });
    await shop.approve(idOf(back));
    shop.passDays(1);
    expect((await shop.tick()).ticked).toHaveLength(1);
  });

  test('the undo of one that was changed since is a conflict', async () => {
    shop = await startScheduledShop();
    const first = await shop.schedule(nightly);
    await shop.schedule({ ...nightly, cron: '0 4 * * *' });
    expect((await shop.call('changes_undo', { id: first })).data).toMatchObject({ code: 'CONFLICT' });
  });

  test('one of a set that vigie.yaml names no more can be removed', async () => {
    shop = await startScheduledShop();
    await shop.schedule(nightly);
    await shop.edit(text => text.replace('        data:', '        renamed:'));
    await shop.schedule({ remove: true });
    expect(await (await shop.vigie.store()).schedulesOf('test').list()).toEqual([]);
  });
});

describe('an approval stands no longer', () => {
  /** What a tick says a day later. */
  async function nextNight(): Promise<string> {
    shop.passDays(1);
    const [ticked] = (await shop.tick()).ticked;
    const [did] = ticked?.did ?? [];
    return `${did?.status}: ${did?.text}`;
  }

  test.each([
    ['its source', (text: string) => text.replace('live.db', 'other.db')],
    ['its destinations', (text: string) => text.replace('to: [disk]', 'to: [disk, other]')],
    ['where a destination leads', (text: string) => text.replace('/disk, media', '/other, media')],
    ['where it restores', (text: string) => text.replace('to: [disk]', 'to: [disk], scratch: /srv/scratch')],
  ])('once %s is another, also when that was accepted', async (_what, change) => {
    shop = await startScheduledShop({ policy: allowEverything });
    await shop.schedule(nightly);
    await shop.edit(change);
    expect(await nextNight()).toMatch(/^plan_changed: .*no longer as it was when its schedule was approved/);
    expect((await shop.call('backups_list', { set: 'data' })).data['total']).toBe(0);
    // The moment is over: nothing is begun for it again.
    expect((await shop.tick()).ticked).toEqual([]);
    await shop.schedule(nightly);
  });

  test('while vigie.yaml is edited and nobody accepted it; what else stands there may change', async () => {
    shop = await startScheduledShop();
    await shop.schedule(nightly);
    await shop.edit(text => text.replace(', media: disk}', ', media: tape}'), {
      accept: false,
    });
    const told = await nextNight();
    expect(told).toMatch(/^plan_changed: .*nobody has accepted it/);
    expect(told).toContain('Next: vigie policy accept');
    await shop.edit(text => text);
    expect(await nextNight()).toMatch(/^done: /);
  });

  test('a line that names no time says which field, and another zone is no fault of the line', async () => {
    shop = await startScheduledShop();
    const ask = (cron: string, timeZone: string) =>
      shop.call('backups_schedule', { set: 'data', cron, timeZone });
    expect((await ask('0 25 * * *', 'UTC')).text).toMatch(/cron: 0 25 \* \* \* names no time \(.*hour: 25\)/);
    const zone = await ask('0 3 * * *', 'Europe/Pariss');
    expect(zone.text).toContain('timeZone: Europe/Pariss is no time zone');
    expect(zone.text).toContain("--cron '0 3 * * *' --time-zone Europe/Paris");
  });

  test('a wish in vigie.yaml moves nothing', async () => {
    shop = await startScheduledShop();
    await shop.schedule(nightly);
    await shop.edit(
      text => text.replace('to: [disk]', 'to: [disk], schedule: {cron: "* * * * *", timeZone: UTC}'),
      { accept: false },
    );
    expect(await nextNight()).toMatch(/^done: /);
    expect((await shop.tick()).ticked).toEqual([]);
  });

  test('where policy denies, freezes, or the kill switch is on', async () => {
    shop = await startScheduledShop();
    await shop.schedule(nightly);
    await shop.edit(text => text.replace('low: ask', 'low: deny'));
    expect(await nextNight()).toMatch(/^denied: denied by policy\.low/);
    await shop.edit(text =>
      text.replace('low: deny', 'freeze: [{from: "Sun 00:00", to: "Sat 23:59", timeZone: UTC}], low: ask'),
    );
    expect(await nextNight()).toMatch(/^denied: denied by policy\.freeze/);
    await shop.edit(text => text.replace(/freeze: \[.*?\], /, ''));
    const { settings } = await shop.vigie.store();
    await settings.setKillSwitch({
      on: true,
      by: 'bob',
      why: 'test',
      audit: { event: 'kill_switch_on', facts: {} },
    });
    expect(await nextNight()).toMatch(/^denied: denied by kill-switch/);
    expect(await shop.copies()).toBe(0);
  });

  test('where whoever approved is no longer of a group that may', async () => {
    shop = await startScheduledShop();
    await shop.schedule(nightly);
    await shop.edit(text => text.replace('high: ask}', 'high: ask, approvers: {low: [night]}}'));
    expect(await nextNight()).toMatch(/^plan_changed: .*alice may not approve low risk/);
  });

  test('where a second person is asked for since, and one alone did both', async () => {
    shop = await startScheduledShop();
    const alice: Actor = { ...agent, onBehalfOf: 'alice' };
    const asked = await shop.call('backups_schedule', { set: 'data', ...nightly }, { actor: alice });
    expect((await shop.approve(idOf(asked))).status).toBe('done');
    await shop.edit(text => text.replace('high: ask}', 'high: ask, approvers: {fourEyes: true}}'));
    expect(await nextNight()).toMatch(/^plan_changed: .*a second person \(fourEyes\)/);
    await shop.schedule(nightly);
    expect(await nextNight()).toMatch(/^done: /);
  });
});

describe('a call that says it comes from a schedule', () => {
  const trigger: Actor = { kind: 'trigger', name: 'schedule/data', via: 'tick', onBehalfOf: 'carol' };

  test('goes under no approval for what was not approved, though policy allows it', async () => {
    shop = await startScheduledShop({
      policy: allowEverything,
      more: '        twin: {engine: sqlite, path: /nowhere/twin.db, to: [disk]}\n',
    });
    await shop.schedule(nightly);
    const under = { actor: trigger, schedule: 'data' };
    const other = await shop.call('backups_run', { set: 'twin' }, under);
    expect(other.text).toMatch(/^plan_changed: .*none of what was approved/);
    expect((await shop.call('backups_run', { set: 'data' }, under)).status).toBe('done');
    const drill = await shop.call('backups_drill', { set: 'data' }, under);
    expect(drill.text).toMatch(/^plan_changed: .*the schedule does run, and not backups_drill/);
    const restore = await shop.call('backups_restore', { set: 'data', into: '/nowhere/x' }, under);
    expect(restore.status).not.toBe('done');
    const nobody = await shop.call('backups_run', { set: 'twin' }, { actor: trigger, schedule: 'twin' });
    expect(nobody.text).toMatch(/^plan_changed: .*no schedule of twin stands/);
  });
});
