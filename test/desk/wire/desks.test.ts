import { userInfo } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Statement, signedText } from '../../../src/core/approval.ts';
import { isObject, type JsonObject } from '../../../src/core/json.ts';
import type { ApproverDesk, Doing } from '../../../src/desk/desk.ts';
import { LocalDesk } from '../../../src/desk/local.ts';
import { TestDaemon } from '../../support/start-daemon.ts';
import { idOf } from '../../support/start-vigie.ts';

const { username } = userInfo();
const doing: Doing = { signal: new AbortController().signal };

let daemon: TestDaemon;
let approvers: ApproverDesk;
let agents: ApproverDesk;

beforeAll(async () => {
  daemon = await TestDaemon.start({ policy: '{low: ask, medium: ask, high: ask}' });
  approvers = await daemon.desk('approver');
  agents = await daemon.desk('agent');
});
afterAll(() => daemon.stop());

/** Counts that nobody has asked for before: what was rejected cannot be asked for again so soon. */
function scale(desk: ApproverDesk, count: number) {
  const target = { kind: 'Deployment', name: 'web', namespace: 'shop' };
  const input = { target, replicas: count, waitSeconds: 30 };
  return desk.callTool({ tool: 'k8s_scale', input }, doing);
}

async function replicas(): Promise<unknown> {
  const { data } = await agents.callTool(
    {
      tool: 'k8s_get',
      input: { target: { kind: 'Deployment', name: 'web', namespace: 'shop' }, format: 'json' },
    },
    doing,
  );
  const object = data['object'];
  return isObject(object) && isObject(object['spec']) ? object['spec']['replicas'] : undefined;
}

async function signed(desk: ApproverDesk, id: string) {
  const opened = await desk.review({ id, person: 'alice' }, doing);
  if ('result' in opened) throw new Error(opened.result.text);
  const { payload } = opened.shown;
  const { key } = daemon.at;
  const by = { payload, signature: key.sign(signedText('approval', payload)), publicKey: key.publicKey };
  return { shown: opened.shown, by };
}

describe('a desk over a socket', () => {
  test('answers what the desk over the same Vigie in this process answers', async () => {
    const local = new LocalDesk(daemon.at.vigie, { login: username, answerBytes: 1024 * 1024 });
    const id = idOf(await scale(agents, 4));
    for (const desk of [agents, approvers]) {
      expect(await desk.policy()).toEqual(await local.policy());
      expect(await desk.approvers()).toEqual(await local.approvers());
      expect(await desk.killSwitch()).toEqual(await local.killSwitch());
      expect(await desk.tick({ dryRun: false }, doing)).toEqual(await local.tick({ dryRun: false }, doing));
      expect((await desk.tickets({})).tickets).toEqual((await local.tickets({})).tickets);
      expect(await desk.placeOf({ id })).toEqual({ environment: 'test' });
      expect(await desk.auditRows({ limit: 5 })).toEqual(await local.auditRows({ limit: 5 }));
      expect(await desk.auditLines({ after: 0 })).toEqual(await local.auditLines({ after: 0 }));
      expect(await desk.auditVerify({})).toEqual(await local.auditVerify({}));
      expect(await desk.credentialPlugins()).toEqual(await local.credentialPlugins());
    }
    expect(await approvers.approverKeys()).toEqual(await local.approverKeys());
    expect(await agents.reject({ id, reason: 'only looked' })).toMatchObject({ status: 'rejected' });
  });

  test('calls for the account at its other end, and for nobody it names', async () => {
    const id = idOf(await scale(agents, 5));
    const { tickets } = await approvers.tickets({});
    expect(tickets.find(ticket => ticket.id === id)?.actor).toEqual({
      kind: 'person',
      name: username,
      via: 'cli',
      onBehalfOf: username,
    });
    await agents.reject({ id });
  });

  test('hands on an error with its code, hint and details', async () => {
    await expect(agents.placeOf({ id: 'aaaaaaaa' })).rejects.toMatchObject({
      name: 'VigieError',
      code: 'UNKNOWN_CHANGE',
      details: { nearest: expect.any(Array) },
    });
    await expect(agents.tickets({ environment: 'nowhere' })).rejects.toMatchObject({
      code: 'UNKNOWN_ENVIRONMENT',
      hint: 'Configured: test.',
    });
  });
});

describe('an approval over the socket of approvers', () => {
  test('is signed where the person sits, and executed by the daemon with progress', async () => {
    const id = idOf(await scale(agents, 6));
    const { shown, by } = await signed(approvers, id);
    expect(shown.screen).toContain('spec.replicas');
    const said: string[] = [];
    const result = await approvers.settle({ id, by }, { ...doing, progress: line => said.push(line) });
    expect(result).toMatchObject({ status: 'done' });
    expect(said.length).toBeGreaterThan(0);
    expect(await replicas()).toBe(6);
  });

  test('counts once, whoever of two is the first', async () => {
    const id = idOf(await scale(agents, 7));
    const second = await daemon.desk('approver');
    const [one, other] = await Promise.all([signed(approvers, id), signed(second, id)]);
    const outcomes = await Promise.allSettled([
      approvers.settle({ id, by: one.by }, doing),
      second.settle({ id, by: other.by }, doing),
    ]);
    const done = outcomes.filter(each => each.status === 'fulfilled' && each.value.status === 'done');
    expect(done).toHaveLength(1);
    expect(outcomes.find(each => each.status === 'rejected')).toMatchObject({
      reason: { code: 'TICKET_CLOSED' },
    });
    expect(await replicas()).toBe(7);
  });

  test('counts for nothing when it was given for another ticket or is changed on the way', async () => {
    const id = idOf(await scale(agents, 8));
    const other = idOf(await scale(agents, 9));
    const { by } = await signed(approvers, id);
    await expect(approvers.settle({ id: other, by }, doing)).rejects.toMatchObject({ code: 'BAD_SIGNATURE' });
    const swapped = { ...by, payload: { ...by.payload, approver: 'bob' } };
    await expect(approvers.settle({ id, by: swapped }, doing)).rejects.toMatchObject({
      code: 'BAD_SIGNATURE',
    });
    expect(await replicas()).toBe(7);
    for (const each of [id, other]) await agents.reject({ id: each });
  });

  test('goes on to its end when whoever approved goes away', async () => {
    const id = idOf(await scale(agents, 10));
    const { by } = await signed(approvers, id);
    const caller = await daemon.rawCaller('approver');
    caller.say({ id: 1, method: 'settle', params: { id, by } });
    expect(await caller.next()).toMatchObject({ id: 1, progress: expect.any(String) });
    caller.socket.destroy();
    const { data } = await agents.callTool({ tool: 'changes_get', input: { id, waitSeconds: 20 } }, doing);
    expect(data).toMatchObject({ state: 'done' });
    expect(await replicas()).toBe(10);
  });

  test('stops before its next write when the person says so', async () => {
    const id = idOf(await scale(agents, 11));
    const { by } = await signed(approvers, id);
    const stop = new AbortController();
    stop.abort();
    const result = await approvers.settle({ id, by }, { signal: stop.signal });
    expect(result.status).not.toBe('done');
    expect(await replicas()).toBe(10);
  });
});

describe('a statement over the socket of approvers', () => {
  test('lifts the kill switch, once, and only as it was signed', async () => {
    await agents.stopChanges({ why: 'drill' });
    const { key } = daemon.at;
    const { statement, shows } = await approvers.prepareStatement({
      act: 'kill-switch-off',
      approver: 'alice',
    });
    expect(shows.join('\n')).toContain('drill');
    const sign = (of: Statement) => ({
      statement: of,
      signature: key.sign(signedText('statement', of)),
      publicKey: key.publicKey,
    });
    const forged = { ...sign(statement), statement: { ...statement, approver: 'bob' } };
    await expect(approvers.commitStatement({ signed: forged, why: '' })).rejects.toMatchObject({
      code: 'BAD_SIGNATURE',
    });
    const old = { ...statement, at: '2020-01-01T00:00:00.000Z' };
    await expect(approvers.commitStatement({ signed: sign(old), why: '' })).rejects.toMatchObject({
      code: 'BAD_SIGNATURE',
    });
    const strange = { ...statement, auditHead: 'f'.repeat(64) };
    await expect(approvers.commitStatement({ signed: sign(strange), why: '' })).rejects.toMatchObject({
      code: 'BAD_SIGNATURE',
    });
    expect(await agents.killSwitch()).toMatchObject({ on: true });
    await approvers.commitStatement({ signed: sign(statement), why: 'over' });
    expect(await agents.killSwitch()).toMatchObject({ on: false });
    await agents.stopChanges({ why: 'again' });
    await expect(
      approvers.commitStatement({ signed: sign(statement), why: 'replayed' }),
    ).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    const next = await approvers.prepareStatement({ act: 'kill-switch-off', approver: 'alice' });
    await approvers.commitStatement({ signed: sign(next.statement), why: '' });
    expect(await agents.auditVerify({})).toMatchObject({ ok: true });
  });
});

describe('the socket of agents', () => {
  test('refuses everything that decides, and records it once a minute', async () => {
    const id = idOf(await scale(agents, 12));
    const { by } = await signed(approvers, id);
    const tries = [
      () => agents.approverKeys(),
      () => agents.review({ id, person: 'alice' }, doing),
      () => agents.settle({ id, by }, doing),
      () => agents.countWrongPassphrase({ person: 'alice', ticket: id }),
      () => agents.prepareStatement({ act: 'policy-accept', approver: 'alice' }),
      () =>
        agents.commitStatement({
          signed: {
            statement: {
              v: 1,
              act: 'policy-accept',
              approver: 'alice',
              at: new Date().toISOString(),
              auditHead: '0'.repeat(64),
              policyHash: '0'.repeat(64),
              follows: '0'.repeat(64),
            },
            signature: by.signature,
            publicKey: by.publicKey,
          },
          why: '',
        }),
    ];
    for (const attempt of tries) await expect(attempt()).rejects.toMatchObject({ code: 'AGENT_SOCKET' });
    expect((await agents.tickets({})).tickets.map(ticket => ticket.id)).toContain(id);
    const refused = (await agents.auditRows({ limit: 200 })).filter(row => row.event === 'refused');
    expect(refused).toHaveLength(1);
    expect(refused[0]?.facts).toMatchObject({
      asked: 'approverKeys',
      onBehalfOf: username,
      socket: 'agent',
    } satisfies JsonObject);
    await agents.reject({ id });
  });

  test('a salt, without which nobody can guess a passphrase elsewhere, is told to approvers alone', async () => {
    const { salt, publicKey } = daemon.at.key;
    expect(await approvers.approverKeys()).toMatchObject([{ salt }]);
    const told = JSON.stringify([
      await agents.approvers(),
      (await agents.auditLines({ after: 0 })).lines,
      await agents.tickets({}),
      await agents.policy(),
    ]);
    expect(told).toContain(publicKey);
    expect(told).not.toContain(salt);
  });
});
