import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, describe, expect, test } from 'vitest';
import { recordChecks } from '../../src/cli/doctor/records.ts';
import { addApprover, removeApprover } from '../../src/config/approvers.ts';
import { signedText } from '../../src/core/approval.ts';
import { canonicalJson, isObject } from '../../src/core/json.ts';
import { isPolicyAccepted } from '../../src/pipeline/accepted-policy.ts';
import { readKillSwitch } from '../../src/pipeline/kill-switch.ts';
import { proveAudit } from '../../src/pipeline/prove-audit.ts';
import { type Review, reviewTicket, settle } from '../../src/pipeline/settle.ts';
import { trustedApprovers } from '../../src/pipeline/trusted-approvers.ts';
import { type AuditEntry, type AuditEvent, hashOf } from '../../src/store/audit-row.ts';
import { liftingStatement, policyStatement, recordApprovers } from '../support/sign-statement.ts';
import {
  allowEverything,
  askEverything,
  cheapKey,
  idOf,
  startVigie,
  type TestVigie,
} from '../support/start-vigie.ts';

// Somebody who can write the store and the approvers file, and has nobody's passphrase.

const web = { kind: 'Deployment', name: 'web', namespace: 'shop' };
const signal = new AbortController().signal;
let running: TestVigie | undefined;

afterEach(async () => {
  await running?.stop();
  running = undefined;
});

async function start(...setup: Parameters<typeof startVigie>): Promise<TestVigie> {
  running = await startVigie(...setup);
  return running;
}

function tamper({ dir }: TestVigie, statement: string, ...values: unknown[]): void {
  const db = new Sqlite(join(dir, 'data', 'vigie.db'));
  db.prepare(statement).run(...values);
  db.close();
}

/** Writes the chain anew with some facts edited, every hash and every pinned row fitting again. */
async function rewrite(
  vigie: TestVigie,
  edit: (facts: AuditEntry['facts'], event: AuditEvent) => AuditEntry['facts'],
): Promise<void> {
  const { audit } = await vigie.vigie.store();
  const db = new Sqlite(join(vigie.dir, 'data', 'vigie.db'));
  const moved = new Map<string, string>();
  let previous = '0'.repeat(64);
  for (const { hash: former, ...row } of (await audit.list({ limit: 1_000 })).reverse()) {
    const text = canonicalJson(row.facts).replaceAll(/[0-9a-f]{64}/g, hash => moved.get(hash) ?? hash);
    const parsed: unknown = JSON.parse(text);
    if (!isObject(parsed)) throw new Error('facts are an object');
    const facts = edit(parsed, row.event);
    const hash = hashOf({ ...row, facts, previous });
    db.prepare('update audit set facts = ?, previous = ?, hash = ? where sequence = ?').run(
      canonicalJson(facts),
      previous,
      hash,
      row.sequence,
    );
    moved.set(former, hash);
    previous = hash;
  }
  db.close();
}

const scale = (vigie: TestVigie, replicas: number) => vigie.call('k8s_scale', { target: web, replicas });

const setSwitch = async ({ vigie }: TestVigie) =>
  (await vigie.store()).settings.setKillSwitch({
    on: true,
    by: 'bob',
    why: 'drill',
    audit: { event: 'kill_switch_on', facts: {} },
  });

const lift = async (vigie: TestVigie) =>
  (await vigie.vigie.store()).settings.setKillSwitch({
    on: false,
    by: 'alice',
    why: '',
    signed: await liftingStatement(vigie.vigie, { key: vigie.key }),
    audit: { event: 'kill_switch_off', facts: {} },
  });

describe('a policy', () => {
  test('is not accepted by a row that nobody signed, or that a stranger signed in the name of an approver', async () => {
    const vigie = await start({ policy: allowEverything, accept: false });
    const { hash } = await vigie.vigie.policy();
    tamper(vigie, "insert into settings (key, value) values ('policy.accepted', ?)", hash);
    expect((await scale(vigie, 3)).data).toMatchObject({ rule: 'policy.unaccepted' });
    const store = await vigie.vigie.store();
    await store.audit.append({ event: 'policy_accepted', facts: { policyHash: hash } });
    expect((await scale(vigie, 3)).data).toMatchObject({ rule: 'policy.unaccepted' });
    const signed = await policyStatement(vigie.vigie, { key: await cheapKey('mallory') });
    await store.settings.setAcceptedPolicy({ signed, audit: { event: 'policy_accepted', facts: {} } });
    expect((await scale(vigie, 3)).data).toMatchObject({ rule: 'policy.unaccepted' });
    expect(await proveAudit(vigie.vigie)).toMatchObject({ ok: false });
  });

  test('is accepted for exactly one hash, and by nobody who is no approver any more', async () => {
    const vigie = await start({ policy: allowEverything });
    const { hash } = await vigie.vigie.policy();
    expect(await isPolicyAccepted(vigie.vigie, hash)).toBe(true);
    expect(await isPolicyAccepted(vigie.vigie, '0'.repeat(64))).toBe(false);
    const file = join(vigie.dir, 'config', 'approvers.yaml');
    const key = await cheapKey('bob');
    const by = { person: 'alice', key: vigie.key };
    await addApprover({ file, person: 'bob', key, by, via: 'x', now: new Date() });
    await removeApprover({ file, person: 'alice', by: { person: 'bob', key }, now: new Date() });
    expect(await isPolicyAccepted(vigie.vigie, hash)).toBe(false);
    expect((await scale(vigie, 3)).data).toMatchObject({ rule: 'policy.unaccepted' });
  });

  test('that was accepted earlier is no longer when another one was accepted since', async () => {
    const vigie = await start({ policy: allowEverything });
    const { hash } = await vigie.vigie.policy();
    const { settings } = await vigie.vigie.store();
    const signed = await policyStatement(vigie.vigie, { key: vigie.key, policyHash: 'a'.repeat(64) });
    await settings.setAcceptedPolicy({ signed, audit: { event: 'policy_accepted', facts: {} } });
    expect(await isPolicyAccepted(vigie.vigie, hash)).toBe(false);
    expect(await isPolicyAccepted(vigie.vigie, 'a'.repeat(64))).toBe(true);
  });

  test('that was accepted earlier is not so again by its old row written once more', async () => {
    const vigie = await start({ policy: allowEverything });
    const { hash } = await vigie.vigie.policy();
    const { settings, audit } = await vigie.vigie.store();
    const [old] = await audit.list({ events: ['policy_accepted'], limit: 1 });
    if (old === undefined) throw new Error('nothing was accepted');
    const signed = await policyStatement(vigie.vigie, { key: vigie.key, policyHash: 'a'.repeat(64) });
    await settings.setAcceptedPolicy({ signed, audit: { event: 'policy_accepted', facts: {} } });
    expect(await proveAudit(vigie.vigie)).toMatchObject({ ok: true });
    await expect(
      settings.setAcceptedPolicy({ signed, audit: { event: 'policy_accepted', facts: {} } }),
    ).rejects.toMatchObject({ code: 'CONFLICT' });
    await audit.append({ event: 'policy_accepted', facts: old.facts });
    expect(await isPolicyAccepted(vigie.vigie, hash)).toBe(false);
    expect(await proveAudit(vigie.vigie)).toMatchObject({ ok: false, sequence: 3 });
  });
});

describe('the kill switch', () => {
  test('stays on when its row is deleted or set to off', async () => {
    const vigie = await start({ policy: allowEverything });
    await setSwitch(vigie);
    tamper(vigie, "update settings set value = 'off' where key = 'kill-switch'");
    expect((await scale(vigie, 3)).data).toMatchObject({ rule: 'kill-switch' });
    tamper(vigie, "delete from settings where key like 'kill-switch%'");
    expect((await scale(vigie, 3)).data).toMatchObject({ rule: 'kill-switch' });
    await lift(vigie);
    expect((await scale(vigie, 3)).status).toBe('done');
    expect(await proveAudit(vigie.vigie)).toMatchObject({ ok: true });
  });

  test('is not lifted by a row that nobody signed, nor by an earlier signature', async () => {
    const vigie = await start({ policy: allowEverything });
    await setSwitch(vigie);
    await lift(vigie);
    const { audit } = await vigie.vigie.store();
    const [lifted] = await audit.list({ events: ['kill_switch_off'], limit: 1 });
    await setSwitch(vigie);
    tamper(vigie, "delete from settings where key like 'kill-switch%'");
    for (const facts of [{}, lifted?.facts ?? {}]) {
      await audit.append({ event: 'kill_switch_off', facts });
      expect((await scale(vigie, 3)).data).toMatchObject({ rule: 'kill-switch' });
    }
    expect((await readKillSwitch(vigie.vigie)).why).toContain('was signed for another row');
    expect(await proveAudit(vigie.vigie)).toMatchObject({ ok: false });
    await lift(vigie);
    expect((await scale(vigie, 3)).status).toBe('done');
  });
});

describe('the approvers file', () => {
  const fileOf = ({ dir }: TestVigie) => join(dir, 'config', 'approvers.yaml');

  async function withRecordedAlice(policy = askEverything): Promise<TestVigie> {
    const vigie = await start({ policy });
    const { publicKey } = vigie.key;
    await recordApprovers(vigie.vigie, {
      event: 'approver_added',
      person: 'alice',
      publicKey,
    });
    return vigie;
  }

  test('that is older than the audit says lets nobody approve, and doctor says so', async () => {
    const vigie = await withRecordedAlice();
    const file = fileOf(vigie);
    const bob = await cheapKey('bob');
    const by = { person: 'alice', key: vigie.key };
    await addApprover({ file, person: 'bob', key: bob, by, via: 'x', now: new Date() });
    await recordApprovers(vigie.vigie, { event: 'approver_added', person: 'bob' });
    const withBob = readFileSync(file, 'utf8');
    await removeApprover({ file, person: 'bob', by, now: new Date() });
    await recordApprovers(vigie.vigie, { event: 'approver_removed', person: 'bob' });
    const asked = idOf(await scale(vigie, 3));
    writeFileSync(file, withBob);
    const signed = { person: 'bob', key: bob };
    await expect(vigie.approve(asked, signed)).rejects.toMatchObject({ code: 'BAD_SIGNATURE' });
    await expect(vigie.approve(asked)).rejects.toMatchObject({ code: 'BAD_SIGNATURE' });
    const wrong: string[] = [];
    for await (const { state, what } of recordChecks(vigie.vigie, signal)) {
      if (state === 'wrong') wrong.push(what);
    }
    expect(wrong).toEqual([expect.stringContaining('the approvers file does not have')]);
  });

  test('that was begun anew by a stranger, or is gone, is trusted for nothing', async () => {
    const vigie = await withRecordedAlice(allowEverything);
    const file = fileOf(vigie);
    const mallory = await cheapKey('mallory');
    rmSync(file);
    await expect(trustedApprovers(vigie.vigie)).rejects.toMatchObject({ code: 'BAD_SIGNATURE' });
    const now = new Date(Date.now() - 30 * 24 * 3_600_000);
    await addApprover({ file, person: 'alice', key: mallory, via: 'x', now });
    const signed = await policyStatement(vigie.vigie, { key: mallory });
    const { settings } = await vigie.vigie.store();
    await settings.setAcceptedPolicy({ signed, audit: { event: 'policy_accepted', facts: {} } });
    const asked = await scale(vigie, 3);
    expect(asked.data).toMatchObject({ rule: 'policy.unaccepted' });
    await expect(vigie.approve(idOf(asked), { key: mallory })).rejects.toMatchObject({
      code: 'BAD_SIGNATURE',
    });
    // What needs nobody's key still works.
    await setSwitch(vigie);
    expect(await readKillSwitch(vigie.vigie)).toMatchObject({ on: true });
  });

  test('that was begun anew shows against what was signed before, too', async () => {
    const vigie = await start();
    await vigie.approve(idOf(await scale(vigie, 3)));
    const file = fileOf(vigie);
    const mallory = await cheapKey('mallory');
    rmSync(file);
    await addApprover({ file, person: 'alice', key: mallory, via: 'x', now: new Date() });
    const asked = idOf(await scale(vigie, 4));
    await expect(vigie.approve(asked, { key: mallory })).rejects.toMatchObject({ code: 'BAD_SIGNATURE' });
  });

  test('cannot tell of an earlier addition than the audit does', async () => {
    const vigie = await start();
    const file = fileOf(vigie);
    const bob = await cheapKey('bob');
    const now = new Date(Date.now() - 30 * 24 * 3_600_000);
    await addApprover({
      file,
      person: 'bob',
      key: bob,
      by: { person: 'alice', key: vigie.key },
      via: 'x',
      now,
    });
    const { publicKey } = bob;
    await recordApprovers(vigie.vigie, { event: 'approver_added', person: 'bob', publicKey });
    const { screen } = await review(vigie, idOf(await scale(vigie, 3)));
    expect(screen).toContain('approver bob was added at');
    expect(screen).not.toContain(now.toISOString());
  });
});

describe('the audit', () => {
  test('does not take the approval of a stranger in the name of an approver', async () => {
    const vigie = await start();
    expect((await vigie.approve(idOf(await scale(vigie, 3)))).status).toBe('done');
    expect(await proveAudit(vigie.vigie)).toMatchObject({ ok: true });
    const mallory = await cheapKey('mallory');
    await rewrite(vigie, (facts, event) => {
      const { approval } = facts;
      if (event !== 'approved' || !isObject(approval)) return facts;
      const payload: unknown = approval['payload'];
      const signature = mallory.sign(canonicalJson(payload));
      return { ...facts, approval: { ...approval, signature, publicKey: mallory.publicKey } };
    });
    const verdict = await proveAudit(vigie.vigie);
    expect(verdict).toMatchObject({ ok: false, what: expect.stringContaining("was never alice's") });
  });

  test('does not take a row that says approved without an approval, or with that of another change', async () => {
    const vigie = await start();
    await vigie.approve(idOf(await scale(vigie, 3)));
    const { audit } = await vigie.vigie.store();
    const [approved] = await audit.list({ events: ['approved'], limit: 1 });
    if (approved === undefined) throw new Error('nothing was approved');
    await audit.append({ ...approved, changeId: 'zzzzzzzz' });
    expect(await proveAudit(vigie.vigie)).toMatchObject({ what: expect.stringContaining('another change') });
    await vigie.stop();
    const second = await start();
    const other = await second.vigie.store();
    await other.audit.append({ event: 'approved', facts: { approver: 'alice' } });
    expect(await proveAudit(second.vigie)).toMatchObject({
      ok: false,
      what: expect.stringContaining('no approval'),
    });
  });

  test('knows a removed approver for the time before, and not after', async () => {
    const vigie = await start();
    const file = join(vigie.dir, 'config', 'approvers.yaml');
    await vigie.approve(idOf(await scale(vigie, 3)));
    const { audit } = await vigie.vigie.store();
    const [approved] = await audit.list({ events: ['approved'], limit: 1 });
    if (approved === undefined) throw new Error('nothing was approved');
    const bob = await cheapKey('bob');
    const now = new Date(Date.now() + 600_000);
    await addApprover({
      file,
      person: 'bob',
      key: bob,
      by: { person: 'alice', key: vigie.key },
      via: 'x',
      now,
    });
    await removeApprover({ file, person: 'alice', by: { person: 'bob', key: bob }, now });
    expect(await proveAudit(vigie.vigie)).toMatchObject({ ok: true });
    vigie.passTime(3_600_000);
    await audit.append(approved);
    expect(await proveAudit(vigie.vigie)).toMatchObject({
      what: expect.stringContaining('no approver then'),
    });
  });
});

async function review({ vigie }: TestVigie, id: string): Promise<Review> {
  const opened = await reviewTicket(vigie, { id, person: 'alice', signal });
  if (!('review' in opened)) throw new Error(opened.result.text);
  return opened.review;
}

describe('a ticket', () => {
  test('runs out when its sealed plan says, whatever its row says', async () => {
    const vigie = await start({ policy: '{low: ask, medium: ask, high: ask, ticketTtl: 1m}' });
    const id = idOf(await scale(vigie, 3));
    const { payload } = await review(vigie, id);
    tamper(vigie, "update changes set expires_at = '2099-01-01T00:00:00.000Z' where id = ?", id);
    const { key } = vigie;
    for (const expiresAt of [payload.expiresAt, '2099-01-01T00:00:00.000Z', 'never']) {
      const content = { ...payload, expiresAt };
      const by = {
        payload: content,
        signature: key.sign(signedText('approval', content)),
        publicKey: key.publicKey,
      };
      if (expiresAt !== payload.expiresAt)
        await expect(settle(vigie.vigie, { id, by, signal })).rejects.toMatchObject({
          code: 'BAD_SIGNATURE',
        });
      vigie.passTime(61_000);
      await expect(settle(vigie.vigie, { id, by, signal })).rejects.toMatchObject({ code: 'TICKET_CLOSED' });
      vigie.passTime(-61_000);
    }
    vigie.passTime(61_000);
    await expect(vigie.approve(id)).rejects.toMatchObject({ code: 'TICKET_CLOSED' });
  });

  test('is not settled by an approval that pins a row the audit does not have', async () => {
    const vigie = await start();
    const id = idOf(await scale(vigie, 3));
    const payload = { ...(await review(vigie, id)).payload, auditHead: 'f'.repeat(64) };
    const { key } = vigie;
    const by = { payload, signature: key.sign(signedText('approval', payload)), publicKey: key.publicKey };
    await expect(settle(vigie.vigie, { id, by, signal })).rejects.toMatchObject({ code: 'BAD_SIGNATURE' });
    expect((await vigie.approve(id)).status).toBe('done');
  });
});
