import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addApprover, removeApprover } from '../../src/config/approvers.ts';
import { loadConfig } from '../../src/config/config.ts';
import { type ApprovalPayload, signedText } from '../../src/core/approval.ts';
import { reviewTicket } from '../../src/pipeline/settle.ts';
import { seal } from '../../src/store/sealing.ts';
import { nightly, type ScheduledShop, startScheduledShop } from '../support/scheduled-shop.ts';
import { cheapKey, idOf } from '../support/start-vigie.ts';

// Whoever may write the store, its keys included, writes what the store would hold had a person approved. Only the
// signature is missing, and it is what counts.

let shop: ScheduledShop;
beforeEach(async () => {
  shop = await startScheduledShop();
});
afterEach(() => shop.stop());

function sql<T>(work: (db: Database.Database) => T): T {
  const db = new Database(join(shop.place, 'home', 'vigie.db'));
  try {
    return work(db);
  } finally {
    db.close();
  }
}

async function nextNight(): Promise<string> {
  shop.passDays(1);
  const [ticked] = (await shop.tick()).ticked;
  return ticked?.did.map(({ status, text }) => `${status}: ${text}`).join() ?? 'nothing';
}

/** A ticket for a schedule that nobody decided, and its row as if somebody had. */
async function plantUnapproved(): Promise<{ id: string; payload: ApprovalPayload }> {
  const id = idOf(await shop.call('backups_schedule', { set: 'data', ...nightly }));
  const { signal } = new AbortController();
  const review = await reviewTicket(shop.vigie, { id, person: 'alice', signal });
  if ('result' in review) throw new Error(review.result.text);
  const { payload } = review.review;
  const store = await shop.vigie.store();
  const plan = await store.changes.plan(id);
  const [change] = plan.changes;
  if (change?.kind !== 'backup-schedule' || change.schedule === undefined) throw new Error('no schedule');
  await store
    .schedulesOf('test')
    .set('data', { schedule: change.schedule, plan, follows: undefined, facts: {} });
  return { id, payload };
}

function setApproval(id: string, approval: unknown): void {
  sql(db =>
    db
      .prepare("UPDATE changes SET approval = ?, state = 'done', decided_by = 'alice' WHERE id = ?")
      .run(JSON.stringify(approval), id),
  );
}

test('a row that nobody approved starts nothing', async () => {
  await plantUnapproved();
  expect(await nextNight()).toMatch(/^plan_changed: .*nobody approved the schedule of data/);
});

test.each(['policy', 'unauthenticated-client', 'sandbox'])(
  'nor does one whose approval says %s',
  async unsigned => {
    const { id } = await plantUnapproved();
    setApproval(id, { unsigned, by: 'test' });
    expect(await nextNight()).toMatch(/^plan_changed: .*Nobody signed for the schedule/);
  },
);

test('nor one signed by a key that is no approver’s, or by an approver for another ticket', async () => {
  const { id, payload } = await plantUnapproved();
  const mallory = await cheapKey('mallory');
  setApproval(id, {
    payload,
    signature: mallory.sign(signedText('approval', payload)),
    publicKey: mallory.publicKey,
  });
  expect(await nextNight()).toMatch(/^plan_changed: .*never alice's/);
  // What alice signed for another change is no approval of this one.
  const other = { ...payload, ticket: 'a2345678' };
  setApproval(id, {
    payload: other,
    signature: shop.key.sign(signedText('approval', other)),
    publicKey: shop.key.publicKey,
  });
  expect(await nextNight()).toMatch(/^plan_changed: .*What was signed is not the schedule/);
});

test('what alice signed for a ticket that never went on is no approval either: the audit knows of none', async () => {
  const { id, payload } = await plantUnapproved();
  setApproval(id, {
    payload,
    signature: shop.key.sign(signedText('approval', payload)),
    publicKey: shop.key.publicKey,
  });
  expect(await nextNight()).toMatch(/^plan_changed: .*does not know that schedule \w+ was approved/);
});

test('a line that was edited in the store, or that shows another, changes nothing of what is approved', async () => {
  await shop.schedule(nightly);
  sql(db =>
    db
      .prepare('UPDATE schedules SET schedule = ?')
      .run(JSON.stringify({ cron: '* * * * *', timeZone: 'UTC', does: ['run', 'prune'] })),
  );
  expect(await nextNight()).toMatch(/^plan_changed: .*shows another line than was approved/);
});

test('a risk that was made smaller in the sealed plan lets nobody else approve', async () => {
  await shop.edit(text => text.replace('to: [disk]', 'to: [disk], retention: {last: 1}'));
  await shop.schedule({ ...nightly, does: ['prune'] });
  const schedules = (await shop.vigie.store()).schedulesOf('test');
  const plan = await schedules.plan('data');
  const low = { ...plan, risk: { level: 'low' as const, reasons: [] } };
  const { seal: key } = await shop.vigie.keys();
  const sealed = seal(low, { key, label: 'schedule test/data' });
  sql(db => db.prepare('UPDATE schedules SET sealed_plan = ?').run(sealed));
  expect(await nextNight()).toMatch(/^done/);
  await shop.edit(text => text.replace('high: ask}', 'high: ask, approvers: {high: [night]}}'));
  expect(await nextNight()).toMatch(/^plan_changed: .*alice may not approve high risk/);
});

test.each([
  ['replaced', () => shop.schedule({ ...nightly, does: [] })],
  ['removed', () => shop.schedule({ remove: true })],
])(
  'nor does one that was %s, with a row of the audit of its own, which breaks the proof',
  async (_how, take) => {
    await shop.edit(text => text.replace('to: [disk]', 'to: [disk], retention: {last: 1}'));
    const old = await shop.schedule({ ...nightly, does: ['prune'] });
    expect(await nextNight()).toMatch(/^done/);
    const row = sql(db => db.prepare('SELECT * FROM schedules').get());
    const { audit } = await shop.vigie.store();
    const [approved] = await audit.list({ changeId: old, events: ['approved'], limit: 1 });
    await take();
    sql(db => {
      db.prepare('DELETE FROM schedules').run();
      db.prepare(
        'INSERT INTO schedules VALUES (@environment, @name, @change_id, @schedule, @sealed_plan, @since)',
      ).run(row);
    });
    const { proveAudit } = await import('../../src/pipeline/prove-audit.ts');
    expect(await proveAudit(shop.vigie)).toMatchObject({ ok: true });
    const set = {
      event: 'schedule_set',
      changeId: old,
      environment: 'test',
      facts: { schedule: 'data' },
    } as const;
    await audit.append(set);
    expect(await nextNight()).toMatch(/^plan_changed: .*was used before/);
    expect(await proveAudit(shop.vigie)).toMatchObject({
      ok: false,
      what: expect.stringContaining('approval is older'),
    });
    // The signed row itself fits wherever it stands, so it counts once.
    await audit.append({ ...set, event: 'approved', facts: approved?.facts ?? {} });
    await audit.append(set);
    expect(await nextNight()).toMatch(/^plan_changed: .*was used before/);
  },
);

test('what was approved once is not approved by the same row again', async () => {
  const id = await shop.schedule(nightly);
  const { audit } = await shop.vigie.store();
  const [approved] = await audit.list({ changeId: id, events: ['approved'], limit: 1 });
  await audit.append({
    event: 'approved',
    changeId: id,
    environment: 'test',
    facts: approved?.facts ?? {},
  });
  const { proveAudit } = await import('../../src/pipeline/prove-audit.ts');
  expect(await proveAudit(shop.vigie)).toMatchObject({
    ok: false,
    what: expect.stringContaining('was approved before'),
  });
});

test('an older one that is put back, and one that was removed, stand no more', async () => {
  await shop.schedule(nightly);
  const rows = sql(db => db.prepare('SELECT * FROM schedules').all());
  const putBack = () =>
    sql(db => {
      db.prepare('DELETE FROM schedules').run();
      const put = db.prepare(
        'INSERT INTO schedules VALUES (@environment, @name, @change_id, @schedule, @sealed_plan, @since)',
      );
      for (const row of rows) put.run(row);
    });
  await shop.schedule({ ...nightly, cron: '0 4 * * *' });
  putBack();
  expect(await nextNight()).toMatch(/^plan_changed: .*another schedule of data, or none, as the newest/);
  await shop.schedule({ remove: true });
  putBack();
  expect(await nextNight()).toMatch(/^plan_changed: .*another schedule of data, or none, as the newest/);
});

test.each([
  ['its zone is none', { cron: '0 3 * * *', timeZone: 'Mars/Olympus', does: ['run'] }],
  ['its line is none', { cron: 'at night', timeZone: 'UTC', does: ['run'] }],
  ['it is no schedule', ['run']],
])('where %s a row is passed over and told of, and the others still run', async (_what, line) => {
  await shop.schedule(nightly);
  sql(db => {
    db.prepare(
      "INSERT INTO schedules SELECT environment, 'aaa', change_id, ?, sealed_plan, since FROM schedules",
    ).run(JSON.stringify(line));
  });
  shop.passDays(1);
  const would = await shop.tick({ dryRun: true });
  expect(would).toMatchObject({ due: [{ set: 'data', tools: ['backups_run'] }], failed: [{ set: 'aaa' }] });
  const report = await shop.tick();
  expect(report).toMatchObject({
    ticked: [{ set: 'data', did: [{ status: 'done' }] }],
    failed: [{ environment: 'test', set: 'aaa', why: expect.stringMatching(/names no time/) }],
  });
  expect((await shop.call('backups_list', {})).status).toBe('answered');
});

test('one of a change that the store does not know begins nothing, and the others still run', async () => {
  await shop.schedule(nightly);
  sql(db => {
    db.prepare(
      "INSERT INTO schedules SELECT environment, 'aaa', 'a2345678', schedule, sealed_plan, since FROM schedules",
    ).run();
  });
  shop.passDays(1);
  expect(await shop.tick()).toMatchObject({
    ticked: [{ set: 'data', did: [{ status: 'done' }] }],
    failed: [{ set: 'aaa' }],
  });
  expect(await (await shop.vigie.store()).moments.list({ environment: 'test', name: 'aaa' })).toEqual([]);
});

test('one that is moved to another set does not open', async () => {
  await shop.edit(text => `${text}        twin: {engine: sqlite, path: /nowhere/twin.db, to: [disk]}\n`);
  await shop.schedule(nightly);
  sql(db => db.prepare("UPDATE schedules SET name = 'twin'").run());
  expect(await nextNight()).toMatch(/^failed: .*does not open/);
});

test('an approver who was removed approves nothing any more', async () => {
  await shop.schedule(nightly);
  expect(await nextNight()).toMatch(/^done/);
  const { approversFile: file } = await loadConfig({ file: shop.configFile, env: shop.env });
  const bob = { person: 'bob', key: await cheapKey('bob') };
  const by = { person: 'alice', key: shop.key };
  await addApprover({ file, ...bob, by, via: 'vitest', now: shop.now() });
  await removeApprover({ file, person: 'alice', by: bob, now: shop.now() });
  expect(await nextNight()).toMatch(/^plan_changed: .*alice, who was no approver then/);
});

test('a run that says it went under an approval that is not in the audit breaks its proof', async () => {
  await shop.schedule(nightly);
  await nextNight();
  const { proveAudit } = await import('../../src/pipeline/prove-audit.ts');
  expect(await proveAudit(shop.vigie)).toMatchObject({ ok: true });
  const { audit } = await shop.vigie.store();
  await audit.append({
    event: 'started',
    changeId: 'a2345678',
    environment: 'test',
    facts: { standing: { schedule: 'data', change: 'b2345678', approver: 'alice', digest: 'x' } },
  });
  expect(await proveAudit(shop.vigie)).toMatchObject({
    ok: false,
    what: expect.stringContaining('approval'),
  });
});
