import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { budgetChecks } from '../../src/cli/doctor/budgets.ts';
import { limits } from '../../src/core/limits.ts';
import { rejectTicket, reviewTicket } from '../../src/pipeline/settle.ts';
import { agent, idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';

const web = { kind: 'Deployment', name: 'web', namespace: 'shop' };
const aTime = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/;
let running: TestVigie;

afterEach(() => running.stop());

const scale = (replicas: number, more?: Parameters<TestVigie['call']>[2]) =>
  running.call('k8s_scale', { target: web, replicas }, more);

const configMap = (name: string) =>
  running.call('k8s_apply', {
    manifest: `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: shop}\n`,
  });

const allow = (budget: string) => `{low: allow, medium: allow, high: allow, budget: ${budget}}`;

test('an allowed change over the hour becomes a ticket that says by which rule and when it goes by itself again', async () => {
  running = await startVigie({ policy: allow('{automaticPerHour: 2}') });
  expect((await configMap('one')).status).toBe('done');
  expect((await configMap('two')).status).toBe('done');
  const asked = await configMap('three');
  expect(asked.data).toMatchObject({
    status: 'approval_required',
    rule: 'policy.budget.automaticPerHour',
  });
  expect(asked.text).toContain('policy.budget.automaticPerHour');
  expect(asked.text).toMatch(aTime);
  expect(
    (await running.call('k8s_get', { target: { ...web, kind: 'ConfigMap', name: 'three' } })).data,
  ).toMatchObject({
    code: 'NOT_FOUND',
  });
  expect((await running.approve(idOf(asked))).status).toBe('done');
});

test('doctor tells whose budget is used up and until when, and nothing while there is room', async () => {
  running = await startVigie({ policy: allow('{automaticPerHour: 1, openTickets: 1}') });
  const told = async () => {
    const lines: string[] = [];
    for await (const { what } of budgetChecks(running.vigie)) lines.push(what);
    return lines;
  };
  expect(await told()).toEqual([]);
  await configMap('one');
  expect(await told()).toEqual([
    expect.stringMatching(/^test, on behalf of carol: .*\d{4}-.*automaticPerHour/),
  ]);
  await configMap('two');
  expect(await told()).toEqual([
    expect.stringContaining('automaticPerHour'),
    expect.stringMatching(/^test, on behalf of carol: .*\d{4}-.*openTickets/),
  ]);
});

test('of changes of one object at once, those that find it moved are not made, and each place is spent', async () => {
  running = await startVigie({ policy: allow('{perObjectPerDay: 4}') });
  const label = (value: string) =>
    running.call('k8s_apply', {
      manifest: `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop, labels: {race: ${value}}}\n`,
    });
  const results = await Promise.all(['a', 'b', 'c', 'd'].map(label));
  expect(results.map(({ status }) => status)).toContain('done');
  for (const { status, text } of results.filter(each => each.status !== 'done')) {
    expect(status).toBe('failed');
    expect(text).toContain('CONFLICT');
    expect(text).toContain('Nothing was changed.');
  }
  expect((await label('e')).data).toMatchObject({ rule: 'policy.budget.perObjectPerDay' });
});

test('an object is changed by itself as often as its budget says, whoever of a person asks, and other objects go on', async () => {
  running = await startVigie({ policy: allow('{perObjectPerDay: 2}') });
  expect((await scale(3)).status).toBe('done');
  const terminal = { kind: 'person', name: 'carol', via: 'cli', onBehalfOf: 'carol' } as const;
  expect((await scale(4, { actor: terminal })).status).toBe('done');
  const another = { ...agent, name: 'another client', via: 'mcp-http' } as const;
  const asked = await scale(5, { actor: another });
  expect(asked.data).toMatchObject({ rule: 'policy.budget.perObjectPerDay' });
  expect(asked.text).toContain('Deployment/web in shop');
  expect(asked.text).toMatch(aTime);
  expect((await configMap('one')).status).toBe('done');
  expect((await scale(6, { actor: { ...agent, onBehalfOf: 'bob' } })).status).toBe('done');
});

test('the logins of one person spend one budget', async () => {
  running = await startVigie({ policy: allow('{openTickets: 1}'), accept: false });
  const text = readFileSync(running.configFile, 'utf8').replace('carol: {', 'carol: {logins: [carol, cj], ');
  writeFileSync(running.configFile, text, { mode: 0o600 });
  expect((await scale(3)).status).toBe('approval_required');
  const other = await scale(4, { actor: { ...agent, onBehalfOf: 'cj' } });
  expect(other.data).toMatchObject({ status: 'denied', rule: 'policy.budget.openTickets' });
});

test("the undo of one's own change within the hour goes on where the object's budget is spent", async () => {
  running = await startVigie({ policy: allow('{perObjectPerDay: 1}') });
  const done = await scale(3);
  expect(done.status).toBe('done');
  const undone = await running.call('changes_undo', { id: idOf(done) });
  expect(undone.status).toBe('done');
  expect((await scale(3)).data).toMatchObject({ rule: 'policy.budget.perObjectPerDay' });
  const again = await running.call('changes_undo', { id: idOf(undone) });
  expect(again.data).toMatchObject({ rule: 'policy.budget.perObjectPerDay' });
});

test('one ticket more than the list holds is denied with its rule and when there is room, a known one is itself', async () => {
  running = await startVigie({ policy: '{low: ask, medium: ask, high: ask, budget: {openTickets: 2}}' });
  const first = await scale(3);
  await scale(4);
  const denied = await scale(5);
  expect(denied.data).toMatchObject({ status: 'denied', rule: 'policy.budget.openTickets' });
  expect(denied.text).toContain('policy.budget.openTickets');
  expect(denied.text).toMatch(aTime);
  expect(idOf(await scale(3))).toBe(idOf(first));
  const { audit } = await running.vigie.store();
  await scale(5);
  expect(await audit.list({ events: ['denied'], limit: 9 })).toMatchObject([
    { facts: { count: 2, rule: 'policy.budget.openTickets', onBehalfOf: 'carol' } },
  ]);
  await rejectTicket(running.vigie, { id: idOf(first), person: 'bob' });
  expect((await scale(5)).status).toBe('approval_required');
});

test('what an approver rejected is denied to everybody for an hour', async () => {
  running = await startVigie();
  const asked = await scale(3);
  await rejectTicket(running.vigie, { id: idOf(asked), person: 'alice' });
  const denied = await scale(3);
  expect(denied.data).toMatchObject({ status: 'denied', rule: 'policy.budget.coolDown' });
  expect(denied.text).toMatch(aTime);
  const person = { kind: 'person', name: 'alice', via: 'cli', onBehalfOf: 'alice' } as const;
  expect((await scale(3, { actor: person })).status).toBe('denied');
  expect((await scale(4)).status).toBe('approval_required');
});

const alice = { kind: 'person', name: 'alice', via: 'cli', onBehalfOf: 'alice' } as const;

test.each([
  ['whoever asked for it', 'carol'],
  ['who decides nothing', 'bob'],
])('what was rejected by %s is denied to the asker alone', async (_who, person) => {
  running = await startVigie();
  await rejectTicket(running.vigie, { id: idOf(await scale(3)), person });
  expect((await scale(3)).data).toMatchObject({ status: 'denied', rule: 'policy.budget.coolDown' });
  expect((await scale(3, { actor: alice })).status).toBe('approval_required');
});

test('an approver who rejects what they asked for themselves blocks nobody else', async () => {
  running = await startVigie();
  await rejectTicket(running.vigie, { id: idOf(await scale(3, { actor: alice })), person: 'alice' });
  expect((await scale(3)).status).toBe('approval_required');
});

test('a person can take back a change though the same undo was rejected a moment before', async () => {
  running = await startVigie();
  const id = idOf(await scale(3));
  await running.approve(id);
  const undo = (more?: Parameters<TestVigie['call']>[2]) => running.call('changes_undo', { id }, more);
  await rejectTicket(running.vigie, { id: idOf(await undo()), person: 'alice' });
  expect((await undo()).data).toMatchObject({ rule: 'policy.budget.coolDown' });
  const asked = await undo({ actor: alice });
  expect(asked.status).toBe('approval_required');
  expect((await running.approve(idOf(asked))).status).toBe('done');
});

test('a flood of tickets that are rejected at once ends, and what is denied of it reaches no preview', async () => {
  running = await startVigie({ policy: '{budget: {proposalsPerHour: 3}}' });
  for (let replicas = 3; replicas < 6; replicas++)
    await rejectTicket(running.vigie, { id: idOf(await scale(replicas)), person: 'carol' });
  const before = running.sandbox.requests().filter(({ method }) => method !== 'GET').length;
  const denied = await scale(6);
  expect(denied.data).toMatchObject({ status: 'denied', rule: 'policy.budget.proposalsPerHour' });
  expect(denied.text).toMatch(aTime);
  expect(running.sandbox.requests().filter(({ method }) => method !== 'GET')).toHaveLength(before);
  const { audit } = await running.vigie.store();
  expect(await audit.list({ events: ['denied'], limit: 9 })).toMatchObject([
    { facts: { count: 1, rule: 'policy.budget.proposalsPerHour', onBehalfOf: 'carol' } },
  ]);
  expect((await scale(6, { actor: alice })).status).toBe('approval_required');
});

test('a flood of tickets does not hold back what goes by itself', async () => {
  running = await startVigie({ policy: '{low: allow, high: ask, budget: {proposalsPerHour: 1}}' });
  const remove = () => running.call('k8s_delete', { target: web });
  await rejectTicket(running.vigie, { id: idOf(await remove()), person: 'bob' });
  const other = running.call('k8s_delete', { target: { ...web, name: 'api' } });
  expect((await other).data).toMatchObject({ rule: 'policy.budget.proposalsPerHour' });
  expect((await scale(3)).status).toBe('done');
});

test('uids that neither the system nor vigie.yaml names share one budget', async () => {
  running = await startVigie({ policy: '{budget: {openTickets: 1}}', accept: false });
  const as = (onBehalfOf: string) => ({ actor: { ...agent, onBehalfOf } });
  expect((await scale(3, as('uid-70001'))).status).toBe('approval_required');
  expect((await scale(4, as('uid-70002'))).data).toMatchObject({ rule: 'policy.budget.openTickets' });
  const text = readFileSync(running.configFile, 'utf8');
  const named = text.replace('carol: {', 'carol: {logins: [uid-70003], ');
  writeFileSync(running.configFile, named, { mode: 0o600 });
  expect((await scale(4, as('uid-70003'))).status).toBe('approval_required');
});

test('of a large diff a record keeps no more than an answer shows, and the approver is shown the whole', async () => {
  running = await startVigie();
  const lines = Array.from({ length: 4_000 }, (_, index) => `    line ${index} of many`).join('\n');
  const asked = await running.call('k8s_apply', {
    manifest: `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: big, namespace: shop}\ndata:\n  text: |\n${lines}\n`,
  });
  const { changes } = await running.vigie.store();
  const { diff } = await changes.get(idOf(asked));
  expect(diff.length).toBeLessThan(limits.keptDiffChars + 100);
  expect(diff).toMatch(/… \d+ more characters are not kept$/);
  const signal = new AbortController().signal;
  const reviewed = await reviewTicket(running.vigie, { id: idOf(asked), person: 'alice', signal });
  expect('review' in reviewed && reviewed.review.screen).toContain('line 3999 of many');
});

test('a restart that a person rejected is the same restart a second later', async () => {
  running = await startVigie();
  const restart = (reason: string) => running.call('k8s_rollout', { target: web, action: 'restart', reason });
  const asked = await restart('it hangs');
  await rejectTicket(running.vigie, { id: idOf(asked), person: 'bob' });
  running.passTime(1_500);
  expect((await restart('it still hangs, please')).data).toMatchObject({ rule: 'policy.budget.coolDown' });
});

test('a policy that nobody accepted gives no more room than the defaults', async () => {
  running = await startVigie({
    policy: '{low: ask, medium: ask, high: ask, budget: {openTickets: 100, coolDown: 1m}}',
    accept: false,
  });
  const first = await configMap('one');
  await rejectTicket(running.vigie, { id: idOf(first), person: 'bob' });
  running.passTime(61_000);
  expect((await configMap('one')).data).toMatchObject({ rule: 'policy.budget.coolDown' });
  for (let count = 0; count < 10; count++)
    expect((await configMap(`m${count}`)).status).toBe('approval_required');
  expect((await configMap('last')).data).toMatchObject({ rule: 'policy.budget.openTickets' });
});

test("a client's own yes spends the budget of what goes by itself, and does not count once that is spent", async () => {
  running = await startVigie({
    policy: '{low: ask, medium: ask, high: ask, elicitation: true, budget: {perObjectPerDay: 2}}',
  });
  const elicit = async () => 'accept' as const;
  expect((await scale(3, { elicit })).status).toBe('done');
  expect((await scale(4, { elicit })).status).toBe('done');
  const asked = await scale(5, { elicit });
  expect(asked.data).toMatchObject({ status: 'approval_required', rule: 'policy.budget.perObjectPerDay' });
  expect(asked.text).toMatch(aTime);
  expect((await running.approve(idOf(asked))).status).toBe('done');
});
