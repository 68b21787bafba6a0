import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { rejectTicket } from '../../src/pipeline/settle.ts';
import { idOf } from '../support/start-vigie.ts';
import { type Meddled, startMeddled } from './meddler.ts';

/* A patch can carry a guess of a secret value as a manifest can: right or wrong, it must be answered alike. */
const right = 'Correct-Horse-77';
const wrong = 'a-much-longer-guess-that-is-not-the-right-one-0815';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const db = { kind: 'Secret', name: 'guessed', namespace: 'shop' };
const fixed = { kind: 'Secret', name: 'fixed', namespace: 'shop' };
const inline = { kind: 'Deployment', name: 'inline', namespace: 'shop' };
const database = { kind: 'Database', name: 'shop', namespace: 'shop' };
const conf = { kind: 'ConfigMap', name: 'inline', namespace: 'shop' };

let running: Meddled;
beforeAll(async () => {
  running = await startMeddled();
  const secrets = '/api/v1/namespaces/shop/secrets';
  const metadata = (name: string) => ({ name, namespace: 'shop' });
  const data = { password: base64(right) };
  await running.admin('POST', secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: metadata('guessed'),
    data,
  });
  await running.admin('POST', secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: metadata('fixed'),
    data,
    immutable: true,
  });
  await running.admin('POST', '/api/v1/namespaces/shop/configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...metadata('inline'), annotations: { 'shop.example/token': right } },
    data: { 'api-token': right },
  });
  await plantDatabase(running);
  await running.admin('POST', '/apis/apps/v1/namespaces/shop/deployments', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata('inline'),
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'inline' } },
      template: {
        metadata: { labels: { app: 'inline' } },
        spec: {
          containers: [
            {
              name: 'inline',
              image: 'shop/inline:1',
              command: ['serve', '--password', right],
              env: [{ name: 'DB_PASSWORD', value: right }],
            },
          ],
        },
      },
    },
  });
});
afterAll(() => running.stop());

async function plantDatabase(home: Meddled): Promise<void> {
  const names = { kind: 'Database', plural: 'databases', singular: 'database', listKind: 'DatabaseList' };
  const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  await home.admin('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'databases.shop.example' },
    spec: {
      group: 'shop.example',
      scope: 'Namespaced',
      names,
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: anything } }],
    },
  });
  await home.admin('POST', '/apis/shop.example/v1/namespaces/shop/databases', {
    apiVersion: 'shop.example/v1',
    kind: 'Database',
    metadata: { name: 'shop', namespace: 'shop' },
    spec: { password: right },
  });
}

/** An answer without what names this one proposal or moment. */
function tellingOf({ status, text, data }: { status: string; text: string; data: JsonObject }): string {
  const said = [status, text, JSON.stringify(data)]
    .join('\n')
    .replaceAll(/,?"auditHead":"[^"]*"/g, '')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME');
  const { id } = data;
  return typeof id === 'string' ? said.replaceAll(id, 'ID') : said;
}

const operations = (path: string, value: string) => JSON.stringify([{ op: 'replace', path, value }]);
const word = '/spec/template/spec/containers/0/command/2';
const variable = '/spec/template/spec/containers/0/env/0/value';
const patchOfVariable = (value: string) =>
  JSON.stringify({
    spec: { template: { spec: { containers: [{ name: 'inline', env: [{ name: 'DB_PASSWORD', value }] }] } } },
  });

describe('a guess in a patch, right or wrong, is answered alike', () => {
  test.each<[string, string, (value: string) => JsonObject, string]>([
    [
      'data of a Secret, strategic',
      'k8s_patch',
      value => ({ target: db, patch: JSON.stringify({ data: { password: base64(value) } }) }),
      'approval_required',
    ],
    [
      'stringData of a Secret, merge',
      'k8s_patch',
      value => ({ target: db, patch: JSON.stringify({ stringData: { password: value } }), type: 'merge' }),
      'approval_required',
    ],
    [
      'data of a Secret, json',
      'k8s_patch',
      value => ({ target: db, patch: operations('/data/password', base64(value)), type: 'json' }),
      'approval_required',
    ],
    [
      'data of a Secret that is immutable',
      'k8s_patch',
      value => ({ target: fixed, patch: JSON.stringify({ data: { password: base64(value) } }) }),
      'failed',
    ],
    [
      'a token in a ConfigMap',
      'k8s_patch',
      value => ({ target: conf, patch: JSON.stringify({ data: { 'api-token': value } }), type: 'merge' }),
      'approval_required',
    ],
    [
      'a variable, strategic',
      'k8s_patch',
      value => ({ target: inline, patch: patchOfVariable(value) }),
      'approval_required',
    ],
    [
      'a variable by its position',
      'k8s_patch',
      value => ({ target: inline, patch: operations(variable, value), type: 'json' }),
      'approval_required',
    ],
    [
      'a word behind a flag, strategic',
      'k8s_patch',
      value => ({
        target: inline,
        patch: JSON.stringify({
          spec: {
            template: {
              spec: { containers: [{ name: 'inline', command: ['serve', '--password', value] }] },
            },
          },
        }),
      }),
      'approval_required',
    ],
    [
      'a word behind a flag by its position',
      'k8s_patch',
      value => ({ target: inline, patch: operations(word, value), type: 'json' }),
      'approval_required',
    ],
    [
      'an annotation that sounds secret',
      'k8s_set',
      value => ({ target: conf, annotations: [`shop.example/token=${value}`] }),
      'approval_required',
    ],
    [
      'data of a Secret that is replaced as a whole',
      'k8s_patch',
      value => ({
        target: db,
        patch: JSON.stringify({ data: { $patch: 'replace', password: base64(value) } }),
      }),
      'approval_required',
    ],
    [
      'a field of a custom object',
      'k8s_patch',
      value => ({ target: database, patch: JSON.stringify({ spec: { password: value } }) }),
      'approval_required',
    ],
    [
      'a field of a custom object by its path',
      'k8s_patch',
      value => ({ target: database, patch: operations('/spec/password', value), type: 'json' }),
      'approval_required',
    ],
    [
      'a variable that is set beside another change',
      'k8s_set',
      value => ({ target: inline, env: [`DB_PASSWORD=${value}`, 'MODE=fast'] }),
      'approval_required',
    ],
  ])('%s', async (_how, tool, input, status) => {
    const answers = new Map<string, string>();
    for (const value of [wrong, right]) {
      const asked = await running.call(tool, input(value));
      expect(asked.status, asked.text).toBe(status);
      const seen = [tellingOf(asked)];
      if (status === 'approval_required') {
        seen.push(tellingOf(await running.call('changes_get', { id: idOf(asked) })));
        await rejectTicket(running.vigie, { id: idOf(asked), person: 'alice' });
      }
      answers.set(value, seen.join('\n'));
    }
    expect(answers.get(right)).toBe(answers.get(wrong));
    expect(answers.get(right)).not.toContain(right);
  });

  test.each([
    ['a Secret', db, '/data/password', base64(right)],
    ['a variable', inline, variable, right],
    ['a word behind a flag', inline, word, right],
  ])('the length of what stands in %s is not told', async (_where, target, path, value) => {
    const answers = new Set<string>();
    for (const place of [0, value.length - 1, value.length, value.length + 1, 'length', 'toString']) {
      const patch = operations(`${path}/${place}`, 'x');
      const { status, text, data } = await running.call('k8s_patch', { target, patch, type: 'json' });
      expect(status, text).toBe('failed');
      expect(data['code']).toBe('INVALID_INPUT');
      answers.add(text.replaceAll(`${path}/${place}`, 'PATH'));
    }
    expect([...answers]).toHaveLength(1);
  });

  test('what is tried in place of a guess is not shown as what was sent', async () => {
    const value = `ghp_${'a1'.repeat(20)}`;
    const asked = await running.call('k8s_set', {
      target: conf,
      annotations: [`shop.example/note=${value}`],
    });
    expect(asked.status, asked.text).toBe('approval_required');
    expect(asked.text).toMatch(/shop\.example\/note: "?\[redacted #\d+\]/);
    expect(asked.text + JSON.stringify(asked.data)).not.toMatch(/other-[0-9a-f]{8}-/);
    await rejectTicket(running.vigie, { id: idOf(asked), person: 'alice' });
  });

  test('a variable beside an item that is patched by its position is not told as changed', async () => {
    const patch = operations('/spec/template/spec/containers/0/image', 'shop/inline:2');
    const asked = await running.call('k8s_patch', { target: inline, patch, type: 'json' });
    expect(asked.status).toBe('approval_required');
    expect(asked.data['diff']).toMatch(/\+.*shop\/inline:2/);
    expect(asked.data['diff']).not.toMatch(/^[-+].*redacted/m);
    await rejectTicket(running.vigie, { id: idOf(asked), person: 'alice' });
  });

  test('a variable that is given a harmless name keeps its mask', async () => {
    const patch = operations('/spec/template/spec/containers/0/env/0/name', 'COLOUR');
    const asked = await running.call('k8s_patch', { target: inline, patch, type: 'json' });
    expect(asked.text).not.toContain(right);
    await rejectTicket(running.vigie, { id: idOf(asked), person: 'alice' });
  });
});
