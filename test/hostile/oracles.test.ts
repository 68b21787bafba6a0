import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { CallResult } from '../../src/core/result.ts';
import { rejectTicket, reviewTicket } from '../../src/pipeline/settle.ts';
import { agent, allowEverything, idOf } from '../support/start-vigie.ts';
import { type Meddled, startMeddled } from './meddler.ts';

/*
 * Two clusters that differ only in a secret must look the same to whoever may not know it, and so must two guesses of
 * which one is right. Values differ in length too.
 */
const right = 'Correct-Horse-77';
const wrong = 'a-much-longer-guess-that-is-not-the-right-one-0815';

let running: Meddled;
beforeAll(async () => {
  running = await startMeddled();
});
afterAll(() => running.stop());

const base64 = (text: string) => Buffer.from(text).toString('base64');

function secret(name: string, value: string, more: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'shop' },
    data: { password: base64(value), user: base64('someone') },
    ...more,
  };
}

function deployment(value: string, namespace = 'shop'): JsonObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'inline', namespace },
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
              env: [
                { name: 'MODE', value: 'fast' },
                { name: 'DB_PASSWORD', value },
              ],
            },
          ],
        },
      },
    },
  };
}

function configMap(value: string): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'inline', namespace: 'shop' },
    data: { 'app.conf': `listen=80\ndb_password=${value}\n`, 'api-token': value },
  };
}

async function put(path: string, object: JsonObject): Promise<void> {
  await running.admin('POST', path, object);
}

/** Everything of an answer that does not name this one proposal, object version or moment. */
function tellingOf({ status, text, data }: CallResult): string {
  const { id } = data;
  const said = [status, text, JSON.stringify(data)]
    .join('\n')
    .replaceAll(/,?"(?:auditHead|resourceVersion)":"[^"]*"/g, '')
    .replaceAll(/ *resourceVersion: "\d+"\n/g, '')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'UID')
    .replaceAll(/(?<=\s|")\d+[smhd](?:\d+[smh])?(?=\s|"|$)/g, 'AGE');
  return typeof id === 'string' ? said.replaceAll(id, 'ID') : said;
}

describe('a guess of a secret value, right or wrong, is answered alike', () => {
  const secrets = '/api/v1/namespaces/shop/secrets';
  test.each<[string, () => Promise<void>, (value: string) => JsonObject, string]>([
    [
      'as data of a Secret that somebody else wrote',
      () => put(secrets, secret('others', right)),
      value => secret('others', value),
      'failed',
    ],
    [
      'as data of a Secret that is immutable',
      () => put(`${secrets}?fieldManager=vigie`, secret('fixed', right, { immutable: true })),
      value => secret('fixed', value),
      'failed',
    ],
    [
      'as data of a Secret of its own',
      () => put(`${secrets}?fieldManager=vigie`, secret('own', right)),
      value => secret('own', value),
      'approval_required',
    ],
    [
      'as stringData',
      () => put(`${secrets}?fieldManager=vigie`, secret('text', right)),
      value => {
        const { data: _data, ...rest } = secret('text', value);
        return { ...rest, stringData: { password: value } };
      },
      'approval_required',
    ],
    [
      'beside a label that does change',
      () => put(`${secrets}?fieldManager=vigie`, secret('labelled', right)),
      value => ({
        ...secret('labelled', value),
        metadata: { name: 'labelled', namespace: 'shop', labels: { a: 'b' } },
      }),
      'approval_required',
    ],
    [
      'as a variable of a container',
      () => put('/apis/apps/v1/namespaces/shop/deployments?fieldManager=vigie', deployment(right)),
      value => deployment(value),
      'approval_required',
    ],
    [
      'in the text of a ConfigMap',
      () => put('/api/v1/namespaces/shop/configmaps?fieldManager=vigie', configMap(right)),
      value => configMap(value),
      'approval_required',
    ],
  ])('%s', async (_how, prepare, guessed, status) => {
    await prepare();
    const answers = new Map<string, string>();
    for (const value of [wrong, right]) {
      const asked = await running.call('k8s_apply', { manifest: JSON.stringify(guessed(value)) });
      const seen = [tellingOf(asked)];
      if (asked.status === 'approval_required') {
        seen.push(tellingOf(await running.call('changes_get', { id: idOf(asked) })));
        seen.push(...(await recordOf(idOf(asked))));
        await rejectTicket(running.vigie, { id: idOf(asked), person: 'alice' });
      }
      answers.set(value, seen.join('\n'));
      expect(asked.status, asked.text).toBe(status);
    }
    expect(answers.get(right)).toBe(answers.get(wrong));
    expect(answers.get(right)).not.toContain(right);
  });

  test('by the prompt of a client that may say yes itself', async () => {
    const asking = await startMeddled({ policy: '{low: ask, medium: ask, high: ask, elicitation: true}' });
    try {
      await asking.admin('POST', '/api/v1/namespaces/shop/configmaps?fieldManager=vigie', configMap(right));
      const shown: string[] = [];
      for (const value of [wrong, right]) {
        const asked = await asking.call(
          'k8s_apply',
          { manifest: JSON.stringify(configMap(value)) },
          {
            elicit: async ({ summary, diff, risk }) => {
              shown.push([summary, diff, risk].join('\n'));
              return 'decline';
            },
          },
        );
        await rejectTicket(asking.vigie, { id: idOf(asked), person: 'alice' });
      }
      expect(shown).toHaveLength(2);
      expect(shown[1]).toBe(shown[0]);
    } finally {
      await asking.stop();
    }
  });

  test('with the live object and the guess in one manifest', async () => {
    await put(`${secrets}?fieldManager=vigie`, secret('known', right));
    await put('/apis/apps/v1/namespaces/other/deployments?fieldManager=vigie', deployment(right, 'other'));
    const texts: string[] = [];
    for (const value of [wrong, right]) {
      const note = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'note', namespace: 'shop' } };
      const both = [
        secret('known', 'another'),
        secret('fresh', value),
        deployment('another', 'other'),
        { ...note, data: { note: `was ${value}` } },
      ];
      const asked = await running.call('k8s_apply', {
        manifest: both.map(one => JSON.stringify(one)).join('\n---\n'),
      });
      expect(asked.status, asked.text).toBe('approval_required');
      texts.push(tellingOf(asked));
      await rejectTicket(running.vigie, { id: idOf(asked), person: 'alice' });
    }
    expect(texts[1]).toBe(texts[0]);
  });

  test('whoever decides is told that nothing would change', async () => {
    await put(`${secrets}?fieldManager=vigie`, secret('told', right));
    for (const [value, says] of [
      [right, true],
      [wrong, false],
    ] as const) {
      const asked = await running.call('k8s_apply', { manifest: JSON.stringify(secret('told', value)) });
      const opened = await reviewTicket(running.vigie, {
        id: idOf(asked),
        person: 'alice',
        signal: new AbortController().signal,
      });
      if (!('review' in opened)) throw new Error('no review');
      expect(opened.review.screen.includes('holds these very values already')).toBe(says);
      await rejectTicket(running.vigie, { id: idOf(asked), person: 'alice' });
    }
  });
});

test('a guess of what another asker proposed is a ticket of its own, and so tells nothing', async () => {
  const manifest = JSON.stringify(secret('proposed', right));
  const first = await running.call('k8s_apply', { manifest });
  const again = await running.call('k8s_apply', { manifest });
  const other = await running.call('k8s_apply', { manifest }, { actor: { ...agent, onBehalfOf: 'mallory' } });
  expect(idOf(again)).toBe(idOf(first));
  expect(idOf(other)).not.toBe(idOf(first));
  expect(other.text).not.toContain('already open');
});

test('no selector and no field tells of a Secret whether a guess fits', async () => {
  await put('/api/v1/namespaces/shop/secrets', secret('selected', right));
  const target = { kind: 'Secret', name: 'selected', namespace: 'shop' };
  for (const input of [
    (value: string) => ({ kind: 'secrets', fieldSelector: `data.password=${base64(value)}` }),
    (value: string) => ({ kind: 'secrets', fieldSelector: `metadata.name=selected,data.password=${value}` }),
    (value: string) => ({ kind: 'secrets', labelSelector: `password=${value}` }),
  ])
    expect(tellingOf(await running.call('k8s_list', input(right)))).toBe(
      tellingOf(await running.call('k8s_list', input(wrong)))
        .replaceAll(base64(wrong), base64(right))
        .replaceAll(wrong, right),
    );
  for (const field of ['data.password[0]', 'data.password.length', 'data["password"]', 'stringData'])
    expect((await running.call('k8s_get', { target, field })).text).not.toMatch(/\d\d|Correct/);
});

test('two secrets of different lengths look alike in every answer that leads near them', async () => {
  const other = await startMeddled({ policy: allowEverything });
  const [shorter, longer] = [right, wrong];
  const event = (value: string) => ({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'inline.1', namespace: 'shop' },
    involvedObject: { apiVersion: 'v1', kind: 'ConfigMap', name: 'inline', namespace: 'shop' },
    reason: 'Failed',
    message: `${'x'.repeat(300)} login with ${value} failed ${'y '.repeat(300)}`,
    type: 'Warning',
    firstTimestamp: '2026-11-21T10:00:00Z',
    lastTimestamp: '2026-11-21T10:00:00Z',
  });
  await other.admin('POST', '/api/v1/namespaces/shop/secrets', secret('inline', shorter));
  await other.admin('POST', '/apis/apps/v1/namespaces/other/deployments', deployment(shorter, 'other'));
  await other.admin('POST', '/api/v1/namespaces/shop/configmaps', configMap(shorter));
  await other.admin('POST', '/api/v1/namespaces/shop/events', event(shorter));
  const look = async () => {
    const log = `2026-11-21T10:00:00.000000000Z ${'x'.repeat(100)} ${current} ${'z '.repeat(600)}\n`;
    other.meddle({ before: ({ path }) => (path.includes('/log?') ? { body: log } : undefined) });
    const inShop = (kind: string, name: string) => ({ target: { kind, name, namespace: 'shop' } });
    const calls: [string, object][] = [
      ...['yaml', 'json'].flatMap(format =>
        ['Secret', 'ConfigMap'].map((kind): [string, object] => [
          'k8s_get',
          { ...inShop(kind, 'inline'), format },
        ]),
      ),
      ['k8s_get', { ...inShop('Secret', 'inline'), field: 'data.password' }],
      // Not its status: the names of its ReplicaSets are a hash of the template, secret values and all.
      ['k8s_get', { target: { kind: 'Deployment', name: 'inline', namespace: 'other' }, field: 'spec' }],
      ...['secrets', 'configmaps', 'events'].flatMap(kind =>
        [true, false].map((wide): [string, object] => ['k8s_list', { kind, wide, namespace: 'shop' }]),
      ),
      ['k8s_list', { kind: 'secrets', labelSelector: 'a=b' }],
      ['k8s_list', { kind: 'events', fieldSelector: 'reason=Failed', format: 'json' }],
      ['k8s_events', inShop('ConfigMap', 'inline')],
      ['k8s_logs', inShop('Deployment', 'web')],
      ['k8s_logs', { ...inShop('Deployment', 'web'), grep: 'xxx .{0,20} z' }],
    ];
    const said: string[] = [];
    for (const [tool, input] of calls) {
      const answer = await other.call(tool, input);
      expect(answer.status, `${tool} ${JSON.stringify(input)} ${answer.text}`).toBe('answered');
      said.push(`${tool} ${JSON.stringify(input)}: ${tellingOf(answer)}`);
    }
    return said;
  };
  let current = shorter;
  const first = await look();
  current = longer;
  await other.admin('PATCH', '/api/v1/namespaces/shop/secrets/inline', {
    data: { password: base64(longer) },
  });
  await other.admin('DELETE', '/apis/apps/v1/namespaces/other/deployments/inline');
  await other.admin('POST', '/apis/apps/v1/namespaces/other/deployments', deployment(longer, 'other'));
  await other.admin('PATCH', '/api/v1/namespaces/shop/configmaps/inline', {
    data: configMap(longer)['data'] ?? {},
  });
  await other.admin('PATCH', '/api/v1/namespaces/shop/events/inline.1', { message: event(longer).message });
  const second = await look();
  await other.stop();
  for (const [index, line] of first.entries()) expect(second[index]).toBe(line);
});

async function recordOf(id: string): Promise<string[]> {
  const { changes } = await running.vigie.store();
  const { summary, diff, undo, risk } = await changes.get(id);
  return [JSON.stringify({ summary, diff, undo, risk })];
}
