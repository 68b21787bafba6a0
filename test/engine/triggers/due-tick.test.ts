import { expect, test } from 'vitest';
import { dueTick } from '../../../src/engine/triggers/due-tick.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

type Schedule = Parameters<typeof dueTick>[0];

function on(cron: string, more: Partial<Schedule> = {}): Schedule {
  return { cron, timezone: 'UTC', missed: 'once', inputs: {}, ...more };
}

function at(text: string): number {
  return Date.parse(text);
}

/** What a worker starts that looks each minute. */
function startedBetween(schedule: Schedule, { from, to }: { from: string; to: string }): string[] {
  const started: string[] = [];
  let last = at(from);
  for (let now = last; now <= at(to); now += minuteMs) {
    const due = dueTick(schedule, { now, last });
    if (due === undefined) continue;
    last = due.at;
    if (due.starts) started.push(new Date(due.at).toISOString());
  }
  return started;
}

test('a moment is due from when it comes until it is dealt with', () => {
  const daily = on('0 6 * * *');
  const last = at('2026-05-01T06:00:00Z');
  expect(dueTick(daily, { now: at('2026-05-02T05:59:59.999Z'), last })).toBeUndefined();
  const due = { at: at('2026-05-02T06:00:00Z'), starts: true, missed: 0 };
  expect(dueTick(daily, { now: due.at, last })).toEqual(due);
  expect(dueTick(daily, { now: due.at + 4 * minuteMs, last })).toEqual(due);
  expect(dueTick(daily, { now: due.at + minuteMs, last: due.at })).toBeUndefined();
});

test('of the moments that no worker saw the newest of the last day starts, and the others are counted', () => {
  const daily = on('0 6 * * *');
  const last = at('2026-05-01T06:00:00Z');
  expect(dueTick(daily, { now: at('2026-05-05T20:00:00Z'), last })).toEqual({
    at: at('2026-05-05T06:00:00Z'),
    starts: true,
    missed: 3,
  });
  const weekly = on('0 6 * * 1');
  expect(dueTick(weekly, { now: at('2026-05-06T06:00:00Z'), last })).toEqual({
    at: at('2026-05-04T06:00:00Z'),
    starts: false,
    missed: 0,
  });
  expect(dueTick(on('* * * * *'), { now: at('2027-05-01T06:00:30Z'), last })).toMatchObject({ missed: 100 });
});

test('where missed moments are to be skipped, one that is minutes late still starts, and one of an hour ago does not', () => {
  const hourly = on('0 * * * *', { missed: 'skip' });
  const last = at('2026-05-01T06:00:00Z');
  const seven = at('2026-05-01T07:00:00Z');
  expect(dueTick(hourly, { now: seven + 5 * minuteMs, last })).toMatchObject({ at: seven, starts: true });
  expect(dueTick(hourly, { now: seven + 6 * minuteMs, last })).toMatchObject({ at: seven, starts: false });
});

test('a clock that is set back starts nothing a second time, and one that is set forward starts one run', () => {
  const hourly = on('0 * * * *');
  const last = at('2026-05-01T09:00:00Z');
  expect(dueTick(hourly, { now: last - hourMs + minuteMs, last })).toBeUndefined();
  const ahead = dueTick(hourly, { now: at('2026-07-01T09:30:00Z'), last });
  expect(ahead).toEqual({ at: at('2026-07-01T09:00:00Z'), starts: true, missed: 100 });
});

test.each([
  ['a time that the night leaves out comes at the end of the gap', '30 2 * * *', '2026-03-29T01:00:00.000Z'],
  ['so does the hour that is left out', '0 2 * * *', '2026-03-29T01:00:00.000Z'],
])('in spring %s', (_, cron, moment) => {
  const night = { from: '2026-03-28T20:00:00Z', to: '2026-03-29T10:00:00Z' };
  expect(startedBetween(on(cron, { timezone: 'Europe/Berlin' }), night)).toEqual([moment]);
});

test.each([
  ['Europe/Berlin', '30 2 * * *', '2026-10-24T20:00:00Z', '2026-10-25T00:30:00.000Z'],
  ['America/New_York', '30 1 * * *', '2026-11-01T00:00:00Z', '2026-11-01T05:30:00.000Z'],
])('in autumn a time that %s has twice comes once, at the first', (timezone, cron, from, moment) => {
  const to = new Date(at(from) + 14 * hourMs).toISOString();
  expect(startedBetween(on(cron, { timezone }), { from, to })).toEqual([moment]);
});

test('what comes each half hour comes through both of the hours that have one name', () => {
  const night = { from: '2026-10-24T22:00:00Z', to: '2026-10-25T04:00:00Z' };
  const started = startedBetween(on('*/30 * * * *', { timezone: 'Europe/Berlin' }), night);
  expect(started).toHaveLength(12);
  expect(new Set(started).size).toBe(12);
});
