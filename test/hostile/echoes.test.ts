import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type JsonObject, plainText } from '../../src/core/json.ts';
import type { CallResult } from '../../src/core/result.ts';
import { runTool } from '../../src/pipeline/run-tool.ts';
import type { Vigie } from '../../src/pipeline/vigie.ts';
import { readResource } from '../../src/server/resources.ts';
import { eventually } from '../support/eventually.ts';
import { refusal } from '../support/meddled-wire.ts';
import { fc } from '../support/properties.ts';
import { agent } from '../support/start-vigie.ts';
import { type Meddled, startMeddled } from './meddler.ts';

/*
 * Who sends a guess in a field that has nothing to do with a secret, and sees it come back, must not be able to tell from
 * the way it comes back whether it is the value of a Secret that was read before: no ticket and no audit row counts tries.
 */
const plain = { right: 'correct-horse-77', wrong: 'correct-mouse-78' };
/** With what JSON, YAML and cleaning write in another way. */
const marked = { right: 'Kq7"v\\T2+m Z9<x>é4', wrong: 'Kq7"v\\T2+m Z9<x>é5' };

const inBase64 = (text: string) => Buffer.from(text).toString('base64');

let running: Meddled;
let denying: Meddled;
let unbounded: Vigie;

beforeAll(async () => {
  running = await startMeddled();
  denying = await startMeddled({
    policy: '{low: deny, medium: deny, high: deny, protect: [{kind: Service}]}',
  });
  for (const each of [running, denying]) await plant(each);
  const text = readFileSync(running.configFile, 'utf8').replace('namespaces: [shop, other], ', '');
  const all = await startMeddled();
  await plant(all);
  writeFileSync(
    all.configFile,
    text.replaceAll(running.dir, all.dir).replaceAll(contextIn(running), contextIn(all)),
  );
  unbounded = await all.reopen();
  unboundedHome = all;
  await ask(unbounded, 'k8s_get', { target: { kind: 'Secret', name: 'guessed', namespace: 'shop' } });
});
let unboundedHome: Meddled | undefined;
afterAll(async () => {
  await unbounded.close();
  for (const each of [running, denying, unboundedHome]) await each?.stop();
});

function contextIn({ configFile }: Meddled): string {
  return /context: ([^,]+),/.exec(readFileSync(configFile, 'utf8'))?.[1] ?? '';
}

/** A Secret with the right values, read once; and the same values where rows and objects of the cluster show them. */
async function plant(home: Meddled): Promise<void> {
  const data = { password: inBase64(plain.right), token: inBase64(marked.right) };
  const at = { namespace: 'shop' };
  const inShop = (kind: string, name: string, more: JsonObject): JsonObject => ({
    apiVersion: 'v1',
    kind,
    metadata: { ...at, name, labels: { seen: 'yes' } },
    ...more,
  });
  await home.admin('POST', '/api/v1/namespaces/shop/secrets', inShop('Secret', 'guessed', { data }));
  await home.admin(
    'POST',
    '/api/v1/namespaces/shop/configmaps',
    inShop('ConfigMap', 'holds', { data: { note: `it is ${plain.right} here`, more: marked.right } }),
  );
  await home.admin('POST', '/api/v1/namespaces/shop/events', {
    ...inShop('Event', 'tells', { reason: 'Failed', type: 'Warning' }),
    involvedObject: { kind: 'ConfigMap', ...at, name: 'holds' },
    message: `login with ${plain.right} failed`,
    lastTimestamp: '2026-11-21T10:00:00Z',
  });
  const got = await home.call('k8s_get', { target: { kind: 'Secret', name: 'guessed', ...at } });
  expect(got.status, got.text).toBe('answered');
}

function ask(vigie: Vigie, tool: string, input: object): Promise<CallResult> {
  return runTool(vigie, {
    tool,
    input,
    actor: agent,
    signal: new AbortController().signal,
    budgetBytes: 40_000,
  });
}

/** What an answer says, the guess itself taken out however it is written. */
function without({ status, text, data }: CallResult, guess: string): string {
  const { auditHead: _head, ...facts } = data;
  const said = [status, text, JSON.stringify(facts)].join('\n');
  const ways = [guess, JSON.stringify(guess).slice(1, -1)];
  const twice = JSON.stringify(ways[1] ?? '').slice(1, -1);
  return [twice, ...ways.reverse(), inBase64(guess)].reduce(
    (left, way) => left.replaceAll(way, 'GUESS'),
    said,
  );
}

const web = { kind: 'Deployment', name: 'web', namespace: 'shop' };
const configMap = (data: JsonObject, name = 'sent'): JsonObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'shop' },
  data,
});

type Case = [how: string, tool: string, input: (guess: string) => object];

/** In each, the guess comes back to whoever sent it. */
const echoed: Case[] = [
  ['the name of an object', 'k8s_get', g => ({ target: { kind: 'Pod', name: g, namespace: 'shop' } })],
  ['a kind', 'k8s_get', g => ({ target: { kind: g, name: 'web', namespace: 'shop' } })],
  ['a namespace', 'k8s_get', g => ({ target: { kind: 'Pod', name: 'web', namespace: g } })],
  ['a version', 'k8s_get', g => ({ target: { ...web, apiVersion: g } })],
  ['a field', 'k8s_get', g => ({ target: web, field: `metadata.labels["${g}"]` })],
  ['a step of a field', 'k8s_get', g => ({ target: web, field: `spec.${g}.image` })],
  ['a field that is there in part', 'k8s_get', g => ({ target: web, field: g })],
  ['the kind of a list', 'k8s_list', g => ({ kind: g })],
  ['the namespace of a list', 'k8s_list', g => ({ kind: 'pods', namespace: g })],
  ['a field selector', 'k8s_list', g => ({ kind: 'pods', fieldSelector: `status.phase=a,${g}=b` })],
  ['a label selector', 'k8s_list', g => ({ kind: 'pods', labelSelector: `app in (${g}` })],
  ['a cursor', 'k8s_list', g => ({ kind: 'pods', cursor: g })],
  ['the kind of events', 'k8s_events', g => ({ target: { kind: g, name: 'web', namespace: 'shop' } })],
  ['the namespace of events', 'k8s_events', g => ({ namespace: g })],
  ['an object to describe', 'k8s_describe', g => ({ target: { ...web, name: g } })],
  ['a kind to describe', 'k8s_describe', g => ({ target: { ...web, kind: g } })],
  ['a namespace to describe from', 'k8s_describe', g => ({ target: { ...web, namespace: g } })],
  ['the namespace of usage', 'k8s_top', g => ({ namespace: g })],
  ['a selector of usage', 'k8s_top', g => ({ labelSelector: `app in (${g}` })],
  ['a kind to explain', 'k8s_explain', g => ({ path: g.replaceAll('.', '') })],
  ['what one may do', 'k8s_access', g => ({ verb: 'get', resource: g })],
  ['a container', 'k8s_logs', g => ({ target: web, container: g })],
  ['a pod', 'k8s_logs', g => ({ target: { kind: 'Pod', name: g, namespace: 'shop' } })],
  ['a pattern', 'k8s_logs', g => ({ target: web, grep: `(${g}` })],
  ['a workload to scale', 'k8s_scale', g => ({ target: { ...web, name: g }, replicas: 2 })],
  ['a kind to scale', 'k8s_scale', g => ({ target: { ...web, kind: g }, replicas: 2 })],
  ['a workload to restart', 'k8s_rollout', g => ({ target: { ...web, name: g }, action: 'restart' })],
  ['an object to delete', 'k8s_delete', g => ({ target: { ...web, name: g } })],
  ['what to delete', 'k8s_delete', g => ({ matching: { kind: g, namespace: 'shop', labelSelector: 'a=b' } })],
  ['a change', 'changes_undo', g => ({ id: g })],
  ['a change to see', 'changes_get', g => ({ id: g })],
  ['an environment', 'k8s_list', g => ({ kind: 'pods', environment: g })],
  ['an unknown argument', 'k8s_list', g => ({ kind: 'pods', [g]: 1 })],
  ['a tool', 'k8s_nothing', g => ({ g })],
  [
    'a namespace in a manifest',
    'k8s_apply',
    g => ({ manifest: JSON.stringify({ ...configMap({}), metadata: { name: 'sent', namespace: g } }) }),
  ],
  ['a kind in a manifest', 'k8s_apply', g => ({ manifest: JSON.stringify({ ...configMap({}), kind: g }) })],
  [
    'a name twice',
    'k8s_apply',
    g => ({ manifest: [1, 2].map(() => JSON.stringify(configMap({}, g))).join('\n---\n') }),
  ],
  [
    'a place for a Secret',
    'k8s_apply',
    g => ({ manifest: JSON.stringify(configMap({})), secretData: { [g]: 'a' } }),
  ],
  [
    'a label that is none',
    'k8s_apply',
    g => ({
      manifest: JSON.stringify({
        ...configMap({}),
        metadata: { name: 'sent', namespace: 'shop', labels: { 'a b': g, [`${g} !`]: 'c' } },
      }),
    }),
  ],
  [
    'a field that the kind has not',
    'k8s_apply',
    g => ({ manifest: JSON.stringify({ ...configMap({}), [g]: { [g]: 1 } }) }),
  ],
];

describe('a guess that comes back with a failure looks alike whether it is right or wrong:', () => {
  test.each(echoed)('%s', async (_how, tool, input) => {
    for (const guess of [plain, marked]) {
      const wrong = await running.call(tool, input(guess.wrong));
      const right = await running.call(tool, input(guess.right));
      expect(wrong.status, wrong.text).toBe('failed');
      expect(without(right, guess.right)).toBe(without(wrong, guess.wrong));
      expect(right.text).not.toContain('[redacted');
    }
  });

  test('written with escapes, hidden characters or over several lines', async () => {
    const answers: string[] = [];
    for (const guess of [plain.wrong, plain.right]) {
      const first = guess.charCodeAt(0).toString(16).padStart(4, '0');
      const kinds = [`"\\u${first}${guess.slice(1)}"`, `"${guess.slice(0, 4)}\\\n  ${guess.slice(4)}"`];
      for (const kind of kinds) {
        const manifest = `apiVersion: v1\nkind: ${kind}\nmetadata: {name: sent, namespace: shop}\n`;
        const answer = await running.call('k8s_apply', { manifest });
        expect(answer.status, answer.text).toBe('failed');
        expect(answer.text).toContain(guess);
        answers.push(without(answer, guess));
      }
      const hidden = `${guess.slice(0, 5)}\u200B${guess.slice(5)}`;
      answers.push(without(await running.call('k8s_list', { kind: hidden }), guess));
    }
    expect(answers.slice(3)).toEqual(answers.slice(0, 3));
  });

  test('in what the server itself says', async () => {
    const said: string[] = [];
    for (const guess of [plain.wrong, plain.right]) {
      running.meddle({
        before: ({ method }) =>
          method === 'PATCH'
            ? refusal(422, {
                reason: 'Invalid',
                message: `ConfigMap "sent" is invalid: data.a: Invalid value: "${guess}": is none`,
                details: { causes: [{ field: 'data.a', message: `Invalid value: "${guess}": is none` }] },
              })
            : undefined,
      });
      const answer = await running.call('k8s_apply', { manifest: JSON.stringify(configMap({ a: guess })) });
      running.meddle({});
      expect(answer.status, answer.text).toBe('failed');
      expect(answer.text).toContain(guess);
      said.push(without(answer, guess));
    }
    expect(said[1]).toBe(said[0]);
  });
});

describe('a guess uncovers nothing of the cluster:', () => {
  test('an object that the server prints in its refusal', async () => {
    const said: string[] = [];
    for (const guess of [plain.wrong, plain.right]) {
      running.meddle({
        before: ({ method }) =>
          method === 'PATCH'
            ? refusal(422, {
                reason: 'Invalid',
                message: `Job "sent" is invalid: spec.template: Invalid value: core.PodSpec{Env: "${plain.right}"}: field is immutable`,
                details: {
                  causes: [
                    {
                      field: 'spec.template',
                      message: `Invalid value: {"env":"${plain.right}"}: field is immutable`,
                    },
                  ],
                },
              })
            : undefined,
      });
      const answer = await running.call('k8s_apply', { manifest: JSON.stringify(configMap({ a: guess })) });
      running.meddle({});
      expect(answer.status, answer.text).toBe('failed');
      expect(answer.text).toContain('field is immutable');
      said.push([answer.text, JSON.stringify(answer.data)].join('\n'));
    }
    expect(said[1]).toBe(said[0]);
    expect(said[1]).not.toContain(plain.right);
  });

  test.each<Case>([
    ['an object', 'k8s_get', () => ({ target: { kind: 'ConfigMap', name: 'holds', namespace: 'shop' } })],
    [
      'its field',
      'k8s_get',
      () => ({ target: { kind: 'ConfigMap', name: 'holds', namespace: 'shop' }, field: 'data.note' }),
    ],
    ['a list', 'k8s_list', g => ({ kind: 'events', fieldSelector: `reason!=${g}` })],
    ['a list as data', 'k8s_list', g => ({ kind: 'events', fieldSelector: `reason!=${g}`, format: 'json' })],
    ['an event', 'k8s_events', () => ({ namespace: 'shop', type: 'Warning' })],
  ])('%s', async (_how, tool, input) => {
    for (const guess of [plain.wrong, plain.right]) {
      const answer = await running.call(tool, input(guess));
      expect(answer.status, answer.text).toBe('answered');
      const said = answer.text + JSON.stringify(answer.data);
      expect(said).not.toContain(plain.right);
      expect(said).toContain('[redacted #');
    }
  });

  test('the lines of a log that a pattern finds', async () => {
    const line = `2026-11-21T10:00:00.000000000Z logged in with ${plain.right}\n`;
    running.meddle({ before: ({ path }) => (path.includes('/log?') ? { body: line } : undefined) });
    const said: string[] = [];
    for (const guess of [plain.wrong, plain.right]) {
      const answer = await running.call('k8s_logs', { target: web, grep: `with ${guess}` });
      expect(answer.status, answer.text).toBe('answered');
      said.push(answer.text);
    }
    running.meddle({});
    expect(said[1]).toBe(said[0]);
  });
});

describe('an answer says nothing again that only its caller said:', () => {
  test.each<Case>([
    ['the namespace of an empty list', 'k8s_list', g => ({ kind: 'pods', namespace: g })],
    ['a selector of nothing', 'k8s_list', g => ({ kind: 'pods', labelSelector: `app=${g}` })],
    ['the namespace of no events', 'k8s_events', g => ({ namespace: g })],
    ['the object of no events', 'k8s_events', g => ({ target: { kind: 'Pod', name: g, namespace: 'shop' } })],
    ['its namespace', 'k8s_events', g => ({ target: { kind: 'Pod', name: 'web', namespace: g } })],
    ['a pattern that finds nothing', 'k8s_logs', g => ({ target: web, grep: g })],
    ['the namespace of no usage', 'k8s_top', g => ({ namespace: g })],
    ['usage of nothing', 'k8s_top', g => ({ labelSelector: `app=${g}` })],
    ['who is asked about', 'k8s_access', g => ({ verb: 'get', resource: 'pods', as: g })],
    ['their group', 'k8s_access', g => ({ verb: 'get', resource: 'pods', as: `group:${g}` })],
    ['what they would get', 'k8s_access', g => ({ verb: 'get', resource: 'pods', name: g })],
    ['where they would', 'k8s_access', g => ({ verb: 'get', resource: 'pods', namespace: g })],
    ['who can there', 'k8s_access', g => ({ verb: 'get', resource: 'pods', namespace: g, whoCan: true })],
    ['all rights there', 'k8s_access', g => ({ namespace: g })],
  ])('%s', async (_how, tool, input) => {
    const wrong = await ask(unbounded, tool, input(plain.wrong));
    const right = await ask(unbounded, tool, input(plain.right));
    expect(wrong.status, wrong.text).toBe('answered');
    expect(without(right, plain.right)).toBe(without(wrong, plain.wrong));
    expect(right.text + JSON.stringify(right.data)).not.toMatch(/redacted|correct/);
  });

  test('a cursor of a page that does not fit', async () => {
    for (const guess of [plain.wrong, plain.right]) {
      const cursor = Buffer.from(JSON.stringify({ namespace: 'shop', guess })).toString('base64url');
      const input = { kind: 'pods', namespace: 'shop', cursor };
      const { status, data } = await running.call('k8s_list', input, { budgetBytes: 1_640 });
      expect(data, status).toMatchObject({ truncated: true, cursor: expect.any(String) });
      const next = Buffer.from(plainText(data['cursor']), 'base64url').toString();
      expect(JSON.parse(next)).toEqual({ namespace: 'shop', token: expect.any(String) });
      expect(next).not.toContain(guess);
      const more = { ...input, cursor: data['cursor'] };
      expect(await running.call('k8s_list', more)).toMatchObject({ status: 'answered' });
    }
  });

  test('a container that only some pods have', async () => {
    for (const [name, container] of [
      ['first', plain.wrong],
      ['second', 'other'],
    ]) {
      await running.admin('POST', '/api/v1/namespaces/other/pods', {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: name ?? '', namespace: 'other', labels: { app: 'mixed' } },
        spec: { containers: [{ name: container ?? '', image: 'shop/web:1' }] },
      });
    }
    await running.admin('POST', '/api/v1/namespaces/other/services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'mixed', namespace: 'other' },
      spec: { selector: { app: 'mixed' }, ports: [{ port: 80 }] },
    });
    const target = { kind: 'Service', name: 'mixed', namespace: 'other' };
    // It starts within a second; until then its log is refused.
    const some = await eventually(async () => {
      const answer = await running.call('k8s_logs', { target, container: 'other' });
      expect(answer.status, answer.text).toBe('answered');
      return answer;
    });
    expect(some.text).toContain('not read: first: has no such container');
    const none = await running.call('k8s_logs', { target, container: 'neither' });
    expect(none.text).toContain('Service/mixed in other has no container neither');
  });
});

describe('a denial tells a right guess and a wrong one alike:', () => {
  test.each<Case>([
    [
      'in the name of what is protected',
      'k8s_apply',
      g => ({
        manifest: JSON.stringify({
          ...configMap({}),
          kind: 'Service',
          metadata: { name: g, namespace: 'shop' },
        }),
      }),
    ],
    [
      'in the name of a new object',
      'k8s_apply',
      g => ({ manifest: JSON.stringify(configMap({ a: 'b' }, g)) }),
    ],
    [
      'beside a text that stands',
      'k8s_apply',
      g => ({ manifest: JSON.stringify(configMap({ note: 'new', [g]: g }, 'holds')), force: true }),
    ],
  ])('%s', async (_how, tool, input) => {
    const wrong = await denying.call(tool, input(plain.wrong));
    const right = await denying.call(tool, input(plain.right));
    expect(wrong.status, wrong.text).toBe('denied');
    expect(without(right, plain.right)).toBe(without(wrong, plain.wrong));
    expect(right.text).not.toContain('it is');
  });
});

test('a resource that does not exist is refused alike', async () => {
  const said: string[] = [];
  for (const guess of [plain.wrong, plain.right])
    for (const uri of [`vigie://changes/${guess}`, `vigie://environments/${guess}`, `vigie://${guess}`]) {
      const signal = new AbortController().signal;
      const error = await readResource(running.vigie, { uri, actor: agent, signal }).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(Error);
      said.push(String(error).replaceAll(guess, 'GUESS'));
    }
  expect(said.slice(3)).toEqual(said.slice(0, 3));
});

test('whatever an argument is that cannot be meant, its guess comes back as it was sent', async () => {
  const around = fc.string({ maxLength: 20 }).filter(text => !text.includes('correct'));
  await fc.assert(
    fc.asyncProperty(around, around, async (before, after) => {
      const answers = [];
      for (const guess of [plain.wrong, plain.right]) {
        const answer = await running.call('k8s_list', { kind: before + guess + after });
        expect(answer.status).toBe('failed');
        answers.push(without(answer, guess));
      }
      expect(answers[1]).toBe(answers[0]);
    }),
    { numRuns: 100 },
  );
});
