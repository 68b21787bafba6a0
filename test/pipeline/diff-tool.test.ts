import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { askAsAdministrator } from '../support/sandbox-client.ts';
import { startVigie, type TestVigie } from '../support/start-vigie.ts';

const right = 'planted-password-1234';
const wrong = 'another-guess-that-is-not-so';
let running: TestVigie;

beforeEach(async () => {
  running = await startVigie({
    policy: '{low: ask, medium: ask, high: ask, protect: [{kind: HorizontalPodAutoscaler}]}',
  });
});
afterEach(() => running.stop());

function configMap(name: string, data: JsonObject, namespace = 'shop'): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data });
}

async function diff(manifest: string, more: JsonObject = {}) {
  return running.call('k8s_diff', { manifest, ...more });
}

describe('k8s_diff', () => {
  test('tells of each object what applying it would do, and changes nothing', async () => {
    const path = '/api/v1/namespaces/shop/configmaps';
    await askAsAdministrator(running.sandbox, {
      method: 'POST',
      path: `${path}?fieldManager=vigie`,
      body: JSON.parse(configMap('same', { a: 'b' })) as JsonObject,
    });
    const before = await askAsAdministrator(running.sandbox, { method: 'GET', path, body: undefined });
    const answer = await diff(
      [
        configMap('fresh', { colour: 'red' }),
        configMap('same', { a: 'b' }),
        configMap('settings', { mode: 'slow' }),
      ].join('\n---\n'),
      { force: true },
    );
    expect(answer.data).toMatchObject({
      differs: true,
      counts: { create: 1, same: 1, update: 1 },
      rows: [
        { outcome: 'create', object: 'ConfigMap/fresh in shop' },
        { outcome: 'same', object: 'ConfigMap/same in shop' },
        { outcome: 'update', object: 'ConfigMap/settings in shop' },
      ],
    });
    expect(answer.text).toMatch(/-\s+mode: fast\n\+\s+mode: slow/);
    expect(answer.text).toContain('+  colour: red');
    expect(await askAsAdministrator(running.sandbox, { method: 'GET', path, body: undefined })).toEqual(
      before,
    );
    expect((await running.call('changes_list', {})).text).not.toContain('k8s_diff');
  });

  test('tells what the policy would deny for what it would do, beside what it would not', async () => {
    await running.stop();
    running = await startVigie({ policy: '{low: allow, medium: ask, high: deny}' });
    const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }];
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'reader', namespace: 'shop' },
      rules,
    };
    const answer = await diff([JSON.stringify(role), configMap('fresh', { a: 'b' })].join('\n---\n'));
    expect(answer.data).toMatchObject({
      counts: { denied: 1, create: 1 },
      rows: [
        { outcome: 'denied', object: 'Role/reader in shop' },
        { outcome: 'create', object: 'ConfigMap/fresh in shop' },
      ],
    });
    expect(answer.text).toContain('policy.high');
  });

  test('has no difference where all is already so', async () => {
    const path = '/api/v1/namespaces/shop/configmaps?fieldManager=vigie';
    const manifest = configMap('same', { a: 'b' });
    await askAsAdministrator(running.sandbox, {
      method: 'POST',
      path,
      body: JSON.parse(manifest) as JsonObject,
    });
    expect((await diff(manifest)).data).toMatchObject({ differs: false, counts: { same: 1 } });
  });

  test('tells what would be refused, one object beside the others', async () => {
    const answer = await diff(
      [
        configMap('settings', { mode: 'slow' }),
        configMap('fine', { a: 'b' }),
        JSON.stringify({
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'bad', namespace: 'shop' },
          spec: { replicaz: 1 },
        }),
        JSON.stringify({
          apiVersion: 'autoscaling/v2',
          kind: 'HorizontalPodAutoscaler',
          metadata: { name: 'api', namespace: 'shop' },
          spec: { maxReplicas: 9, scaleTargetRef: { kind: 'Deployment', name: 'api' } },
        }),
      ].join('\n---\n'),
    );
    expect(answer.status, answer.text).toBe('answered');
    expect(answer.data).toMatchObject({ counts: { create: 1, conflict: 1, invalid: 1, denied: 1 } });
    expect(answer.text).toMatch(
      /^conflict\s+ConfigMap\/settings in shop\s+(?!ConfigMap).*mode belongs to .*; with force it would be as below$/m,
    );
    expect(answer.text).toMatch(/^\+ +mode: slow$/m);
    expect(answer.text).toMatch(/invalid\s+Deployment\/bad in shop\s+.*replicaz/);
    expect(answer.text).toMatch(/denied\s+HorizontalPodAutoscaler\/api in shop\s+.*policy\.protect/);
  });

  test('cuts the diff of each object rather than the last of them', async () => {
    const large = Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`key-${at}`, `value ${at}`]));
    const answer = await diff([configMap('one', large), configMap('two', large)].join('\n---\n'));
    expect(Buffer.byteLength(answer.text)).toBeLessThan(40_000);
    expect(answer.text.match(/more lines of this object/g)).toHaveLength(2);
    expect(answer.text).toContain('ConfigMap/two');
  });

  test('answers a right guess of a secret value as a wrong one', async () => {
    const guesses: ((value: string) => string)[] = [
      value =>
        JSON.stringify({
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'db', namespace: 'shop' },
          data: { password: Buffer.from(value).toString('base64') },
        }),
      value => configMap('settings', { note: value }),
      value => configMap('fresh', { note: `it was ${value}` }),
      value => configMap(value, { a: 'b' }),
      value => configMap('settings', { mode: 'fast' }, value),
    ];
    for (const guess of guesses)
      for (const force of [true, false]) {
        const [yes, no] = [await diff(guess(right), { force }), await diff(guess(wrong), { force })];
        expect(yes.status).toBe(no.status);
        expect(yes.text.replaceAll(right, 'GUESS')).toBe(no.text.replaceAll(wrong, 'GUESS'));
        expect(JSON.stringify(yes.data).replaceAll(right, 'GUESS')).toBe(
          JSON.stringify(no.data).replaceAll(wrong, 'GUESS'),
        );
      }
  });

  test('refuses a manifest that came out of an answer', async () => {
    expect(await diff(configMap('settings', { note: '[redacted #1]' }))).toMatchObject({
      data: { code: 'SECRET' },
    });
  });

  test('says in read-only mode that it needs what is not sent there', async () => {
    const readOnly = await running.call('k8s_diff', { manifest: configMap('a', {}) });
    expect(readOnly.status).toBe('answered');
    const { runTool } = await import('../../src/pipeline/run-tool.ts');
    const { agent } = await import('../support/start-vigie.ts');
    const vigie = {
      ...running.vigie,
      readOnly: true,
      inForce: async () => ({ ...running.vigie, readOnly: true }),
    };
    const answer = await runTool(vigie, {
      tool: 'k8s_diff',
      input: { manifest: configMap('a', {}) },
      actor: agent,
      signal: new AbortController().signal,
      budgetBytes: 40_000,
    });
    expect(answer.data).toMatchObject({ code: 'READ_ONLY' });
  });
});
