import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { statementIn } from '../../src/core/approval.ts';
import { canonicalJson, type JsonObject } from '../../src/core/json.ts';
import type { Store } from '../../src/store/store.ts';
import { openTemporary } from './open-temporary.ts';

/** Ten rows, and then what somebody who may write them does to them. */
async function tampered(statement?: string) {
  const opened = await openTemporary();
  for (let count = 1; count <= 10; count++) {
    await opened.store.audit.append({
      event: 'ticketed',
      changeId: `k${count}`,
      environment: 'prod',
      facts: { count },
    });
  }
  const head = (await opened.store.audit.head()).hash;
  if (statement !== undefined) opened.tamper(statement);
  return { ...opened, head };
}

/** Writes the whole chain anew over what the rows say now, as somebody who knows the format can. */
async function forge(store: Store, tamper: (statements: string) => void): Promise<void> {
  const statements: string[] = [];
  let previous = '0'.repeat(64);
  for (const row of (await store.audit.list({ limit: 100 })).toReversed()) {
    const { hash: _hash, ...unhashed } = { ...row, previous };
    previous = createHash('sha256').update(canonicalJson(unhashed)).digest('hex');
    statements.push(
      `update audit set previous = '${unhashed.previous}', hash = '${previous}' where sequence = ${row.sequence}`,
    );
  }
  tamper(statements.join('; '));
}

describe('an audit chain', () => {
  test('that nobody touched is intact, alone and against an earlier head', async () => {
    const { store, head } = await tampered();
    await store.audit.append({ event: 'denied', facts: {} });
    const now = (await store.audit.head()).hash;
    expect(await store.audit.verify()).toEqual({ ok: true, rows: 11, head: now, clockBack: [] });
    expect(await store.audit.verify({ head })).toMatchObject({ ok: true });
  });

  test.each([
    ['an edited fact', `update audit set facts = '{"count":99}' where sequence = 4`, 4],
    [
      'a fact edited into another text of the same meaning',
      `update audit set facts = '{ "count":4}' where sequence = 4`,
      4,
    ],
    ['unreadable facts', `update audit set facts = '{' where sequence = 4`, 4],
    ['another event', `update audit set event = 'approved' where sequence = 4`, 4],
    ['another change', `update audit set change_id = 'k9' where sequence = 4`, 4],
    ['another environment', `update audit set environment = null where sequence = 4`, 4],
    ['another time', `update audit set at = '2020-01-01T00:00:00.000Z' where sequence = 4`, 4],
    ['a dropped row', 'delete from audit where sequence = 4', 4],
    [
      'a dropped row with the later ones moved up',
      'delete from audit where sequence = 4; update audit set sequence = sequence - 1 where sequence > 4',
      4,
    ],
    ['a dropped first row', 'delete from audit where sequence = 1', 1],
    [
      'two rows that changed places',
      'update audit set sequence = 100 where sequence = 4; update audit set sequence = 4 where sequence = 5; update audit set sequence = 5 where sequence = 100',
      4,
    ],
  ])('shows %s', async (_name, statement, sequence) => {
    const { store } = await tampered(statement);
    expect(await store.audit.verify()).toMatchObject({ ok: false, sequence });
  });

  test('shows a tail that was cut off only against a head kept elsewhere', async () => {
    const { store, head } = await tampered('delete from audit where sequence > 7');
    expect(await store.audit.verify()).toMatchObject({ ok: true, rows: 7 });
    expect(await store.audit.verify({ head })).toMatchObject({ ok: false, sequence: 8 });
  });

  test('written anew from an edited row on is shown only against a head kept elsewhere', async () => {
    const { store, tamper, head } = await tampered(`update audit set event = 'approved' where sequence = 4`);
    await forge(store, tamper);
    expect(await store.audit.verify()).toMatchObject({ ok: true, rows: 10 });
    expect(await store.audit.verify({ head })).toMatchObject({ ok: false });
  });

  test('shows a row that was edited together with its own hash, at the row after it', async () => {
    const { store, tamper } = await tampered(`update audit set event = 'approved' where sequence = 4`);
    const edited = (await store.audit.list({ limit: 1, before: 5 }))[0];
    const { hash: _hash, ...unhashed } = edited ?? expect.unreachable();
    const hash = createHash('sha256').update(canonicalJson(unhashed)).digest('hex');
    tamper(`update audit set hash = '${hash}' where sequence = 4`);
    expect(await store.audit.verify()).toMatchObject({ ok: false, sequence: 5 });
  });

  test('marks a row that is older than the one before it', async () => {
    const { store, clock } = await tampered();
    clock.advance(-60_000);
    await store.audit.append({ event: 'denied', facts: {} });
    expect(await store.audit.verify()).toMatchObject({ ok: true, clockBack: [11] });
  });

  test('is walked whole when it is longer than a page', async () => {
    const { store, tamper } = await tampered();
    const insert: JsonObject[] = Array.from({ length: 600 }, (_, count) => ({ count }));
    for (const facts of insert) await store.audit.append({ event: 'denied', facts });
    expect(await store.audit.verify()).toMatchObject({ ok: true, rows: 610 });
    tamper(`update audit set facts = '{}' where sequence = 605`);
    expect(await store.audit.verify()).toMatchObject({ ok: false, sequence: 605 });
  });
});

test('the export is one line a row, oldest first, and enough to prove the chain without us', async () => {
  const { store, head } = await tampered();
  let previous = '0'.repeat(64);
  for await (const line of store.audit.exportLines()) {
    const { hash, ...row } = JSON.parse(line) as { hash: string; previous: string };
    expect(row.previous).toBe(previous);
    expect(createHash('sha256').update(canonicalJson(row)).digest('hex')).toBe(hash);
    previous = hash;
  }
  expect(previous).toBe(head);
});

test('rows are listed newest first, page by page, and by change', async () => {
  const { store } = await tampered();
  const first = await store.audit.list({ limit: 3 });
  expect(first.map(row => row.sequence)).toEqual([10, 9, 8]);
  expect((await store.audit.list({ limit: 2, before: 8 })).map(row => row.sequence)).toEqual([7, 6]);
  expect(await store.audit.list({ limit: 9, changeId: 'k4' })).toMatchObject([
    { facts: { count: 4 }, environment: 'prod' },
  ]);
});

test('an accepted policy is its audit row, with what was signed', async () => {
  const { store } = await openTemporary();
  const auditHead = (await store.audit.head()).hash;
  const at = '2026-11-21T10:00:00.000Z';
  const statement = {
    v: 1,
    act: 'policy-accept',
    approver: 'bob',
    at,
    auditHead,
    policyHash: 'abc',
    follows: '0'.repeat(64),
  } as const;
  const signed = { statement, signature: 's', publicKey: 'k' };
  await store.settings.setAcceptedPolicy({ signed, audit: { event: 'policy_accepted', facts: { more: 1 } } });
  const [row] = await store.audit.list({ events: ['policy_accepted'], limit: 9 });
  expect(row?.facts).toEqual({ more: 1, ...signed });
  expect(statementIn(row?.facts ?? {})).toEqual(signed);
});

test('the rows about some events are found, and a row by its hash', async () => {
  const { store, head } = await tampered();
  await store.audit.append({ event: 'denied', facts: {} });
  expect(
    (await store.audit.list({ events: ['denied', 'expired'], limit: 9 })).map(row => row.sequence),
  ).toEqual([11]);
  expect(await store.audit.has(head)).toBe(true);
  expect(await store.audit.has('f'.repeat(64))).toBe(false);
});

test('a chain with a row that was signed after a row it does not have is broken there', async () => {
  const { store, head } = await tampered();
  const signedAfter = (auditHead: string) => ({
    approval: {
      payload: {
        v: 1,
        decision: 'approve',
        ticket: 't',
        digest: 'd',
        environment: 'e',
        cluster: 'c',
        approver: 'alice',
        expiresAt: '2026-11-22T00:00:00Z',
        policyHash: 'p',
        auditHead,
      },
      signature: 's',
      publicKey: 'k',
    },
  });
  await store.audit.append({ event: 'approved', facts: signedAfter(head) });
  expect(await store.audit.verify()).toMatchObject({ ok: true });
  await store.audit.append({ event: 'approved', facts: signedAfter('f'.repeat(64)) });
  expect(await store.audit.verify()).toMatchObject({ ok: false, sequence: 12 });
});
