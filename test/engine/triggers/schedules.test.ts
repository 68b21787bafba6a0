import { expect, test } from 'vitest';
import { VigieError } from '../../../src/core/errors.ts';
import type { EnabledPlaybook } from '../../../src/engine/triggers/enabled.ts';
import { leaveOut, nextTick, startDue, type TickedSchedule } from '../../../src/engine/triggers/schedules.ts';
import type { TriggerParts } from '../../../src/engine/triggers/start-by-trigger.ts';
import { enabledOf, startTriggerParts } from './trigger-parts.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** What one look at the schedules told. */
async function look(
  parts: TriggerParts,
  playbooks: readonly EnabledPlaybook[],
): Promise<{ ticked: TickedSchedule[]; failed: string[] }> {
  const ticked: TickedSchedule[] = [];
  const failed: string[] = [];
  await startDue(parts, {
    playbooks,
    ticked: what => ticked.push(what),
    failed: (name, error) => failed.push(`${name}: ${error instanceof Error ? error.message : ''}`),
  });
  return { ticked, failed };
}

test('a schedule that is seen for the first time starts nothing for what came before, and then each moment once', async () => {
  const { test: on, parts } = await startTriggerParts();
  const hourly = await enabledOf('{schedule: {cron: "0 * * * *"}}');
  expect((await look(parts, [hourly])).ticked).toEqual([]);
  on.passTime(hourMs);
  const { ticked } = await look(parts, [hourly]);
  expect(ticked).toMatchObject([
    { playbook: 'trial', environment: 'test', missed: 0, came: { is: 'started' } },
  ]);
  expect((await look(parts, [hourly])).ticked).toEqual([]);
  const [run, ...others] = await parts.journal.list({ max: 10 });
  expect(others).toEqual([]);
  expect(run?.startedBy).toEqual({
    kind: 'trigger',
    name: 'schedule:trial',
    via: 'trigger',
    trigger: { kind: 'schedule', name: 'trial', at: ticked[0]?.moment, missed: 0 },
  });
  expect(ticked[0]?.moment).toMatch(/:00:00\.000Z$/);
});

test('a run knows its moment, and what was missed before it', async () => {
  const { test: on, parts } = await startTriggerParts();
  const daily = await enabledOf(
    `{schedule: {cron: "0 6 * * *", inputs: {day: "\${{ trigger.at }}", left: "\${{ trigger.missed }}"}}}`,
    { more: 'inputs: {day: {type: string}, left: {type: integer}}' },
  );
  await look(parts, [daily]);
  on.passTime(3 * 24 * hourMs);
  const [came] = (await look(parts, [daily])).ticked;
  expect(came).toMatchObject({ missed: 2, came: { is: 'started' } });
  const [run] = await parts.journal.list({ max: 10 });
  expect((await parts.journal.get(run?.id ?? ''))?.input).toEqual({ day: came?.moment, left: 2 });
});

test('a moment that is too long past is told once and starts nothing', async () => {
  const { test: on, parts } = await startTriggerParts();
  const hourly = await enabledOf('{schedule: {cron: "0 * * * *", missed: skip}}');
  await look(parts, [hourly]);
  // From wherever in the hour the test begins to twenty minutes past one.
  const past = (90 * minuteMs - (Date.now() % hourMs) + hourMs) % hourMs;
  on.passTime(2 * hourMs + past);
  expect((await look(parts, [hourly])).ticked).toMatchObject([{ came: { is: 'late' } }]);
  expect((await look(parts, [hourly])).ticked).toEqual([]);
  expect(await parts.journal.list({ max: 10 })).toEqual([]);
});

test('however many workers look at once, a moment starts one run, and one of them tells', async () => {
  const { test: on, parts, otherJournal } = await startTriggerParts();
  const hourly = await enabledOf('{schedule: {cron: "0 * * * *"}}');
  const workers = [parts];
  for (let each = 0; each < 3; each += 1) workers.push({ ...parts, journal: await otherJournal() });
  await Promise.all(workers.map(each => look(each, [hourly])));
  for (let hour = 1; hour <= 3; hour += 1) {
    on.passTime(hourMs);
    const told = await Promise.all(workers.map(each => look(each, [hourly])));
    expect(told.flatMap(({ ticked }) => ticked)).toHaveLength(1);
    expect(told.flatMap(({ failed }) => failed)).toEqual([]);
    expect(await parts.journal.list({ max: 10 })).toHaveLength(hour);
  }
});

test('a worker that dies after the start and before the tick leaves a moment that starts nothing again', async () => {
  const { test: on, parts } = await startTriggerParts();
  const hourly = await enabledOf('{schedule: {cron: "0 * * * *"}}');
  await look(parts, [hourly]);
  on.passTime(hourMs);
  const { journal } = parts;
  const dying: TriggerParts['journal'] = Object.create(journal);
  dying.tick = () => Promise.reject(new VigieError('STORE', 'gone'));
  dying.now = () => journal.now();
  dying.lastTick = (schedule, until) => journal.lastTick(schedule, until);
  dying.begin = (occasion, run) => journal.begin(occasion, run);
  dying.putDefinition = (digest, source) => journal.putDefinition(digest, source);
  dying.limit = (resource, most) => journal.limit(resource, most);
  expect((await look({ ...parts, journal: dying }, [hourly])).failed).toEqual([
    expect.stringContaining('gone'),
  ]);
  expect((await look(parts, [hourly])).ticked).toEqual([]);
  expect(await journal.list({ max: 10 })).toHaveLength(1);
});

test('clocks that go forth and back start no moment twice, and no storm of what lies between', async () => {
  const { test: on, parts } = await startTriggerParts();
  const hourly = await enabledOf('{schedule: {cron: "0 * * * *"}}');
  await look(parts, [hourly]);
  const moments: string[] = [];
  for (const hours of [1, 1, -2, 1, 1, 1, 100, -99, 1]) {
    on.passTime(hours * hourMs);
    for (const { moment, came } of (await look(parts, [hourly])).ticked)
      if (came.is === 'started') moments.push(moment);
  }
  expect(new Set(moments).size).toBe(moments.length);
  // Hours 1, 2 and 3, then 103, and what the clock that was set back to 4 and 5 came to.
  expect(moments).toHaveLength(6);
});

test('a schedule that is written anew begins anew, and the other environment has moments of its own', async () => {
  const { test: on, parts } = await startTriggerParts();
  await look(parts, [await enabledOf('{schedule: {cron: "0 * * * *"}}')]);
  on.passTime(2 * hourMs);
  const other = await enabledOf('{schedule: {cron: "0 */1 * * *"}}');
  expect((await look(parts, [other])).ticked).toEqual([]);
  on.passTime(hourMs);
  expect((await look(parts, [other])).ticked).toMatchObject([{ missed: 0 }]);
});

test('a schedule that was taken out of vigie.yaml and is put back starts nothing for the time between', async () => {
  const { test: on, parts, otherJournal } = await startTriggerParts();
  const hourly = await enabledOf('{schedule: {cron: "0 * * * *", missed: once}}');
  await look(parts, [hourly]);
  on.passTime(10 * minuteMs);
  expect(await leaveOut(parts, { before: [hourly], now: { playbooks: [], broken: [] } })).toEqual([]);
  on.passTime(5 * hourMs);
  // Also by a worker that did not see it go.
  const other = { ...parts, journal: await otherJournal() };
  expect((await look(other, [hourly])).ticked).toEqual([]);
  expect((await look(parts, [hourly])).ticked).toEqual([]);
  on.passTime(hourMs);
  expect((await look(parts, [hourly])).ticked).toMatchObject([{ missed: 0, came: { is: 'started' } }]);
});

test('a schedule whose playbook is broken for a while, and then mended, starts what was missed', async () => {
  const { test: on, parts } = await startTriggerParts();
  const hourly = await enabledOf('{schedule: {cron: "0 * * * *", missed: once}}');
  await look(parts, [hourly]);
  const broken = { playbooks: [], broken: [{ name: 'trial', why: 'It has a mistake.', todo: '' }] };
  const known = await leaveOut(parts, { before: [hourly], now: broken });
  expect(known).toEqual([hourly]);
  on.passTime(hourMs);
  expect((await look(parts, [hourly])).ticked).toMatchObject([{ came: { is: 'started' } }]);
  // Taken out while it was broken it is out.
  await leaveOut(parts, { before: known, now: { playbooks: [], broken: [] } });
  on.passTime(hourMs);
  expect((await look(parts, [hourly])).ticked).toEqual([]);
});

test('what may not start is told with its reason, and its moment is over', async () => {
  const { test: on, parts } = await startTriggerParts({ accept: false });
  const hourly = await enabledOf('{schedule: {cron: "0 * * * *"}}');
  await look(parts, [hourly]);
  on.passTime(hourMs);
  expect((await look(parts, [hourly])).ticked).toMatchObject([
    { came: { is: 'refused', rule: 'policy.unaccepted' } },
  ]);
  expect((await look(parts, [hourly])).ticked).toEqual([]);
});

test('one schedule that cannot be dealt with keeps nobody from the others', async () => {
  const { test: on, parts } = await startTriggerParts();
  const broken = await enabledOf('{schedule: {cron: "0 * * * *"}}', { name: 'broken' });
  const sound = await enabledOf('{schedule: {cron: "0 * * * *"}}', { name: 'sound' });
  await look(parts, [broken, sound]);
  on.passTime(hourMs);
  const away: TriggerParts = {
    ...parts,
    mayStart: async ({ playbook }) => {
      if (playbook.metadata.name === 'broken') throw new VigieError('STORE', 'the store is away');
    },
  };
  const { ticked, failed } = await look(away, [broken, sound]);
  expect(ticked).toMatchObject([{ playbook: 'sound' }]);
  expect(failed).toEqual(['broken/test 0 * * * * UTC: the store is away']);
  expect((await look(parts, [broken, sound])).ticked).toMatchObject([{ playbook: 'broken' }]);
});

test('a worker can say how many schedules there are, and which comes first', async () => {
  const now = new Date('2026-05-01T05:00:00Z');
  const daily = await enabledOf('{schedule: {cron: "0 6 * * *", timezone: Europe/Paris}}');
  const hourly = { ...(await enabledOf('{schedule: {cron: "30 * * * *"}}')), environments: ['a', 'b'] };
  expect(nextTick([daily, hourly], now)).toEqual({ count: 3, next: new Date('2026-05-01T05:30:00Z') });
  expect(nextTick([await enabledOf('{chat: {command: go}}')], now)).toEqual({ count: 0, next: undefined });
});
