import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { buildVigie } from '../../src/app.ts';
import { signedText } from '../../src/core/approval.ts';
import { limits } from '../../src/core/limits.ts';
import { countWrongPassphrase, rejectTicket, reviewTicket, settle } from '../../src/pipeline/settle.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { loadWorld } from '../../src/sandbox/world.ts';
import {
  agent,
  allowEverything,
  askEverything,
  cheapKey,
  idOf,
  startVigie,
  type TestVigie,
} from '../support/start-vigie.ts';

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

/** Requests that changed something: no read, no dry run, no review of rights. */
function writes(vigie: TestVigie): string[] {
  return vigie.sandbox
    .requests()
    .filter(request => request.method !== 'GET' && !request.dryRun && !/reviews?$/.test(request.path))
    .map(request => `${request.method} ${request.path}`);
}

test('a denied change names its rule, is recorded and writes nothing', async () => {
  const vigie = await start({ policy: '{low: deny, medium: deny, high: deny}' });
  const denied = await vigie.call('k8s_scale', { target: web, replicas: 3 });
  expect(denied.data).toMatchObject({ status: 'denied', rule: 'policy.low' });
  expect(await (await vigie.vigie.store()).audit.list({ limit: 1 })).toMatchObject([
    { event: 'denied', facts: { rule: 'policy.low' } },
  ]);
  expect(writes(vigie)).toEqual([]);
});

test('a protected object is denied before it is even previewed', async () => {
  const vigie = await start({ policy: '{low: allow, protect: [{kind: Deployment, name: web}]}' });
  expect((await vigie.call('k8s_scale', { target: web, replicas: 3 })).data).toMatchObject({
    status: 'denied',
    rule: 'policy.protect[0]',
  });
});

test('an allowed change runs at once; before the policy is accepted it asks', async () => {
  const accepted = await start({ policy: allowEverything });
  expect((await accepted.call('k8s_scale', { target: web, replicas: 3 })).status).toBe('done');
  await accepted.stop();
  const unaccepted = await start({ policy: allowEverything, accept: false });
  expect((await unaccepted.call('k8s_scale', { target: web, replicas: 3 })).data).toMatchObject({
    status: 'approval_required',
    rule: 'policy.unaccepted',
  });
});

test('a policy that was loosened after it was accepted asks again', async () => {
  const vigie = await start({ policy: '{low: ask, medium: ask, high: ask}' });
  writeFileSync(vigie.configFile, readFileSync(vigie.configFile, 'utf8').replace('low: ask', 'low: allow'), {
    mode: 0o600,
  });
  const loosened = await vigie.reopen();
  const { runTool } = await import('../../src/pipeline/run-tool.ts');
  const result = await runTool(loosened, {
    tool: 'k8s_scale',
    input: { target: web, replicas: 3 },
    actor: agent,
    signal,
    budgetBytes: 40_000,
  });
  expect(result.data).toMatchObject({ status: 'approval_required', rule: 'policy.unaccepted' });
  await loosened.close();
});

test('the kill switch denies new changes and stops an approved one before its first write', async () => {
  const vigie = await start({ policy: askEverything });
  const asked = await vigie.call('k8s_scale', { target: web, replicas: 3 });
  const { settings } = await vigie.vigie.store();
  await settings.setKillSwitch({
    on: true,
    by: 'bob',
    why: 'drill',
    audit: { event: 'kill_switch_on', facts: {} },
  });
  expect((await vigie.call('k8s_scale', { target: web, replicas: 4 })).data).toMatchObject({
    status: 'denied',
    rule: 'kill-switch',
  });
  expect((await vigie.approve(idOf(asked))).data).toMatchObject({
    status: 'denied',
    rule: 'kill-switch',
  });
  expect(writes(vigie)).toEqual([]);
});

test('an approval is good once', async () => {
  const vigie = await start();
  const asked = await vigie.call('k8s_scale', { target: web, replicas: 3 });
  const id = idOf(asked);
  const review = await reviewTicket(vigie.vigie, { id, person: 'alice', signal });
  if (!('review' in review)) throw new Error('no review');
  const { payload } = review.review;
  const by = {
    payload,
    signature: vigie.key.sign(signedText('approval', payload)),
    publicKey: vigie.key.publicKey,
  };
  expect((await settle(vigie.vigie, { id, by, signal })).status).toBe('done');
  await expect(settle(vigie.vigie, { id, by, signal })).rejects.toMatchObject({ code: 'TICKET_CLOSED' });
});

test('an approval of one ticket is worth nothing for another', async () => {
  const vigie = await start();
  const one = await vigie.call('k8s_scale', { target: web, replicas: 3 });
  const two = await vigie.call('k8s_scale', { target: { ...web, name: 'api' }, replicas: 3 });
  const review = await reviewTicket(vigie.vigie, { id: idOf(one), person: 'alice', signal });
  if (!('review' in review)) throw new Error('no review');
  const { payload } = review.review;
  const by = {
    payload,
    signature: vigie.key.sign(signedText('approval', payload)),
    publicKey: vigie.key.publicKey,
  };
  await expect(settle(vigie.vigie, { id: idOf(two), by, signal })).rejects.toMatchObject({
    code: 'BAD_SIGNATURE',
  });
  const edited = { ...by, payload: { ...payload, ticket: idOf(two) } };
  await expect(settle(vigie.vigie, { id: idOf(two), by: edited, signal })).rejects.toMatchObject({
    code: 'BAD_SIGNATURE',
  });
  expect(writes(vigie)).toEqual([]);
});

test('the key of somebody who is no approver, or of another approver, settles nothing', async () => {
  const vigie = await start();
  const asked = await vigie.call('k8s_scale', { target: web, replicas: 3 });
  await expect(vigie.approve(idOf(asked), { person: 'bob' })).rejects.toMatchObject({
    code: 'NOT_AN_APPROVER',
  });
  await expect(vigie.approve(idOf(asked), { key: await cheapKey('mallory') })).rejects.toMatchObject({
    code: 'BAD_SIGNATURE',
  });
  expect(writes(vigie)).toEqual([]);
});

test('with four eyes the person behind the agent cannot approve its change', async () => {
  const vigie = await start({ policy: '{low: ask, medium: ask, high: ask, approvers: {fourEyes: true}}' });
  const own = await vigie.call(
    'k8s_scale',
    { target: web, replicas: 3 },
    { actor: { ...agent, onBehalfOf: 'alice' } },
  );
  await expect(vigie.approve(idOf(own))).rejects.toMatchObject({ code: 'NOT_AN_APPROVER' });
  const others = await vigie.call('k8s_scale', { target: { ...web, name: 'api' }, replicas: 3 });
  expect((await vigie.approve(idOf(others))).status).toBe('done');
});

test('only the groups that the policy names for the risk may approve', async () => {
  const vigie = await start({
    policy: '{low: ask, medium: ask, high: ask, approvers: {low: [night], fourEyes: false}}',
  });
  const asked = await vigie.call('k8s_scale', { target: web, replicas: 3 });
  await expect(vigie.approve(idOf(asked))).rejects.toMatchObject({
    code: 'NOT_AN_APPROVER',
    details: { groups: ['night'] },
  });
});

test('a rejected ticket stays rejected', async () => {
  const vigie = await start();
  const asked = await vigie.call('k8s_scale', { target: web, replicas: 3 });
  const id = idOf(asked);
  expect((await rejectTicket(vigie.vigie, { id, person: 'bob', reason: 'not today' })).status).toBe(
    'rejected',
  );
  await expect(vigie.approve(id)).rejects.toMatchObject({ code: 'TICKET_CLOSED' });
  expect((await vigie.call('changes_get', { id })).text).toContain('rejected');
});

test('five wrong passphrases void the ticket and pause the approver', async () => {
  const vigie = await start();
  const asked = await vigie.call('k8s_scale', { target: web, replicas: 3 });
  const other = await vigie.call('k8s_scale', { target: { ...web, name: 'api' }, replicas: 3 });
  const id = idOf(asked);
  for (let left = limits.passphraseAttempts - 1; left >= 0; left -= 1)
    expect(await countWrongPassphrase(vigie.vigie, { id, person: 'alice', login: 'mallory' })).toEqual({
      attemptsLeft: left,
    });
  await expect(vigie.approve(id)).rejects.toMatchObject({ code: 'TICKET_CLOSED' });
  await expect(vigie.approve(idOf(other))).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' });
});

test('a ticket past its time is expired for everybody', async () => {
  const vigie = await start({ policy: '{low: ask, medium: ask, high: ask, ticketTtl: 1m}' });
  const asked = await vigie.call('k8s_scale', { target: web, replicas: 3 });
  expect(asked.status, asked.text).toBe('approval_required');
  vigie.passTime(61_000);
  await expect(vigie.approve(idOf(asked))).rejects.toMatchObject({
    code: 'TICKET_CLOSED',
    details: { state: 'expired' },
  });
});

test('of two processes that approve at once exactly one executes', async () => {
  const vigie = await start();
  const asked = await vigie.call('k8s_scale', { target: web, replicas: 3 });
  const id = idOf(asked);
  const second = await vigie.reopen();
  const review = await reviewTicket(vigie.vigie, { id, person: 'alice', signal });
  if (!('review' in review)) throw new Error('no review');
  const { payload } = review.review;
  const by = {
    payload,
    signature: vigie.key.sign(signedText('approval', payload)),
    publicKey: vigie.key.publicKey,
  };
  const ends = await Promise.allSettled([
    settle(vigie.vigie, { id, by, signal }),
    settle(second, { id, by, signal }),
  ]);
  const done = ends.filter(end => end.status === 'fulfilled' && end.value.status === 'done');
  expect(done).toHaveLength(1);
  expect(writes(vigie)).toHaveLength(1);
  await second.close();
});

test('an elicited yes counts only where the policy says so, and is recorded as unauthenticated', async () => {
  const forbids = await start();
  let asked = 0;
  const elicit = async () => {
    asked += 1;
    return 'accept' as const;
  };
  expect((await forbids.call('k8s_scale', { target: web, replicas: 3 }, { elicit })).status).toBe(
    'approval_required',
  );
  expect(asked).toBe(0);
  await forbids.stop();

  const allows = await start({ policy: '{low: ask, medium: ask, high: ask, elicitation: true}' });
  const done = await allows.call('k8s_scale', { target: web, replicas: 3 }, { elicit });
  expect(done.status).toBe('done');
  const { audit } = await allows.vigie.store();
  expect((await audit.list({ limit: 10 })).find(row => row.event === 'approved')).toMatchObject({
    facts: { approver: 'unauthenticated-client:test client' },
  });
  const high = await allows.call('k8s_delete', { target: web }, { elicit });
  expect(high.status).toBe('approval_required');
  expect(asked).toBe(1);
});

test('a ticket for one cluster is not executed on another that stands behind the same name', async () => {
  const vigie = await start();
  const asked = await vigie.call('k8s_scale', { target: web, replicas: 3 });
  const twin = await startSandbox({ world: await loadWorld('test/fixtures/worlds/small.yaml') });
  writeFileSync(join(vigie.dir, 'kubeconfig'), twin.kubeconfig(), { mode: 0o600 });
  const elsewhere = await vigie.reopen();
  try {
    await expect(reviewTicket(elsewhere, { id: idOf(asked), person: 'alice', signal })).rejects.toMatchObject(
      { code: 'WRONG_CLUSTER' },
    );
    expect(
      twin
        .requests()
        .filter(request => request.method !== 'GET' && !request.dryRun && !/reviews?$/.test(request.path)),
    ).toEqual([]);
  } finally {
    await elsewhere.close();
    await twin.close();
  }
});

test('a ticket is unknown to another home, and its environment to another configuration', async () => {
  const vigie = await start();
  const asked = await vigie.call('k8s_scale', { target: web, replicas: 3 });
  const id = idOf(asked);
  const home = await buildVigie(
    { door: 'cli', configFile: vigie.configFile },
    {
      version: '0',
      env: { ...vigie.env, VIGIE_HOME: join(vigie.dir, 'elsewhere') },
      self: [],
      now: () => new Date(),
    },
  );
  await expect(reviewTicket(home, { id, person: 'alice', signal })).rejects.toMatchObject({
    code: 'UNKNOWN_CHANGE',
  });
  await home.close();
  const otherFile = join(vigie.dir, 'config', 'other.yaml');
  writeFileSync(otherFile, readFileSync(vigie.configFile, 'utf8').replace('  test:', '  staging:'), {
    mode: 0o600,
  });
  const config = await buildVigie(
    { door: 'cli', configFile: otherFile },
    { version: '0', env: vigie.env, self: [], now: () => new Date() },
  );
  await expect(reviewTicket(config, { id, person: 'alice', signal })).rejects.toMatchObject({
    code: 'UNKNOWN_ENVIRONMENT',
  });
  await config.close();
});

test('no call of any sort wrote anything before a person had decided', async () => {
  const vigie = await start();
  for (const [tool, input] of [
    ['k8s_list', { kind: 'pods' }],
    ['k8s_get', { target: web }],
    ['k8s_logs', { target: web }],
    ['k8s_events', {}],
    ['k8s_scale', { target: web, replicas: 0 }],
    ['k8s_rollout', { target: web, action: 'restart' }],
    ['k8s_delete', { target: web }],
    [
      'k8s_apply',
      { manifest: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: new, namespace: shop}\ndata: {a: b}' },
    ],
    ['environments_list', {}],
    ['changes_list', {}],
  ] as const)
    await vigie.call(tool, input);
  expect(writes(vigie)).toEqual([]);
});

test('an input that holds a redaction placeholder is refused', async () => {
  const vigie = await start();
  const manifest =
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: new, namespace: shop}\ndata: {a: "[redacted #1]"}';
  expect((await vigie.call('k8s_apply', { manifest })).data).toMatchObject({
    status: 'failed',
    code: 'SECRET',
  });
});

test('a Secret is filled by alias when it is written, and its value is nowhere before or after', async () => {
  const value = 'planted-by-alias-98765';
  process.env['PLANTED_FOR_TEST'] = value;
  const vigie = await start({
    policy: `${askEverything}\n    secrets: {db-password: 'env:PLANTED_FOR_TEST'}`,
  });
  const manifest = 'apiVersion: v1\nkind: Secret\nmetadata: {name: filled, namespace: shop}\n';
  const asked = await vigie.call('k8s_apply', { manifest, secretData: { 'filled/password': 'db-password' } });
  expect(asked.status, asked.text).toBe('approval_required');
  const done = await vigie.approve(idOf(asked));
  expect(done.status, done.text).toBe('done');
  const stored = await fetch(`${vigie.sandbox.url}/api/v1/namespaces/shop/secrets/filled`, {
    headers: { authorization: `Bearer ${vigie.sandbox.token}` },
  });
  expect(await stored.json()).toMatchObject({ data: { password: Buffer.from(value).toString('base64') } });
  const shown = JSON.stringify([
    asked,
    done,
    await vigie.call('k8s_get', { target: { kind: 'Secret', name: 'filled', namespace: 'shop' } }),
  ]);
  expect(shown).not.toContain(value);
  expect(shown).not.toContain(Buffer.from(value).toString('base64'));
  const unknown = await vigie.call('k8s_apply', { manifest, secretData: { 'filled/password': 'env:HOME' } });
  expect(unknown.data).toMatchObject({ code: 'SECRET' });
});
