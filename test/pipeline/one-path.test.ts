import { afterEach, beforeEach, expect, test } from 'vitest';
import { approvalIn } from '../../src/core/approval.ts';
import { proveAudit } from '../../src/pipeline/prove-audit.ts';
import { askEverything, idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';

const web = { kind: 'Deployment', name: 'web', namespace: 'shop' };
let running: TestVigie;

beforeEach(async () => {
  running = await startVigie({ policy: askEverything });
});
afterEach(() => running.stop());

async function replicas(): Promise<unknown> {
  const { text } = await running.call('k8s_get', { target: web, field: 'spec.replicas' });
  return text.trim();
}

test('a change waits for a person and leaves the cluster alone', async () => {
  const asked = await running.call('k8s_scale', { target: web, replicas: 5 });
  expect(asked.data).toMatchObject({
    status: 'approval_required',
    approveWith: expect.stringMatching(/^vigie approve \w{8}$/),
  });
  expect(asked.text).toContain('+  replicas: 5');
  expect(await replicas()).toBe('2');
  const [last] = await (await running.vigie.store()).audit.list({ limit: 1 });
  expect(last).toMatchObject({
    event: 'ticketed',
    facts: { tool: 'k8s_scale', onBehalfOf: 'carol', assurance: 'advisory' },
  });
});

test('approved, it is applied, seen healthy, undone by the same path and proven', async () => {
  const asked = await running.call('k8s_scale', { target: web, replicas: 5 });
  const done = await running.approve(idOf(asked));
  expect(done.data).toMatchObject({ status: 'done', undo: `vigie undo ${idOf(asked)}` });
  expect(await replicas()).toBe('5');

  const undo = await running.call('changes_undo', { id: idOf(asked) });
  expect(undo.status).toBe('approval_required');
  expect((await running.approve(idOf(undo))).status).toBe('done');
  expect(await replicas()).toBe('2');

  const again = await running.call('changes_undo', { id: idOf(asked) });
  expect(again.data).toMatchObject({ code: 'NO_UNDO' });
  const { audit } = await running.vigie.store();
  const events = (await audit.list({ limit: 50 })).map(row => row.event).reverse();
  expect(events).toEqual([
    'policy_accepted',
    'ticketed',
    'approved',
    'finished',
    'ticketed',
    'approved',
    'finished',
    'undone',
  ]);
  expect(await audit.verify()).toMatchObject({ ok: true, rows: 8 });
});

test('asking twice for the same change gives the same ticket', async () => {
  const first = await running.call('k8s_scale', { target: web, replicas: 5 });
  const second = await running.call('k8s_scale', { target: web, replicas: 5 });
  expect(idOf(second)).toBe(idOf(first));
});

test('what is already so is nothing to do', async () => {
  expect((await running.call('k8s_scale', { target: web, replicas: 2 })).status).toBe('nothing_to_do');
});

test('an object that has changed since the asking closes the ticket with the new diff', async () => {
  const asked = await running.call('k8s_scale', { target: web, replicas: 5 });
  const other = await running.call('k8s_scale', { target: web, replicas: 3 });
  expect((await running.approve(idOf(other))).status).toBe('done');
  const late = await running.approve(idOf(asked));
  expect(late.status).toBe('plan_changed');
  expect(late.text).toMatch(/-\s+replicas: 3\n\+\s+replicas: 5/);
  await expect(running.approve(idOf(asked))).rejects.toMatchObject({ code: 'TICKET_CLOSED' });
  expect(await replicas()).toBe('3');
});

test('a preview warns of a controller that would take the change back', async () => {
  const asked = await running.call('k8s_scale', { target: { ...web, name: 'api' }, replicas: 4 });
  const warnings = JSON.stringify(asked.data['warnings']);
  expect(warnings).toContain('HorizontalPodAutoscaler/api');
  expect(warnings).toContain('Helm');
});

const badImage = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {spec: {containers: [{name: web, image: 'shop/gone:2'}]}}}`;

test('a field that another manager owns is not taken unasked, and the owner is named', async () => {
  const refused = await running.call('k8s_apply', { manifest: badImage });
  expect(refused.data).toMatchObject({ status: 'failed', code: 'CONFLICT' });
  expect(refused.text).toMatch(/containers.*image/);
  expect(refused.text).toContain('force');
});

test('a rollout that cannot get ready is taken back within seconds, as the approval said', async () => {
  const asked = await running.call('k8s_apply', { manifest: badImage, force: true, waitSeconds: 60 });
  expect(asked.status).toBe('approval_required');
  const outcome = await running.approve(idOf(asked));
  expect(outcome.status, outcome.text).toBe('failed');
  expect(outcome.text).toMatch(/ImagePullBackOff/);
  expect(outcome.text).toContain('was taken back');
  const { text } = await running.call('k8s_get', {
    target: web,
    field: 'spec.template.spec.containers[0].image',
  });
  expect(text.trim()).toBe('shop/web:1');
});

test('what is only late stands, is called unverified, and names its undo', async () => {
  const asked = await running.call('k8s_apply', { manifest: badImage, force: true, waitSeconds: 1 });
  const outcome = await running.approve(idOf(asked));
  expect(outcome.data).toMatchObject({ status: 'unverified', undo: expect.stringContaining('vigie undo') });
});

test('the audit proves each approval: an edited signature or a pinned row that is missing breaks it', async () => {
  const asked = await running.call('k8s_scale', { target: web, replicas: 5 });
  await running.approve(idOf(asked));
  expect(await proveAudit(running.vigie)).toMatchObject({ ok: true });
  const { audit } = await running.vigie.store();
  const row = (await audit.list({ limit: 10 })).find(each => each.event === 'approved');
  const { payload } = approvalIn(row?.facts['approval']) ?? {};
  if (row === undefined || payload === undefined) throw new Error('nothing was approved');
  const digest = '0'.repeat(64);
  const forged = {
    payload: { ...payload, digest },
    signature: 'AAAA',
    publicKey: running.key.publicKey,
  };
  await audit.append({ ...row, facts: { ...row.facts, digest, approval: forged } });
  expect(await proveAudit(running.vigie)).toMatchObject({
    ok: false,
    what: expect.stringContaining('signature'),
  });
});
