import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { reviewTicket } from '../../src/pipeline/settle.ts';
import { narrowVigie } from '../../src/server/narrow-vigie.ts';
import { allowEverything, idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';

const web = { kind: 'Deployment', name: 'web', namespace: 'shop' };
const signal = new AbortController().signal;
let running: TestVigie;

afterEach(() => running.stop());

function edit(change: (text: string) => string): void {
  writeFileSync(running.configFile, change(readFileSync(running.configFile, 'utf8')), { mode: 0o600 });
}

function setPolicy(policy: string): void {
  edit(text => text.replace(/policy: .*/, `policy: ${policy}`));
}

const scale = (replicas: number) => running.call('k8s_scale', { target: web, replicas });

test('a policy that was tightened on disk holds in a running process, in narrowed copies and in what is listed', async () => {
  running = await startVigie({ policy: allowEverything });
  const narrow = narrowVigie(running.vigie, { environments: ['test'] });
  expect((await scale(3)).status).toBe('done');
  setPolicy('{low: deny, medium: deny, high: deny}');
  expect((await scale(4)).data).toMatchObject({ status: 'denied', rule: 'policy.low' });
  expect((await narrow.inForce('change')).environments[0]?.rules.low).toBe('deny');
  expect((await running.call('environments_list', {})).text).toContain('deny');
  setPolicy('{low: allow}');
  expect((await scale(4)).data).toMatchObject({ status: 'approval_required', rule: 'policy.unaccepted' });
});

test('bounds that were tightened on disk hold in a running process', async () => {
  running = await startVigie();
  expect((await running.call('k8s_get', { target: web })).status).toBe('answered');
  edit(text => text.replace('namespaces: [shop, other]', 'namespaces: [other]'));
  expect((await running.call('k8s_get', { target: web })).data).toMatchObject({ code: 'OUT_OF_BOUNDS' });
});

test.each([
  ['no longer parses', () => edit(text => `${text}\n  : [`)],
  ['is gone', () => rmSync(running.configFile)],
])('while vigie.yaml %s changes and decisions are refused, and reads go on', async (_, breakIt) => {
  running = await startVigie();
  const id = idOf(await scale(3));
  const text = readFileSync(running.configFile, 'utf8');
  breakIt();
  expect((await scale(4)).data).toMatchObject({ status: 'failed', code: 'INVALID_CONFIG' });
  await expect(running.approve(id)).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  expect((await running.call('k8s_get', { target: web })).status).toBe('answered');
  writeFileSync(running.configFile, text, { mode: 0o600 });
  expect((await running.approve(id)).status).toBe('done');
});

test('a ticket is rechecked by the rules of now: a freeze, a smaller maxTargets', async () => {
  running = await startVigie({ policy: '{low: ask, medium: ask, high: ask}' });
  const manifest = ['one', 'two']
    .map(name => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: shop}\n`)
    .join('---\n');
  const asked = await running.call('k8s_apply', { manifest });
  expect(asked.data).toMatchObject({ risk: 'medium' });
  const id = idOf(asked);
  setPolicy('{low: ask, medium: ask, high: ask, maxTargets: 1, approvers: {high: [night]}}');
  await expect(running.approve(id)).rejects.toMatchObject({
    code: 'NOT_AN_APPROVER',
    details: { groups: ['night'] },
  });
  setPolicy('{low: ask, medium: ask, high: ask, maxTargets: 1}');
  const review = await reviewTicket(running.vigie, { id, person: 'alice', signal });
  expect(review).toMatchObject({ review: { plan: { risk: { level: 'high' } }, typeToConfirm: 'one' } });
  setPolicy('{low: ask, medium: ask, high: deny, maxTargets: 1}');
  expect((await running.approve(id)).data).toMatchObject({ status: 'denied', rule: 'policy.high' });
  setPolicy(
    '{low: ask, freeze: [{from: "Mon 00:00", to: "Sun 23:59", timeZone: UTC}, {from: "Sun 23:00", to: "Mon 01:00", timeZone: UTC}]}',
  );
  expect((await running.approve(id)).data).toMatchObject({
    status: 'denied',
    rule: expect.stringContaining('freeze'),
  });
});
