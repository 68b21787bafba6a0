import { expect, test } from 'vitest';
import { openStore, type Store } from '../../src/store/store.ts';
import { openTemporary } from './open-temporary.ts';
import { sampleKeys } from './sample-store.ts';

const minuteMs = 60_000;

function deny(store: Store, some: { rule?: string; person?: string; changeId?: string; tool?: string } = {}) {
  return store.audit.countDenial({
    environment: 'prod',
    person: some.person ?? 'alice',
    rule: some.rule ?? 'policy.high',
    ...(some.changeId === undefined ? {} : { changeId: some.changeId }),
    facts: { tool: some.tool ?? 'k8s_delete' },
  });
}

const rowsOf = async (store: Store) => (await store.audit.list({ limit: 99 })).reverse();

test('ten thousand denials in a minute are one row, with their count, the first and the last rule', async () => {
  const { store, bytes, clock } = await openTemporary();
  await deny(store, { rule: 'policy.freeze[0]' });
  const before = bytes();
  for (let count = 0; count < 9_998; count++) await deny(store);
  clock.advance(minuteMs - 1);
  await deny(store, { rule: 'policy.budget.openTickets', tool: 'k8s_apply' });
  const rows = await rowsOf(store);
  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatchObject({
    event: 'denied',
    environment: 'prod',
    facts: {
      count: 10_000,
      firstRule: 'policy.freeze[0]',
      lastRule: 'policy.budget.openTickets',
      rule: 'policy.budget.openTickets',
      tool: 'k8s_apply',
      firstAt: '2026-11-21T10:00:00.000Z',
      lastAt: '2026-11-21T10:00:59.999Z',
    },
  });
  expect(await store.audit.verify()).toMatchObject({ ok: true, rows: 1 });
  expect(bytes() - before).toBeLessThan(200_000);
});

test('a denial after the minute begins another row, and that of the minute before is linked at once', async () => {
  const { store, clock } = await openTemporary();
  await deny(store);
  await deny(store);
  expect((await store.audit.head()).sequence).toBe(0);
  clock.advance(minuteMs);
  await deny(store);
  expect((await store.audit.head()).sequence).toBe(1);
  expect((await rowsOf(store)).map(({ facts }) => facts['count'])).toEqual([2, 1]);
});

test('each person is counted apart', async () => {
  const { store } = await openTemporary();
  for (const person of ['alice', 'dave', 'alice']) await deny(store, { person });
  expect((await rowsOf(store)).map(({ facts }) => facts['count'])).toEqual([2, 1]);
});

test('what is recorded after the minute comes behind its denials, what is recorded within it before them', async () => {
  const { store, clock } = await openTemporary();
  await deny(store);
  await store.audit.append({ event: 'started', facts: {} });
  clock.advance(minuteMs);
  await store.audit.append({ event: 'finished', facts: {} });
  const events = (await rowsOf(store)).map(({ event }) => event);
  expect(events).toEqual(['started', 'denied', 'finished']);
});

test('a clock that was set back ends the minute', async () => {
  const { store, clock } = await openTemporary();
  await deny(store);
  clock.advance(-24 * 60 * minuteMs);
  await deny(store);
  expect((await store.audit.head()).sequence).toBe(1);
});

test('denials that a process left counted are read by the next, and by each way of reading', async () => {
  const { store, place, clock } = await openTemporary();
  await deny(store);
  const next = await openStore({ ...place, keys: sampleKeys, now: () => clock.at });
  expect(await next.audit.verify()).toMatchObject({ ok: true, rows: 1 });
  await deny(store);
  const lines: string[] = [];
  for await (const line of next.audit.exportLines({ after: 0 })) lines.push(line);
  expect(lines).toHaveLength(2);
  await deny(store);
  expect(await next.audit.list({ events: ['denied'], limit: 9 })).toHaveLength(3);
  await next.close();
});

test('a row names the ticket only where all its denials were about that one', async () => {
  const { store, clock } = await openTemporary();
  await deny(store, { changeId: 'k1111111' });
  await deny(store, { changeId: 'k1111111' });
  clock.advance(minuteMs);
  await deny(store, { changeId: 'k1111111' });
  await deny(store, { changeId: 'k2222222' });
  expect((await rowsOf(store)).map(({ changeId }) => changeId)).toEqual(['k1111111', undefined]);
});

test('the audit can be read while denials cannot be linked', async () => {
  const { store, refuseRows } = await openTemporary();
  await store.audit.append({ event: 'started', facts: {} });
  await deny(store);
  const allowRows = refuseRows('audit');
  expect((await rowsOf(store)).map(({ event }) => event)).toEqual(['started']);
  allowRows();
  expect((await rowsOf(store)).map(({ event }) => event)).toEqual(['started', 'denied']);
});
