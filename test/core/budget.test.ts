import { describe, expect, test } from 'vitest';
import { defaultBudget, overBudget, type Spent, stricterBudget } from '../../src/core/budget.ts';
import type { Budget } from '../../src/core/policy.ts';

const now = new Date('2026-11-21T10:00:00.000Z');
const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000).toISOString();
const web = { key: 'apps/Deployment/shop/web', name: 'Deployment/web in shop' };
const other = { key: 'apps/Deployment/shop/other', name: 'Deployment/other in shop' };
const nothing: Spent = { automatic: [], openTickets: [], proposals: [], rejectedAt: [] };

function judge(
  verdict: 'allow' | 'ask',
  some: {
    spent?: Partial<Spent>;
    budget?: Partial<Budget>;
    objects?: (typeof web)[];
    sparesObjects?: boolean;
    personsUndo?: boolean;
  } = {},
) {
  return overBudget({
    verdict,
    budget: { ...defaultBudget, ...some.budget },
    spending: {
      objects: some.objects ?? [web],
      sparesObjects: some.sparesObjects ?? false,
      personsUndo: some.personsUndo ?? false,
    },
    spent: { ...nothing, ...some.spent },
    now,
  });
}

const changes = (count: number, more: { object?: string; first?: number; apart?: number } = {}) =>
  Array.from({ length: count }, (_, index) => ({
    at: minutesAgo((more.first ?? 50) - index * (more.apart ?? 1)),
    ...(more.object === undefined ? {} : { object: more.object }),
  }));

describe('automatic changes of an hour', () => {
  test('go on up to the last place, and the next asks until the oldest is an hour old', () => {
    expect(judge('allow', { spent: { automatic: changes(19) } })).toBeUndefined();
    const over = judge('allow', { spent: { automatic: changes(20) } });
    expect(over).toMatchObject({ verdict: 'ask', rule: 'policy.budget.automaticPerHour' });
    expect(over?.why).toContain('again from 2026-11-21T10:10:00.000Z');
  });

  test('count each object of a plan, and as many must leave the hour as the plan has', () => {
    const spent = { automatic: changes(19) };
    const over = judge('allow', { spent, objects: [web, other] });
    expect(over?.why).toContain('again from 2026-11-21T10:10:00.000Z');
    const three = judge('allow', { spent, objects: [web, other, { ...web, key: 'third' }] });
    expect(three?.why).toContain('again from 2026-11-21T10:11:00.000Z');
  });

  test('are no longer counted after the hour, and are where the clock was set back behind them', () => {
    expect(judge('allow', { spent: { automatic: changes(20, { first: 80 }) } })).toBeUndefined();
    expect(judge('allow', { spent: { automatic: changes(20, { first: -90 }) } })).toMatchObject({
      rule: 'policy.budget.automaticPerHour',
    });
  });

  test('of none ask always, and a plan larger than the budget does', () => {
    expect(judge('allow', { budget: { automaticPerHour: 0 } })?.why).toContain('always asked for');
    const over = judge('allow', { budget: { automaticPerHour: 1 }, objects: [web, other] });
    expect(over).toMatchObject({ verdict: 'ask' });
    expect(over?.why).toContain('always asked for');
  });

  test('do not hold back what asks anyway', () => {
    expect(judge('ask', { spent: { automatic: changes(40, { object: web.key }) } })).toBeUndefined();
  });
});

describe('automatic changes of one object', () => {
  const aDay = { object: web.key, first: 23 * 60, apart: 60 };

  test('ask from the sixth of a day on, with the time at which the first is a day old', () => {
    expect(judge('allow', { spent: { automatic: changes(4, aDay) } })).toBeUndefined();
    const over = judge('allow', { spent: { automatic: changes(5, aDay) } });
    expect(over).toMatchObject({ verdict: 'ask', rule: 'policy.budget.perObjectPerDay' });
    expect(over?.why).toContain('Deployment/web in shop');
    expect(over?.why).toContain('again from 2026-11-21T11:00:00.000Z');
  });

  test('are counted for that object alone, in whichever place of a plan it stands', () => {
    const spent = { automatic: changes(5, aDay) };
    expect(judge('allow', { spent, objects: [other] })).toBeUndefined();
    expect(judge('allow', { spent, objects: [other, web] })).toMatchObject({ verdict: 'ask' });
  });

  test('are not counted for an undo that spares objects, which the hour still holds back', () => {
    expect(judge('allow', { spent: { automatic: changes(5, aDay) }, sparesObjects: true })).toBeUndefined();
    expect(judge('allow', { spent: { automatic: changes(20) }, sparesObjects: true })).toMatchObject({
      rule: 'policy.budget.automaticPerHour',
    });
  });
});

describe('open tickets', () => {
  const expiries = (count: number) => Array.from({ length: count }, (_, index) => minutesAgo(-60 - index));

  test('are denied once the list is full, with the time at which the first of them expires', () => {
    expect(judge('ask', { spent: { openTickets: expiries(9) } })).toBeUndefined();
    const full = judge('ask', { spent: { openTickets: expiries(10) } });
    expect(full).toMatchObject({ verdict: 'deny', rule: 'policy.budget.openTickets' });
    expect(full?.why).toContain('at the latest from 2026-11-21T11:00:00.000Z');
    // A list that was longer when the limit was lowered is free when enough of it has expired.
    const over = judge('ask', { spent: { openTickets: expiries(10) }, budget: { openTickets: 8 } });
    expect(over?.why).toContain('at the latest from 2026-11-21T11:02:00.000Z');
  });

  test('do not hold back what policy allows', () => {
    expect(judge('allow', { spent: { openTickets: expiries(10) } })).toBeUndefined();
  });
});

describe('tickets made in an hour', () => {
  const made = (count: number) => Array.from({ length: count }, (_, index) => minutesAgo(index / 2));

  test('are denied past the limit, whatever became of them, with the time at which the next is made', () => {
    expect(judge('ask', { spent: { proposals: made(59) } })).toBeUndefined();
    const over = judge('ask', { spent: { proposals: made(60) } });
    expect(over).toMatchObject({ verdict: 'deny', rule: 'policy.budget.proposalsPerHour' });
    expect(over?.why).toContain('the next from 2026-11-21T10:30:30.000Z');
    expect(judge('ask', { spent: { proposals: [minutesAgo(60), ...made(59)] } })).toBeUndefined();
  });

  test('do not hold back what policy allows', () => {
    expect(judge('allow', { spent: { proposals: made(200) } })).toBeUndefined();
  });
});

describe('a change that a person rejected', () => {
  test.each(['allow', 'ask'] as const)('is denied for an hour, also where policy says %s', verdict => {
    const cooling = judge(verdict, { spent: { rejectedAt: [minutesAgo(59), minutesAgo(30)] } });
    expect(cooling).toMatchObject({ verdict: 'deny', rule: 'policy.budget.coolDown' });
    expect(cooling?.why).toContain('again from 2026-11-21T10:30:00.000Z');
    expect(judge(verdict, { spent: { rejectedAt: [minutesAgo(60)] } })).toBeUndefined();
  });

  test('is asked for, and neither made nor denied, where it is the undo that a person wants', () => {
    const spent = { rejectedAt: [minutesAgo(1)] };
    expect(judge('allow', { spent, personsUndo: true })).toMatchObject({
      verdict: 'ask',
      rule: 'policy.budget.coolDown',
    });
    expect(judge('ask', { spent, personsUndo: true })).toBeUndefined();
  });

  test('stays denied when the clock was set back behind the rejection', () => {
    expect(judge('ask', { spent: { rejectedAt: [minutesAgo(-300)] } })).toMatchObject({ verdict: 'deny' });
  });
});

test('the stricter of two budgets has the smaller limits and the longer cool-down', () => {
  const one = {
    automaticPerHour: 1,
    perObjectPerDay: 9,
    openTickets: 1,
    proposalsPerHour: 9,
    coolDownSeconds: 60,
  };
  const two = {
    automaticPerHour: 9,
    perObjectPerDay: 1,
    openTickets: 9,
    proposalsPerHour: 1,
    coolDownSeconds: 90,
  };
  const strict = {
    automaticPerHour: 1,
    perObjectPerDay: 1,
    openTickets: 1,
    proposalsPerHour: 1,
    coolDownSeconds: 90,
  };
  expect(stricterBudget(one, two)).toEqual(strict);
  expect(stricterBudget(two, one)).toEqual(strict);
});
