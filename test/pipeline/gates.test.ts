import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';
import { addApprover } from '../../src/config/approvers.ts';
import { loadConfig } from '../../src/config/config.ts';
import { signedText } from '../../src/core/approval.ts';
import { endGates } from '../../src/pipeline/end-gates.ts';
import { proveAudit } from '../../src/pipeline/prove-audit.ts';
import { rejectTicket, reviewTicket } from '../../src/pipeline/settle.ts';
import { seal } from '../../src/store/sealing.ts';
import { addBob, byBob, gatedRun, scale } from '../support/gated-run.ts';
import { askAsAdministrator } from '../support/sandbox-client.ts';
import {
  allowEverything,
  askEverything,
  cheapKey,
  idOf,
  startVigie,
  type TestVigie,
} from '../support/start-vigie.ts';
import { storeServer } from '../support/store-server.ts';

let running: TestVigie | undefined;
afterEach(() => running?.stop());

async function start(setup: Parameters<typeof startVigie>[0] = {}): Promise<TestVigie> {
  running = await startVigie({ hurried: true, ...setup });
  return running;
}

async function replicas(vigie: TestVigie, name = 'web'): Promise<number> {
  const { text } = await vigie.call('k8s_get', { target: { kind: 'Deployment', name, namespace: 'shop' } });
  return Number(/^  replicas: (\d+)$/m.exec(text)?.[1]);
}

/** What was really sent, previews and questions left out. */
function writes({ sandbox }: TestVigie): string[] {
  return sandbox
    .requests()
    .filter(({ method, dryRun, path }) => method !== 'GET' && !dryRun && !path.includes('/self'))
    .map(({ method, path }) => `${method} ${path}`);
}

function sql<T>(vigie: TestVigie, work: (db: Sqlite.Database) => T): T {
  const db = new Sqlite(join(vigie.dir, 'data', 'vigie.db'));
  try {
    return work(db);
  } finally {
    db.close();
  }
}

test('an approved gate sends nothing, and lets its run make exactly that change, once', async () => {
  const vigie = await start();
  const run = gatedRun(vigie);
  const tickets = await run.propose();
  const [ticket = ''] = tickets;
  expect(await vigie.approve(ticket)).toMatchObject({ status: 'done' });
  expect(writes(vigie)).toEqual([]);
  const store = await vigie.vigie.store();
  expect(await store.changes.get(ticket)).toMatchObject({ state: 'approved', decidedBy: 'alice' });
  await expect(vigie.approve(ticket)).rejects.toMatchObject({
    code: 'TICKET_CLOSED',
    message: expect.stringContaining('approved by alice'),
  });

  const done = await run.call(tickets);
  expect(done).toMatchObject({ status: 'done' });
  expect(await replicas(vigie)).toBe(3);
  expect(await store.changes.get(idOf(done))).toMatchObject({ state: 'done', decidedBy: 'alice' });
  const [started] = await store.audit.list({ changeId: idOf(done), events: ['started'], limit: 1 });
  expect(started?.facts['standing']).toMatchObject({
    change: ticket,
    approver: 'alice',
    step: 'up',
    run: run.run,
  });
  expect(await proveAudit(vigie.vigie)).toMatchObject({ ok: true });

  // Put back by a person, the same once more is asked.
  const back = await vigie.call('k8s_scale', scale('web', 2));
  await vigie.approve(idOf(back));
  const again = await run.call(tickets);
  expect(again).toMatchObject({ status: 'approval_required', data: { rule: 'playbook.gate' } });
  expect(again.text).toContain('went under the gate');
  expect(await replicas(vigie)).toBe(2);
});

test('the screen says what agreeing lets happen, for how long, and shows the diff of each step', async () => {
  const vigie = await start({ policy: '{low: ask, medium: ask, high: ask, ticketTtl: 6h}' });
  const run = gatedRun(vigie);
  const [ticket = ''] = await run.propose({
    from: ['leads'],
    calls: [
      { path: 'up', tool: 'k8s_scale', input: scale('web', 3) },
      { path: 'each[0]', tool: 'k8s_scale', input: scale('api', 1) },
    ],
  });
  const { signal } = new AbortController();
  const review = await reviewTicket(vigie.vigie, { id: ticket, person: 'alice', signal });
  const screen = 'review' in review ? review.review.screen : '';
  expect(screen).toContain(`nothing is sent now. Approving lets run ${run.run} of the playbook "trial"`);
  expect(screen).toContain('and nothing else: until it ends, at most 6h after your decision');
  expect(screen).toContain('up (k8s_scale), each[0] (k8s_scale); asked at gate');
  expect(screen).toContain('people of leads');
  expect(screen).toMatch(/^\+ {2}replicas: 3$/m);
  expect(screen).toMatch(/^\+ {2}replicas: 1$/m);
});

test('what is asked at a gate is asked also where policy would let it go, and denied where policy denies it', async () => {
  const vigie = await start({ policy: '{low: allow, medium: allow, high: deny}' });
  const run = gatedRun(vigie);
  const [answer] = await run.ask();
  expect(answer).toMatchObject({ status: 'approval_required', data: { rule: 'playbook.gate' } });
  const [denied] = await run.ask({ calls: [{ path: 'up', tool: 'k8s_scale', input: scale('web', 0) }] });
  expect(denied).toMatchObject({ status: 'denied', data: { rule: 'policy.high' } });
  const [unknown] = await run.ask({ calls: [{ path: 'up', tool: 'k8s_scal', input: {} }] });
  expect(unknown).toMatchObject({ status: 'failed', data: { code: 'UNKNOWN_TOOL' } });
  const [read] = await run.ask({ calls: [{ path: 'up', tool: 'k8s_list', input: { kind: 'Pod' } }] });
  expect(read).toMatchObject({ status: 'failed', data: { code: 'INVALID_INPUT' } });
  const [nothing] = await run.ask({ calls: [{ path: 'up', tool: 'k8s_scale', input: scale('web', 2) }] });
  expect(nothing).toMatchObject({ status: 'nothing_to_do' });
  expect(writes(vigie)).toEqual([]);
});

test('a time that a change draws is that of the plan which people saw', async () => {
  const vigie = await start();
  const run = gatedRun(vigie);
  const input = { target: { kind: 'Deployment', name: 'web', namespace: 'shop' }, action: 'restart' };
  const tickets = await run.propose({ calls: [{ path: 'up', tool: 'k8s_rollout', input }] });
  await vigie.approve(tickets[0] ?? '');
  await vigie.sandbox.advance(5_000);
  expect(await run.call(tickets, { tool: 'k8s_rollout', input })).toMatchObject({ status: 'done' });
});

test('steps of one gate that change one object go one after the other', async () => {
  const vigie = await start();
  const run = gatedRun(vigie);
  const image = {
    target: { kind: 'Deployment', name: 'web', namespace: 'shop' },
    image: ['web=shop/web:2'],
  };
  const tickets = await run.propose({
    calls: [
      { path: 'up', tool: 'k8s_scale', input: scale('web', 3) },
      { path: 'set', tool: 'k8s_set', input: image },
    ],
  });
  await vigie.approve(tickets[0] ?? '');
  expect(await run.call(tickets)).toMatchObject({ status: 'done' });
  expect(await run.call(tickets, { tool: 'k8s_set', input: image, gate: { path: 'set' } })).toMatchObject({
    status: 'done',
  });
});

/** What a run says of a gate that lets nothing through, and what is said of it. */
const strays: [name: string, why: RegExp, more: Parameters<ReturnType<typeof gatedRun>['call']>[1]][] = [
  ['another number than was shown', /called otherwise/, { input: scale('web', 9) }],
  ['another object', /called otherwise/, { input: scale('api', 3) }],
  ['another step', /not among what was approved/, { gate: { path: 'other' } }],
  ['no ticket at all', /nobody was asked/, { gate: { tickets: [] } }],
  ['a ticket that there is not', /no change or ticket/, { gate: { tickets: ['zzzzzzzz'] } }],
];

test.each(strays)('%s is asked about by itself, and nothing is sent', async (_name, why, more) => {
  const vigie = await start({ policy: allowEverything });
  const run = gatedRun(vigie);
  const tickets = await run.propose();
  await vigie.approve(tickets[0] ?? '');
  const answer = await run.call(tickets, more);
  expect(answer).toMatchObject({ status: 'approval_required', data: { rule: 'playbook.gate' } });
  expect(answer.text).toMatch(why);
  expect(writes(vigie)).toEqual([]);
});

test('what would be something else by now is asked anew, with the new diff and why', async () => {
  const vigie = await start();
  const run = gatedRun(vigie);
  const tickets = await run.propose({ from: ['leads'] });
  await vigie.approve(tickets[0] ?? '');
  await vigie.approve(idOf(await vigie.call('k8s_scale', scale('web', 5))));
  const answer = await run.call(tickets, { gate: { from: ['leads'] } });
  expect(answer).toMatchObject({ status: 'approval_required' });
  expect(answer.text).toContain('something else than was shown');
  expect(answer.text).toMatch(/-.*replicas: 5\n\+.*replicas: 3/);
  const { signal } = new AbortController();
  const review = await reviewTicket(vigie.vigie, { id: idOf(answer), person: 'alice', signal });
  expect('review' in review ? review.review.screen : '').toContain('does not cover this');
  const store = await vigie.vigie.store();
  expect((await store.changes.plan(idOf(answer))).from).toEqual(['leads']);
});

test('a gate of another run, or one that somebody else asked for, lets nothing through', async () => {
  const vigie = await start({ policy: allowEverything });
  const other = gatedRun(vigie);
  const tickets = await other.propose();
  await vigie.approve(tickets[0] ?? '');
  const own = gatedRun(vigie);
  const answer = await own.call(tickets);
  expect(answer).toMatchObject({ status: 'approval_required' });
  expect(answer.text).toContain('for another run');
  const forDave = await vigie.call('k8s_scale', scale('web', 3), {
    actor: { ...other.actor, onBehalfOf: 'dave' },
    gate: { path: 'up', tickets, from: [], seats: 1 },
  });
  expect(forDave.text).toContain('for another run');
  expect(writes(vigie)).toEqual([]);
});

test('an open gate, a rejected one, one of a run that has ended and one whose time is over let nothing through', async () => {
  const vigie = await start();
  const run = gatedRun(vigie);
  const open = await run.propose();
  expect((await run.call(open)).text).toContain('is waiting');
  await rejectTicket(vigie.vigie, { id: open[0] ?? '', person: 'carol' });
  expect((await run.call(open)).status).not.toBe('done');

  const ended = gatedRun(vigie);
  const input = scale('web', 4);
  const calls = [{ path: 'up', tool: 'k8s_scale', input }];
  const tickets = await ended.propose({ calls });
  await vigie.approve(tickets[0] ?? '');
  await endGates(vigie.vigie, { run: run.run });
  const store = await vigie.vigie.store();
  expect(await store.changes.get(tickets[0] ?? '')).toMatchObject({ state: 'approved' });
  await endGates(vigie.vigie, { run: ended.run });
  expect(await store.changes.get(tickets[0] ?? '')).toMatchObject({ state: 'void' });
  await expect(vigie.approve(tickets[0] ?? '')).rejects.toMatchObject({ code: 'TICKET_CLOSED' });
  expect((await ended.call(tickets, { input })).text).toContain('is void');

  const late = gatedRun(vigie);
  const held = await late.propose({ calls: [{ path: 'up', tool: 'k8s_scale', input: scale('api', 1) }] });
  await vigie.approve(held[0] ?? '');
  await vigie.sandbox.advance(25 * 3_600_000);
  const listed = async (state: 'approved' | 'expired') =>
    (await store.changes.list({ states: [state], limit: 9 })).map(({ id }) => id);
  expect(await listed('approved')).not.toContain(held[0]);
  expect(await listed('expired')).toContain(held[0]);
  expect((await late.call(held, { input: scale('api', 1) })).text).toContain('is expired');
  expect(writes(vigie)).toEqual([]);
});

test('two processes that come with the same step at once make it once', async () => {
  const vigie = await start();
  const run = gatedRun(vigie);
  const tickets = await run.propose();
  await vigie.approve(tickets[0] ?? '');
  const second = await vigie.reopen();
  try {
    const also = gatedRun({ ...vigie, vigie: second, call: await callOf(second) }, run.run);
    const both = await Promise.all([run.call(tickets), also.call(tickets)]);
    expect(both.filter(({ status }) => status === 'done')).toHaveLength(1);
    expect(writes(vigie)).toHaveLength(1);
  } finally {
    await second.close();
  }
});

async function callOf(vigie: TestVigie['vigie']): Promise<TestVigie['call']> {
  const { runTool } = await import('../../src/pipeline/run-tool.ts');
  const { agent } = await import('../support/start-vigie.ts');
  const { signal } = new AbortController();
  return (tool, input, more) =>
    runTool(vigie, { tool, input, actor: agent, signal, budgetBytes: 40_000, ...more });
}

test('the same step goes again under its gate only when what was tried is known to have failed', async () => {
  const vigie = await start();
  const run = gatedRun(vigie);
  const input = {
    target: { kind: 'Deployment', name: 'web', namespace: 'shop' },
    image: ['web=shop/gone:1'],
    waitSeconds: 30,
  };
  const calls = [{ path: 'up', tool: 'k8s_set', input }];
  const tickets = await run.propose({ calls });
  await vigie.approve(tickets[0] ?? '');
  const first = await run.call(tickets, { tool: 'k8s_set', input });
  expect(first).toMatchObject({ status: 'failed' });
  const store = await vigie.vigie.store();
  expect(await store.changes.get(idOf(first))).toMatchObject({ state: 'returned' });
  const second = await run.call(tickets, { tool: 'k8s_set', input });
  expect(second).toMatchObject({ status: 'failed' });
  expect(idOf(second)).not.toBe(idOf(first));
  expect(await store.changes.get(idOf(second))).toMatchObject({ decidedBy: 'alice', state: 'returned' });
  expect(await proveAudit(vigie.vigie)).toMatchObject({ ok: true });
});

test.each([
  ['ends badly', ['false']],
  ['does not end in its time', ['sleep', '600']],
])('a command that %s under a gate is not sent again under it', async (_how, command) => {
  const vigie = await start({ policy: askEverything });
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'tool' },
    spec: { containers: [{ name: 'main', image: 'shop/tool:1' }] },
  };
  const path = '/api/v1/namespaces/shop/pods';
  await askAsAdministrator(vigie.sandbox, { method: 'POST', path, body: pod });
  await vigie.sandbox.advance(10_000);
  const run = gatedRun(vigie);
  const input = { pod: 'tool', namespace: 'shop', command, timeoutSeconds: 1 };
  const tickets = await run.propose({ calls: [{ path: 'up', tool: 'k8s_exec', input }] });
  await vigie.approve(tickets[0] ?? '');
  const first = await run.call(tickets, { tool: 'k8s_exec', input });
  expect(first).toMatchObject({ status: 'failed' });
  const second = await run.call(tickets, { tool: 'k8s_exec', input });
  expect(second).toMatchObject({ status: 'approval_required', data: { rule: 'playbook.gate' } });
  expect(second.text).toContain(`as ${idOf(first)}: failed`);
  // Nor where the table of uses says that there was none.
  if (storeServer() === undefined) sql(vigie, db => db.prepare('DELETE FROM gate_uses').run());
  const third = await run.call(tickets, { tool: 'k8s_exec', input });
  expect(third).toMatchObject({ status: 'approval_required' });
  expect(vigie.sandbox.requests().filter(({ path: sent }) => sent.includes('/exec?'))).toHaveLength(1);
  expect(await proveAudit(vigie.vigie)).toMatchObject({ ok: true });
});

test('two people must agree, and the same one does not count twice', async () => {
  const vigie = await start({ policy: askEverything });
  await addBob(vigie);
  const run = gatedRun(vigie);
  const tickets = await run.propose({ ids: ['seat1aaa', 'seat2aaa'] });
  const [first = '', second = ''] = tickets;
  await vigie.approve(first);
  const { signal } = new AbortController();
  await expect(reviewTicket(vigie.vigie, { id: second, person: 'alice', signal })).rejects.toMatchObject({
    code: 'NOT_AN_APPROVER',
  });
  const seats = { gate: { seats: 2 } };
  expect((await run.call([first], seats)).text).toContain('2 people must agree');
  // Though the run says that one is enough.
  expect(await run.call([first])).toMatchObject({ status: 'plan_changed' });
  expect(await run.call([first, first], seats)).toMatchObject({ status: 'plan_changed' });
  expect(await run.call(tickets, seats)).toMatchObject({ status: 'plan_changed' });
  expect(writes(vigie)).toEqual([]);
  await byBob(vigie, second);
  expect(await run.call(tickets, seats)).toMatchObject({ status: 'done' });
});

test('whoever was made an approver a moment ago takes no seat beside others', async () => {
  const vigie = await start();
  const run = gatedRun(vigie);
  const tickets = await run.propose({ ids: ['seat1aaa', 'seat2aaa'] });
  await vigie.approve(tickets[0] ?? '');
  const { approversFile: file } = await loadConfig({ file: vigie.configFile, env: vigie.env });
  const by = { person: 'alice', key: vigie.key };
  await addApprover({ file, person: 'bob', key: await cheapKey('bob'), by, via: 'vitest', now: new Date() });
  await expect(byBob(vigie, tickets[1] ?? '')).rejects.toMatchObject({
    code: 'NOT_AN_APPROVER',
    message: expect.stringContaining('one of the 2 people who must agree'),
  });
  expect(await run.call(tickets, { gate: { seats: 2 } })).toMatchObject({ status: 'plan_changed' });
  expect(writes(vigie)).toEqual([]);
  const alone = gatedRun(vigie);
  const [ticket = ''] = await alone.propose();
  expect(await byBob(vigie, ticket)).toMatchObject({ status: 'done' });
});

test('an approval that alice signed for both seats in the same moment counts for one', async () => {
  const vigie = await start();
  await addBob(vigie);
  const tickets = await gatedRun(vigie).propose({ ids: ['seat1aaa', 'seat2aaa'] });
  const both = await Promise.allSettled(tickets.map(id => vigie.approve(id)));
  expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
});

test('only people of the groups that the playbook names may decide, of those that policy lets', async () => {
  const vigie = await start();
  await addBob(vigie);
  const run = gatedRun(vigie);
  const tickets = await run.propose({ from: ['night'] });
  await expect(vigie.approve(tickets[0] ?? '')).rejects.toMatchObject({
    code: 'NOT_AN_APPROVER',
    hint: 'The groups night may. Groups stand in vigie.yaml, people: {alice: {groups: [oncall]}}; who has a key: vigie approvers list',
    details: { groups: ['night'] },
  });
  const [vain = ''] = await run.propose({ from: ['divers'], path: 'other' });
  await expect(vigie.approve(vain)).rejects.toMatchObject({
    hint: expect.stringMatching(
      /^The groups divers may, and nobody is in them\. Groups stand in vigie\.yaml/,
    ),
  });
  await byBob(vigie, tickets[0] ?? '');
  expect(await run.call(tickets, { gate: { from: ['night'] } })).toMatchObject({ status: 'done' });
});

test('groups and approvers count as they are when the step comes', async () => {
  const vigie = await start();
  const run = gatedRun(vigie);
  const tickets = await run.propose({ from: ['leads'] });
  await vigie.approve(tickets[0] ?? '');
  const text = await readFile(vigie.configFile, 'utf8');
  writeFileSync(vigie.configFile, text.replace('groups: [oncall, leads]', 'groups: [oncall]'), {
    mode: 0o600,
  });
  const answer = await run.call(tickets, { gate: { from: ['leads'] } });
  expect(answer.status).toBe('approval_required');
  expect(writes(vigie)).toEqual([]);
});

test('once policy denies it or the kill switch is on, an approved gate lets nothing through', async () => {
  const vigie = await start({ policy: allowEverything });
  const run = gatedRun(vigie);
  const tickets = await run.propose();
  await vigie.approve(tickets[0] ?? '');
  const text = await readFile(vigie.configFile, 'utf8');
  writeFileSync(vigie.configFile, text.replace('low: allow', 'low: deny'), { mode: 0o600 });
  expect(await run.call(tickets)).toMatchObject({ status: 'denied' });
  expect(writes(vigie)).toEqual([]);
});

// Whoever may write the store, its keys included, writes what it would hold had a person approved.

/** A gate that nobody decided, as if somebody had. */
async function planted(vigie: TestVigie): Promise<{ run: ReturnType<typeof gatedRun>; ticket: string }> {
  const run = gatedRun(vigie);
  const [ticket = ''] = await run.propose();
  return { run, ticket };
}

function plant(vigie: TestVigie, { ticket, approval }: { ticket: string; approval: unknown }): void {
  sql(vigie, db =>
    db
      .prepare(
        "UPDATE changes SET approval = ?, state = 'approved', decided_by = 'alice', expires_at = '2999-01-01T00:00:00.000Z' WHERE id = ?",
      )
      .run(JSON.stringify(approval), ticket),
  );
}

async function payloadOf(vigie: TestVigie, id: string) {
  const { signal } = new AbortController();
  const review = await reviewTicket(vigie.vigie, { id, person: 'alice', signal });
  if ('result' in review) throw new Error(review.result.text);
  return review.review.payload;
}

test.each(['sandbox', 'policy', 'unauthenticated-client'])(
  'a gate that says %s approved it lets nothing through',
  async unsigned => {
    const vigie = await start({ policy: allowEverything });
    const { run, ticket } = await planted(vigie);
    plant(vigie, { ticket, approval: { unsigned, by: 'test' } });
    const answer = await run.call([ticket]);
    expect(answer).toMatchObject({ status: 'approval_required' });
    expect(answer.text).toContain('Nobody signed');
  },
);

test('nor one signed with another key, or by alice for another ticket', async () => {
  const vigie = await start({ policy: allowEverything });
  const { run, ticket } = await planted(vigie);
  const payload = await payloadOf(vigie, ticket);
  const mallory = await cheapKey('mallory');
  const approval = {
    payload,
    signature: mallory.sign(signedText('approval', payload)),
    publicKey: mallory.publicKey,
  };
  plant(vigie, { ticket, approval });
  expect((await run.call([ticket])).text).toContain("never alice's");

  const other = gatedRun(vigie);
  const [good = ''] = await other.propose();
  await vigie.approve(good);
  const store = await vigie.vigie.store();
  plant(vigie, { ticket, approval: await store.changes.approvalOf(good) });
  expect((await run.call([ticket])).text).toContain('What was signed is not the gate');
  expect(writes(vigie)).toEqual([]);
});

test('nor one that alice signed, and whose plan was sealed anew with another change', async () => {
  const vigie = await start({ policy: allowEverything });
  const run = gatedRun(vigie);
  const [ticket = ''] = await run.propose();
  await vigie.approve(ticket);
  const wide = await run.propose({
    path: 'wide',
    calls: [{ path: 'up', tool: 'k8s_scale', input: scale('web', 9) }],
  });
  const store = await vigie.vigie.store();
  const plan = await store.changes.plan(ticket);
  const other = await store.changes.plan(wide[0] ?? '');
  const { seal: key } = await vigie.vigie.keys();
  const forged = { ...other, id: ticket, digest: plan.digest, expiresAt: plan.expiresAt };
  sql(vigie, db =>
    db
      .prepare('UPDATE changes SET sealed_plan = ? WHERE id = ?')
      .run(seal(forged, { key, label: `plan ${ticket}` }), ticket),
  );
  const answer = await run.call([ticket], { input: scale('web', 9) });
  expect(answer).toMatchObject({ status: 'approval_required' });
  expect(answer.text).toContain('What was signed is not the gate');
  expect(writes(vigie)).toEqual([]);
});

test('nor one that was used or has ended, and whose rows were set back: the audit knows', async () => {
  const vigie = await start();
  const run = gatedRun(vigie);
  const [ticket = ''] = await run.propose();
  await vigie.approve(ticket);
  const store = await vigie.vigie.store();
  const row = sql(vigie, db => db.prepare('SELECT * FROM changes WHERE id = ?').get(ticket)) as {
    sealed_plan: Uint8Array;
    expires_at: string;
  };
  const done = await run.call([ticket]);
  expect(done).toMatchObject({ status: 'done' });
  await vigie.approve(idOf(await vigie.call('k8s_scale', scale('web', 2))));
  sql(vigie, db => db.prepare('DELETE FROM gate_uses').run());
  expect((await run.call([ticket])).text).toContain(`as ${idOf(done)}: done`);

  await endGates(vigie.vigie, { run: run.run });
  sql(vigie, db =>
    db
      .prepare("UPDATE changes SET state = 'approved', sealed_plan = ?, expires_at = ? WHERE id = ?")
      .run(row.sealed_plan, row.expires_at, ticket),
  );
  expect(await store.changes.get(ticket)).toMatchObject({ state: 'approved' });
  expect((await run.call([ticket])).text).toContain('By the audit the gate');
  expect(await replicas(vigie)).toBe(2);
});

test('the proof of the audit tells of what went under a gate twice, or after its end', async () => {
  const vigie = await start();
  const run = gatedRun(vigie);
  const [ticket = ''] = await run.propose();
  await vigie.approve(ticket);
  const done = await run.call([ticket]);
  const { audit } = await vigie.vigie.store();
  const [started] = await audit.list({ changeId: idOf(done), events: ['started'], limit: 1 });
  await audit.append({
    event: 'started',
    changeId: 'another1',
    environment: 'test',
    facts: started?.facts ?? {},
  });
  expect(await proveAudit(vigie.vigie)).toMatchObject({
    ok: false,
    what: expect.stringContaining('used for it before'),
  });
});

test('also where the second time names the seats of the gate the other way round', async () => {
  const vigie = await start();
  await addBob(vigie);
  const run = gatedRun(vigie);
  const tickets = await run.propose({ ids: ['seat1aaa', 'seat2aaa'] });
  const [first = '', second = ''] = tickets;
  await vigie.approve(first);
  await byBob(vigie, second);
  const done = await run.call(tickets, { gate: { seats: 2 } });
  const { audit } = await vigie.vigie.store();
  const [started] = await audit.list({ changeId: idOf(done), events: ['started'], limit: 1 });
  const [agreed] = await audit.list({ changeId: second, events: ['approved'], limit: 1 });
  expect(await proveAudit(vigie.vigie)).toMatchObject({ ok: true });
  const seats = [second, first].map(change => ({ change, approver: 'x' }));
  const standing = { change: second, digest: agreed?.facts['digest'] ?? '', run: run.run, step: 'up', seats };
  const facts = { ...started?.facts, standing };
  await audit.append({ event: 'started', changeId: 'another1', environment: 'test', facts });
  expect(await proveAudit(vigie.vigie)).toMatchObject({
    ok: false,
    what: expect.stringContaining('used for it before'),
  });
});
