import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/core/plan.ts';
import { trusted } from '../../src/core/trusted-text.ts';
import type { Store } from '../../src/store/store.ts';
import { openTemporary } from './open-temporary.ts';
import { roomFor, samplePlan } from './sample-plan.ts';
import { sampleApproval } from './sample-store.ts';

const record = { summary: 'scale web to 5', diff: '-3\n+5', undo: 'possible' };
const expiresAt = '2026-11-21T12:00:00.000Z';
const leaseMs = 30_000;

async function propose(store: Store, plan: Plan = samplePlan()) {
  const proposed = await store.changes.propose({
    plan,
    record,
    state: 'waiting',
    expiresAt,
    within: roomFor(plan),
    audit: { event: 'ticketed', changeId: plan.id, environment: plan.environment, facts: {} },
  });
  if ('instead' in proposed) throw new Error(proposed.instead.why);
  return proposed;
}

async function claim(store: Store, id: string, owner = 'p1') {
  return store.changes.claim({
    id,
    owner,
    leaseMs,
    approval: sampleApproval({ ticket: id }),
    audit: { event: 'approved', changeId: id, facts: { approver: 'bob' } },
  });
}

/** Proposed, claimed and applied as far as `applied` names steps. */
async function execute(
  store: Store,
  some: { plan?: Plan; applied?: readonly number[]; started?: readonly number[] } = {},
) {
  const plan = some.plan ?? samplePlan();
  await propose(store, plan);
  const epoch = (await claim(store, plan.id))?.epoch ?? -1;
  const id = plan.id;
  for (const index of [...(some.applied ?? []), ...(some.started ?? [])]) {
    const change = plan.changes[index];
    const wayBack = change === undefined ? [] : [{ ...change, patch: { step: index } }];
    await store.changes.stepStarted({
      id,
      epoch,
      index,
      wayBack: { irreversible: trusted`not applied yet` },
    });
    if (some.started?.includes(index) === true) continue;
    await store.changes.stepApplied({
      id,
      epoch,
      index,
      applied: { uid: 'u', resourceVersion: '7' },
      wayBack,
    });
  }
  return { id, epoch, owner: 'p1' };
}

function finish(
  store: Store,
  at: { id: string; epoch: number; owner: string },
  state: 'done' | 'failed' | 'returned' | 'interrupted' = 'done',
) {
  return store.changes.finish({
    ...at,
    state,
    evidence: ['5/5 ready'],
    audit: { event: 'finished', changeId: at.id, environment: 'prod', facts: { state } },
  });
}

describe('a ticket', () => {
  test('shows everything that is not secret, and gives the plan back as it was', async () => {
    const { store } = await openTemporary();
    const plan = samplePlan({ reason: 'load', undoOf: 'k1111111' });
    const { record: shown, existing } = await propose(store, plan);
    expect(existing).toBe(false);
    expect(shown).toMatchObject({
      id: plan.id,
      state: 'waiting',
      ...record,
      reason: 'load',
      undoOf: 'k1111111',
      expiresAt,
    });
    expect(shown.targets).toEqual([
      { kind: 'Deployment', name: 'web', namespace: 'shop', apiVersion: 'apps/v1' },
    ]);
    expect(await store.changes.get(plan.id)).toEqual(shown);
    expect(await store.changes.plan(plan.id)).toEqual(plan);
  });

  test('with an equal digest in the same environment is the one that is open already', async () => {
    const { store } = await openTemporary();
    const first = samplePlan();
    await propose(store, first);
    const again = await propose(store, samplePlan({ digest: first.digest }));
    expect(again).toMatchObject({ existing: true, record: { id: first.id } });
    expect((await store.audit.head()).sequence).toBe(1);
    const elsewhere = await propose(store, samplePlan({ digest: first.digest, environment: 'dev' }));
    expect(elsewhere.existing).toBe(false);
  });

  test('that was closed does not stand in for a new one', async () => {
    const { store } = await openTemporary();
    const first = samplePlan();
    await propose(store, first);
    await store.changes.close({
      id: first.id,
      from: 'waiting',
      to: 'plan_changed',
      audit: { event: 'plan_changed', changeId: first.id, facts: {} },
    });
    expect((await propose(store, samplePlan({ digest: first.digest }))).existing).toBe(false);
    expect(await store.changes.get(first.id)).toMatchObject({ state: 'plan_changed' });
  });

  test('is claimed once', async () => {
    const { store } = await openTemporary();
    const { record: ticket } = await propose(store);
    expect(await claim(store, ticket.id)).toEqual({ epoch: 1 });
    expect(await claim(store, ticket.id, 'p2')).toBeUndefined();
    expect(await store.changes.get(ticket.id)).toMatchObject({ state: 'executing', decidedBy: 'bob' });
    expect((await store.audit.list({ limit: 9 })).map(row => row.event)).toEqual(['approved', 'ticketed']);
  });

  test('is never recorded as decided by a person whose name a client gave itself', async () => {
    const { store } = await openTemporary();
    const { record: ticket } = await propose(store);
    await store.changes.claim({
      id: ticket.id,
      owner: 'p1',
      leaseMs: 30_000,
      approval: { unsigned: 'unauthenticated-client', by: 'alice' },
      audit: { event: 'approved', changeId: ticket.id, facts: {} },
    });
    const { decidedBy } = await store.changes.get(ticket.id);
    expect(decidedBy).toBe('unauthenticated-client:alice');
  });

  test('cannot be claimed after its time, and reads as expired before anybody closes it', async () => {
    const { store, clock } = await openTemporary();
    const { record: ticket } = await propose(store);
    clock.advance(2 * 3600_000);
    expect(await claim(store, ticket.id)).toBeUndefined();
    expect((await store.changes.get(ticket.id)).state).toBe('expired');
    expect(await store.changes.list({ states: ['waiting'], limit: 9 })).toEqual([]);
    expect(await store.changes.list({ states: ['expired'], limit: 9 })).toMatchObject([{ id: ticket.id }]);
    expect(await store.changes.expireDue()).toEqual([ticket.id]);
    expect(await store.changes.expireDue()).toEqual([]);
    await expect(store.changes.plan(ticket.id)).rejects.toMatchObject({
      code: 'TICKET_CLOSED',
      details: { state: 'expired' },
    });
    expect((await store.audit.list({ limit: 1 }))[0]).toMatchObject({
      event: 'expired',
      changeId: ticket.id,
    });
  });

  test('is void after five wrong passphrases, and the approver pauses for 15 minutes', async () => {
    const { store, clock } = await openTemporary();
    const { record: ticket } = await propose(store);
    const wrong = () =>
      store.changes.countWrongPassphrase({
        id: ticket.id,
        approver: 'bob',
        audit: { event: 'wrong_passphrase', changeId: ticket.id, facts: { approver: 'bob' } },
      });
    const left: number[] = [];
    for (let attempt = 0; attempt < 5; attempt++) left.push(await wrong());
    expect(left).toEqual([4, 3, 2, 1, 0]);
    expect((await store.changes.get(ticket.id)).state).toBe('void');
    expect(await claim(store, ticket.id)).toBeUndefined();
    expect(await store.changes.pausedUntil('bob')).toBe('2026-11-21T10:15:00.000Z');
    expect(await store.changes.pausedUntil('carol')).toBeUndefined();
    clock.advance(15 * 60_000);
    expect(await store.changes.pausedUntil('bob')).toBeUndefined();
    const events = (await store.audit.list({ limit: 2 })).map(row => row.event);
    expect(events).toEqual(['voided', 'wrong_passphrase']);
  });

  test("that is approved makes the approver's earlier slips forgotten", async () => {
    const { store } = await openTemporary();
    const wrong = () =>
      store.changes.countWrongPassphrase({
        approver: 'bob',
        audit: { event: 'wrong_passphrase', facts: {} },
      });
    for (const left of [4, 3, 2, 1]) expect(await wrong()).toBe(left);
    const { record: ticket } = await propose(store);
    await claim(store, ticket.id);
    expect(await wrong()).toBe(4);
  });

  test('under an unknown id is refused with the nearest ids', async () => {
    const { store } = await openTemporary();
    await propose(store, samplePlan({ id: 'k3x9qf2m' }));
    await expect(store.changes.get('k3x9qf2n')).rejects.toMatchObject({
      code: 'UNKNOWN_CHANGE',
      details: { nearest: ['k3x9qf2m'] },
    });
    expect((await store.changes.get('K3X9QF2M')).id).toBe('k3x9qf2m');
  });
});

describe('while it executes', () => {
  test('the fence lets only the owner of the newest epoch write', async () => {
    const { store } = await openTemporary();
    const at = await execute(store);
    expect(await store.changes.fence({ ...at, leaseMs })).toBe(true);
    expect(await store.changes.fence({ ...at, owner: 'p2', leaseMs })).toBe(false);
    expect(await store.changes.fence({ ...at, epoch: at.epoch + 1, leaseMs })).toBe(false);
  });

  test('the kill switch stops every write, and letting go of it lets them through again', async () => {
    const { store } = await openTemporary();
    const at = await execute(store);
    const said = { by: 'bob', why: 'drill' };
    const setOn = () =>
      store.settings.setKillSwitch({ on: true, ...said, audit: { event: 'kill_switch_on', facts: {} } });
    const lift = (lifts: string) => {
      const statement = {
        v: 1,
        act: 'kill-switch-off',
        approver: 'bob',
        at: '2026-11-21T10:00:00.000Z',
        auditHead: lifts,
        lifts,
      } as const;
      const signed = { statement, signature: 's', publicKey: 'k' };
      const audit = { event: 'kill_switch_off', facts: {} } as const;
      return store.settings.setKillSwitch({ on: false, ...said, signed, audit });
    };
    await setOn();
    expect(await store.settings.killSwitch()).toEqual({
      on: true,
      by: 'bob',
      why: 'drill',
      at: '2026-11-21T10:00:00.000Z',
    });
    expect(await store.changes.fence({ ...at, leaseMs })).toBe(false);
    // Who only waits for health keeps its lease, so that nobody takes it for dead.
    expect(await store.changes.renew({ ...at, leaseMs })).toBe(true);
    expect(await store.changes.renew({ ...at, owner: 'p2', leaseMs })).toBe(false);
    const first = (await store.audit.head()).hash;
    // Whoever sets it again and again neither fills the audit nor keeps an approver from lifting it.
    expect(await setOn()).toMatchObject({ onBefore: { on: true, by: 'bob', why: 'drill' } });
    expect((await store.audit.head()).hash).toBe(first);
    await lift(first);
    expect(await store.changes.fence({ ...at, leaseMs })).toBe(true);
    expect(await setOn()).toEqual({});
    // Signed before it was set again.
    await expect(lift(first)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await store.changes.fence({ ...at, leaseMs })).toBe(false);
    await lift((await store.audit.head()).hash);
    expect(await store.changes.fence({ ...at, leaseMs })).toBe(true);
  });

  test('the kill switch is set on, and recorded, where its own row says so and the audit does not', async () => {
    const { store, tamper } = await openTemporary();
    tamper("insert into settings (key, value) values ('kill-switch', 'on')");
    const audit = { event: 'kill_switch_on', facts: {} } as const;
    expect(await store.settings.setKillSwitch({ on: true, by: 'bob', why: 'drill', audit })).toEqual({});
    expect((await store.audit.list({ limit: 9 })).map(({ event }) => event)).toEqual(['kill_switch_on']);
  });

  test('the kill switch holds writes back after its own row is gone, as long as the audit has it on', async () => {
    const { store, tamper } = await openTemporary();
    const at = await execute(store);
    const audit = { event: 'kill_switch_on', facts: {} } as const;
    await store.settings.setKillSwitch({ on: true, by: 'bob', why: 'drill', audit });
    tamper("delete from settings where key like 'kill-switch%'");
    expect(await store.changes.fence({ ...at, leaseMs })).toBe(false);
  });

  test('a lapsed lease can be adopted for observing, once, and shuts the former owner out', async () => {
    const { store, clock } = await openTemporary();
    const at = await execute(store, { applied: [0] });
    expect(await store.changes.lapsed()).toEqual([]);
    expect(await store.changes.adopt({ ...at, owner: 'p2', leaseMs })).toBeUndefined();
    clock.advance(leaseMs);
    expect(await store.changes.lapsed()).toMatchObject([{ id: at.id, owner: 'p1', epoch: 1 }]);
    expect(await store.changes.adopt({ ...at, owner: 'p2', leaseMs })).toEqual({ epoch: 2 });
    expect(await store.changes.adopt({ ...at, owner: 'p3', leaseMs })).toBeUndefined();
    expect(await store.changes.fence({ ...at, leaseMs })).toBe(false);
    const late = store.changes.stepEnded({ ...at, index: 0, state: 'verified', evidence: [] });
    await expect(late).rejects.toMatchObject({ code: 'TICKET_CLOSED' });
    await expect(finish(store, at)).rejects.toMatchObject({ code: 'TICKET_CLOSED' });
    await finish(store, { id: at.id, owner: 'p2', epoch: 2 }, 'interrupted');
    expect((await store.changes.get(at.id)).state).toBe('interrupted');
  });

  test('the time by which it had to be approved no longer matters', async () => {
    const { store, clock } = await openTemporary();
    const at = await execute(store, { applied: [0] });
    clock.advance(3 * 3600_000);
    expect((await store.changes.get(at.id)).state).toBe('executing');
    expect(await store.changes.expireDue()).toEqual([]);
    await finish(store, at);
    expect((await store.changes.get(at.id)).state).toBe('done');
  });

  test('a renewed lease has not lapsed', async () => {
    const { store, clock } = await openTemporary();
    const at = await execute(store);
    clock.advance(leaseMs - 1);
    expect(await store.changes.fence({ ...at, leaseMs })).toBe(true);
    clock.advance(leaseMs - 1);
    expect(await store.changes.lapsed()).toEqual([]);
  });

  test('each step says how far it came', async () => {
    const { store } = await openTemporary();
    const at = await execute(store, {
      plan: samplePlan({ names: ['a', 'b', 'c'] }),
      applied: [0],
      started: [1],
    });
    await store.changes.stepEnded({ ...at, index: 0, state: 'verified', evidence: ['ready'] });
    expect(await store.changes.steps(at.id)).toMatchObject([
      {
        index: 0,
        state: 'verified',
        uid: 'u',
        resourceVersion: '7',
        evidence: ['ready'],
        target: { name: 'a' },
      },
      { index: 1, state: 'started', target: { name: 'b' } },
      { index: 2, state: 'pending', target: { name: 'c' } },
    ]);
  });

  test('somebody who waits sees the end', async () => {
    const { store } = await openTemporary();
    const at = await execute(store, { applied: [0] });
    const waiting = store.changes.wait(at.id, { timeoutMs: 20_000, signal: new AbortController().signal });
    await pause(20);
    await finish(store, at);
    expect(await waiting).toMatchObject({ state: 'done', evidence: ['5/5 ready'] });
  });

  test('somebody who waits too briefly sees what stands, and one who is stopped is told', async () => {
    const { store } = await openTemporary();
    const at = await execute(store);
    const signal = new AbortController().signal;
    expect((await store.changes.wait(at.id, { timeoutMs: 1, signal })).state).toBe('executing');
    const stopped = store.changes.wait(at.id, { timeoutMs: 20_000, signal: AbortSignal.timeout(5) });
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('the way back', () => {
  test('is that of the last step first', async () => {
    const { store } = await openTemporary();
    const at = await execute(store, { plan: samplePlan({ names: ['a', 'b'] }), applied: [0, 1] });
    await expect(store.changes.wayBack(at.id)).rejects.toMatchObject({
      code: 'NO_UNDO',
      details: { why: expect.stringContaining('it can be undone after 2026-11-21T10:00:30.000Z') },
    });
    await finish(store, at);
    expect(await store.changes.wayBack(at.id)).toMatchObject([
      { target: { name: 'b' }, patch: { step: 1 } },
      { target: { name: 'a' }, patch: { step: 0 } },
    ]);
  });

  test('covers only what was applied and still stands', async () => {
    const { store } = await openTemporary();
    const at = await execute(store, { plan: samplePlan({ names: ['a', 'b', 'c'] }), applied: [0, 1] });
    await store.changes.stepEnded({ ...at, index: 1, state: 'returned', evidence: [] });
    await finish(store, at, 'failed');
    expect(await store.changes.wayBack(at.id)).toMatchObject([{ target: { name: 'a' } }]);
  });

  test.each([
    ['returned' as const, { applied: [0] }, 'what was applied was taken back already'],
    ['failed' as const, {}, 'nothing of it was applied'],
    [
      'interrupted' as const,
      { started: [0] },
      'it was interrupted, and whether its last step reached the cluster is not known: look at the object first',
    ],
  ])('there is none when the change ended as %s with %j', async (state, steps, why) => {
    const { store } = await openTemporary();
    const at = await execute(store, steps);
    await finish(store, at, state);
    await expect(store.changes.wayBack(at.id)).rejects.toMatchObject({ code: 'NO_UNDO', details: { why } });
  });

  test('is refused with the reason when one step cannot be taken back', async () => {
    const { store } = await openTemporary();
    const at = await execute(store);
    await store.changes.stepApplied({
      ...at,
      index: 0,
      applied: { uid: 'u', resourceVersion: '1' },
      wayBack: { irreversible: trusted`the volume is gone` },
    });
    await finish(store, at);
    await expect(store.changes.wayBack(at.id)).rejects.toMatchObject({
      details: { why: 'the volume is gone' },
    });
  });

  test('is deleted after 30 days', async () => {
    const { store, clock } = await openTemporary();
    const at = await execute(store, { applied: [0] });
    await finish(store, at);
    clock.advance(30 * 24 * 3600_000);
    await store.changes.expireDue();
    const why = 'what stood there before was kept until 2026-12-21T10:00:00.000Z';
    await expect(store.changes.wayBack(at.id)).rejects.toMatchObject({ details: { why } });
  });

  test('can be walked once: a done undo marks what it took back and says so in the audit', async () => {
    const { store } = await openTemporary();
    const at = await execute(store, { applied: [0] });
    await finish(store, at);
    const undo = await execute(store, { plan: samplePlan({ undoOf: at.id }), applied: [0] });
    await finish(store, undo);
    expect(await store.changes.get(at.id)).toMatchObject({ undoneBy: undo.id });
    await expect(store.changes.wayBack(at.id)).rejects.toMatchObject({
      details: { why: `it was undone already by ${undo.id}` },
    });
    expect((await store.audit.list({ limit: 1 }))[0]).toMatchObject({
      event: 'undone',
      changeId: at.id,
      facts: { undoneBy: undo.id },
    });
  });

  test('a failed undo leaves the change open to another', async () => {
    const { store } = await openTemporary();
    const at = await execute(store, { applied: [0] });
    await finish(store, at);
    const undo = await execute(store, { plan: samplePlan({ undoOf: at.id }) });
    await finish(store, undo, 'failed');
    expect(await store.changes.wayBack(at.id)).toHaveLength(1);
  });
});

test('changes are listed newest first, page by page, by environment and state', async () => {
  const { store } = await openTemporary();
  const ids: string[] = [];
  for (const minute of [1, 2, 3, 3, 4]) {
    const plan = samplePlan({
      createdAt: `2026-11-21T10:0${minute}:00.000Z`,
      environment: minute === 2 ? 'dev' : 'prod',
    });
    await propose(store, plan);
    ids.push(plan.id);
  }
  const first = await store.changes.list({ limit: 2 });
  const second = await store.changes.list({ limit: 9, before: first.at(-1)?.id ?? '' });
  const listed = [...first, ...second].map(({ id }) => id);
  expect(listed).toHaveLength(5);
  expect(new Set(listed)).toEqual(new Set(ids));
  expect([listed[0], listed[3], listed[4]]).toEqual([ids[4], ids[1], ids[0]]);
  expect(await store.changes.list({ environment: 'dev', limit: 9 })).toMatchObject([{ id: ids[1] }]);
  expect(await store.changes.list({ states: ['done', 'rejected'], limit: 9 })).toEqual([]);
});

test('a transition whose audit row cannot be written has not happened', async () => {
  const { store } = await openTemporary();
  const { record: ticket } = await propose(store);
  const unwritable = {
    event: 'rejected',
    changeId: ticket.id,
    facts: { loop: 1n as unknown as number },
  } as const;
  await expect(
    store.changes.close({ id: ticket.id, from: 'waiting', to: 'rejected', audit: unwritable }),
  ).rejects.toThrow();
  expect((await store.changes.get(ticket.id)).state).toBe('waiting');
  expect(await store.changes.plan(ticket.id)).toMatchObject({ id: ticket.id });
});
