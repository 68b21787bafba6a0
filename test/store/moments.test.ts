import { expect, test } from 'vitest';
import { openTemporary } from './open-temporary.ts';
import { samplePlan } from './sample-plan.ts';

const environment = 'prod';
const of = { environment, name: 'shop' };
const leaseMs = 30_000;
const begun = { changeId: 'k0000000', owner: 'one' };
const moment = '2026-01-01T03:00:00.000Z';
const schedule = { cron: '0 3 * * *', timeZone: 'UTC', does: ['run'] as const };

test('a moment is begun once, by whoever has the turn, and by nobody else', async () => {
  const { store } = await openTemporary();
  expect(await store.moments.begin(of, { ...begun, moment })).toBe(false);
  expect(await store.moments.takeTurn({ environment, owner: 'one', leaseMs })).toEqual({ broken: [] });
  expect(await store.moments.takeTurn({ environment, owner: 'two', leaseMs })).toBeUndefined();
  expect(await store.moments.begin(of, { ...begun, moment, owner: 'two' })).toBe(false);
  expect(await store.moments.begin(of, { ...begun, moment })).toBe(true);
  expect(await store.moments.begin(of, { ...begun, moment })).toBe(false);
  // Another environment has a turn of its own.
  expect(await store.moments.takeTurn({ environment: 'dev', owner: 'two', leaseMs })).toBeDefined();
});

test('a turn that nobody renews any more is taken, and what its holder began is told as broken off', async () => {
  const { store, clock } = await openTemporary();
  await store.moments.takeTurn({ environment, owner: 'one', leaseMs });
  await store.moments.begin(of, { ...begun, moment });
  clock.advance(leaseMs - 1);
  expect(await store.moments.renewTurn({ environment, owner: 'one', leaseMs })).toBe(true);
  clock.advance(leaseMs - 1);
  expect(await store.moments.takeTurn({ environment, owner: 'two', leaseMs })).toBeUndefined();
  clock.advance(2);
  expect(await store.moments.takeTurn({ environment, owner: 'two', leaseMs })).toMatchObject({
    broken: [{ name: 'shop', moment, state: 'broken off' }],
  });
  // The former holder lives after all: its turn is gone, and what it says of its moment changes nothing.
  expect(await store.moments.renewTurn({ environment, owner: 'one', leaseMs })).toBe(false);
  await store.moments.end(of, { moment, state: 'done', drilled: false, said: [] });
  expect(await store.moments.list(of)).toMatchObject([{ state: 'broken off' }]);
  await store.moments.endTurn({ environment, owner: 'one' });
  expect(await store.moments.takeTurn({ environment, owner: 'three', leaseMs })).toBeUndefined();
});

test('a turn that a clock far ahead gave holds nobody off once the clock is right again', async () => {
  const { store, clock } = await openTemporary();
  clock.advance(365 * 24 * 3_600_000);
  await store.moments.takeTurn({ environment, owner: 'one', leaseMs });
  clock.advance(-365 * 24 * 3_600_000);
  expect(await store.moments.takeTurn({ environment, owner: 'two', leaseMs })).toBeDefined();
});

test('the newest thousand moments are kept, and each schedule is listed with the last that was begun', async () => {
  const { store, clock } = await openTemporary();
  const schedules = store.schedulesOf(environment);
  for (const name of ['shop', 'other'])
    await schedules.set(name, { schedule, plan: samplePlan(), follows: undefined, facts: {} });
  await store.moments.takeTurn({ environment, owner: 'one', leaseMs });
  const from = clock.at.getTime();
  for (let minute = 0; minute < 1_005; minute += 1) {
    clock.advance(60_000);
    const at = new Date(from + minute * 60_000).toISOString();
    expect(await store.moments.begin(of, { ...begun, moment: at })).toBe(true);
    await store.moments.end(of, { moment: at, state: 'done', drilled: false, said: ['run done'] });
  }
  const kept = await store.moments.list(of);
  expect(kept).toHaveLength(1_000);
  expect(kept.at(-1)?.moment).toBe(new Date(from + 5 * 60_000).toISOString());
  const [other, shop] = await schedules.list();
  expect(other?.last).toBeUndefined();
  expect(shop?.last?.moment).toBe(new Date(from + 1_004 * 60_000).toISOString());
});

test('a schedule is put in the place of the one that was read, and opens in its own place alone', async () => {
  const { store } = await openTemporary();
  const schedules = store.schedulesOf(environment);
  const first = samplePlan();
  await schedules.set('shop', { schedule, plan: first, follows: undefined, facts: {} });
  const second = { schedule, plan: samplePlan(), facts: {} };
  await expect(schedules.set('shop', { ...second, follows: undefined })).rejects.toMatchObject({
    code: 'CONFLICT',
  });
  expect((await schedules.plan('shop')).id).toBe(first.id);
  await schedules.set('shop', { ...second, follows: first.id });
  expect(await schedules.newestRow('shop')).toMatchObject({
    event: 'schedule_set',
    changeId: second.plan.id,
  });
  await expect(schedules.remove('shop', { plan: first, follows: first.id, facts: {} })).rejects.toMatchObject(
    {
      code: 'CONFLICT',
    },
  );
  expect(await store.schedulesOf('dev').list()).toEqual([]);
  await expect(store.schedulesOf('dev').plan('shop')).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
