import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { signedText } from '../../src/core/approval.ts';
import type { CallResult } from '../../src/core/result.ts';
import type { Call } from '../../src/pipeline/call.ts';
import { runTool } from '../../src/pipeline/run-tool.ts';
import { reviewTicket, settle } from '../../src/pipeline/settle.ts';
import { refusal } from '../support/meddled-wire.ts';
import { agent, idOf } from '../support/start-vigie.ts';
import { filesBelow, findings } from './hunt.ts';
import { type Meddled, startMeddled } from './meddler.ts';

const signal = new AbortController().signal;

/** One value a place, so that a find says where it came from. Each has letters that URLs, JSON and YAML write otherwise. */
const planted = {
  'data of a Secret': 'Kq7/vT2+mZ9"xW4=pL6&nB3y',
  'stringData of an applied Secret': 'Hy5/rD8+cF1"uJ6=eS0&wG2k',
  'variable of a pod': 'Zb4/gN7+tQ2"lX9=oC5&iV8m',
  'variable of an applied Deployment': 'Pm3/yK6+aR1"dU8=hE4&sJ7f',
  'last-applied of a Secret': 'Wc6/jM1+bT5"qA9=zL3&kD2x',
  'first line of a Secret': 'Qf8/wB3+nE6"tY1=rG7&pX4c',
  'last line of a Secret': 'Jn2/sV9+hA4"mK5=yD3&zU6b',
};
const lines = `${planted['first line of a Secret']}\n  ${planted['last line of a Secret']}\n`;
const value = planted['data of a Secret'];

// The same value where nobody would look for it: a ConfigMap under a plain name, an argument, an annotation, an event.
const world = JSON.stringify({
  cluster: {
    serverVersion: 'v1.36.2',
    ageDays: 5,
    nodes: [{ name: 'n1', ip: '10.0.0.1', podSubnet: '10.42.0' }],
  },
  images: [{ match: 'shop/*', startSeconds: 0.2 }],
  objects: [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: 'db',
        namespace: 'shop',
        annotations: {
          'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({
            apiVersion: 'v1',
            kind: 'Secret',
            metadata: { name: 'db', namespace: 'shop' },
            stringData: { password: planted['last-applied of a Secret'] },
          }),
        },
      },
      data: {
        password: Buffer.from(value).toString('base64'),
        key: Buffer.from(lines).toString('base64'),
      },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings', namespace: 'shop' },
      data: {
        where: value,
        inside: `postgres://shop:${value}@db/shop`,
        encoded: Buffer.from(`user:${value}\n`).toString('base64'),
        file: `key: |\n${lines}`,
        // Shown by its beginning only, and the beginning ends within the value.
        long: `${'x'.repeat(195)} ${value} ${'y'.repeat(60_000)}`,
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'shop', annotations: { 'shop.example/note': `uses ${value}` } },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: {
            containers: [
              {
                name: 'web',
                image: 'shop/web:1',
                command: ['serve', `--store=${value}`],
                env: [
                  { name: 'DB_PASSWORD', value: planted['variable of a pod'] },
                  { name: 'API_TOKEN', value: 'zq7' },
                  { name: 'ADMIN_PASSWORD', value: 'admin' },
                  { name: 'STORE', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
                ],
              },
            ],
          },
        },
      },
    },
  ],
});

const dir = mkdtempSync(join(tmpdir(), 'vigie-hunt-'));
const worldFile = join(dir, 'world.yaml');
writeFileSync(worldFile, world);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const inShop = (kind: string, name: string) => ({ kind, name, namespace: 'shop' });
const web = inShop('Deployment', 'web');

const appliedSecret = (more = '') =>
  `apiVersion: v1
kind: Secret
metadata: {name: made, namespace: shop}
stringData: {password: ${JSON.stringify(planted['stringData of an applied Secret'] + more)}}`;

const appliedDeployment = (more = '') =>
  `apiVersion: apps/v1
kind: Deployment
metadata: {name: made, namespace: shop}
spec:
  replicas: 1
  selector: {matchLabels: {app: made}}
  template:
    metadata: {labels: {app: made}}
    spec:
      containers:
        - name: made
          image: shop/web:1
          env: [{name: DB_PASSWORD, value: ${JSON.stringify(planted['variable of an applied Deployment'] + more)}}]`;

let running: Meddled;
/** Everything that left, with the call it left by. */
let left: [label: string, text: string][] = [];

async function start(): Promise<void> {
  running = await startMeddled({ world: worldFile });
  running.env['VIGIE_LOG'] = 'debug';
  const again = await running.reopen();
  await running.vigie.close();
  running.vigie = again;
  running.call = (tool, input, more: Partial<Call> = {}) =>
    runTool(again, { tool, input, actor: agent, signal, budgetBytes: 40_000, ...more });
  left = [];
}

/** A value is looked for in the answer as the caller gets it and as it would be written down. */
function keep(label: string, result: CallResult): CallResult {
  left.push([`${label}, text`, result.text]);
  left.push([`${label}, data`, JSON.stringify(result.data)], [`${label}, strings`, strings(result.data)]);
  return result;
}

function strings(data: unknown): string {
  if (typeof data === 'string') return data;
  if (typeof data !== 'object' || data === null) return '';
  return Object.entries(data)
    .map(([key, item]) => `${key} ${strings(item)}`)
    .join('\n');
}

async function call(tool: string, input: object, more?: Partial<Call>): Promise<CallResult> {
  const progress = (message: string) => left.push([`${tool}, progress`, message]);
  return keep(
    `${tool} ${JSON.stringify(input).slice(0, 80)}`,
    await running.call(tool, input, { progress, ...more }),
  );
}

function found(): string[] {
  return left.flatMap(([label, text]) => findings(label, text, planted));
}

async function podName(): Promise<string> {
  const { items } = await running.admin('GET', '/api/v1/namespaces/shop/pods?labelSelector=app%3Dweb');
  const [pod] = items as { metadata: { name: string } }[];
  return pod?.metadata.name ?? '';
}

/** What a container says, with the value in one line and a value of several lines in the next ones. */
function talking() {
  const more = lines.split('\n').map(line => `2026-11-21T10:00:00.500000000Z ${line}\n`);
  const body = `2026-11-21T10:00:00.000000000Z connecting with ${value}\n${more.join('')}2026-11-21T10:00:01.000000000Z ready\n`;
  return { before: ({ path }: { path: string }) => (path.includes('/log?') ? { body } : undefined) };
}

test('a log does not show what its container got from a Secret that nobody has read yet', async () => {
  await start();
  running.meddle(talking());
  const log = await call('k8s_logs', { target: web });
  const guessed = await call('k8s_logs', { target: web, grep: escaped(value.slice(0, 8)) });
  await running.stop();
  expect(log.text).toContain('ready');
  expect(guessed.data).toMatchObject({ lines: 0 });
  expect(found()).toEqual([]);
});

describe('a value that was planted', () => {
  beforeAll(start);
  afterAll(() => running.stop());
  afterEach(() => {
    left = [];
  });

  test('is not in what its own object answers, in any format or field', async () => {
    const targets = [inShop('Secret', 'db'), web, inShop('Pod', await podName())];
    const fields = [
      'data',
      'data.password',
      'stringData',
      'metadata.annotations',
      'spec',
      'spec.template.spec',
    ];
    const places = ['spec.template.spec.containers[0].env[0].value', 'spec.containers[0].env[0].value'];
    for (const target of targets)
      for (const format of ['yaml', 'json'])
        for (const field of [undefined, ...fields, ...places])
          await call('k8s_get', { target, format, ...(field === undefined ? {} : { field }) });
    expect(left.length).toBeGreaterThan(100);
    expect(found()).toEqual([]);
  });

  test('is masked in its place even where it is too short or too common to be looked for', async () => {
    for (const target of [web, inShop('Pod', await podName())])
      for (const format of ['yaml', 'json'])
        for (const field of [
          undefined,
          'spec.template.spec.containers[0].env',
          'spec.containers[0].env[1].value',
        ])
          await call('k8s_get', { target, format, ...(field === undefined ? {} : { field }) });
    expect(left.map(([, text]) => text).join(' ')).toMatch(/API_TOKEN/);
    for (const [label, text] of left) expect(text, label).not.toMatch(/zq7|\badmin\b/);
  });

  test('is not in any other object once its own was read', async () => {
    await call('k8s_get', { target: inShop('Secret', 'db') });
    const pod = inShop('Pod', await podName());
    for (const target of [inShop('ConfigMap', 'settings'), web, pod])
      for (const format of ['yaml', 'json']) await call('k8s_get', { target, format });
    for (const field of ['data.where', 'data.inside', 'data.encoded', 'data'])
      await call('k8s_get', { target: inShop('ConfigMap', 'settings'), field });
    for (const field of ['metadata.annotations', 'spec.template.spec.containers[0].command'])
      await call('k8s_get', { target: web, field });
    expect(found()).toEqual([]);
  });

  test('is not in lists and events', async () => {
    await running.admin('POST', '/api/v1/namespaces/shop/events', {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'web.1', namespace: 'shop' },
      involvedObject: { apiVersion: 'apps/v1', ...web },
      reason: 'Failed',
      message: `login with ${value} failed`,
      type: 'Warning',
      firstTimestamp: new Date().toISOString(),
      lastTimestamp: new Date().toISOString(),
    });
    for (const kind of ['secrets', 'configmaps', 'deployments', 'pods', 'events'])
      for (const format of ['table', 'json'])
        for (const wide of [true, false]) await call('k8s_list', { kind, format, wide });
    const events = await call('k8s_events', { target: web });
    expect(events.text).toMatch(/login with \[redacted #\d+\] failed/);
    await call('k8s_events', {});
    expect(found()).toEqual([]);
  });

  test('is known again when hidden characters were put into it', async () => {
    const [start, end] = [value.slice(0, 12), value.slice(12)];
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'hidden', namespace: 'shop' },
      data: { escape: `${start}\u001b[31m${end}`, nothing: `${start}\u200b${end}` },
    };
    await running.admin('POST', '/api/v1/namespaces/shop/configmaps', object);
    for (const format of ['yaml', 'json'])
      await call('k8s_get', { target: inShop('ConfigMap', 'hidden'), format });
    expect(left.filter(([, text]) => text.includes(value))).toEqual([]);
  });

  test('does not show its beginning where a long message is cut', async () => {
    await running.admin('POST', '/api/v1/namespaces/shop/events', {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'web.2', namespace: 'shop' },
      involvedObject: { apiVersion: 'apps/v1', ...web },
      reason: 'Long',
      message: `${'x'.repeat(400 - value.length + 3)}${value} and so on`,
      type: 'Warning',
      firstTimestamp: new Date().toISOString(),
      lastTimestamp: new Date().toISOString(),
    });
    await call('k8s_events', { target: web });
    await call('k8s_list', { kind: 'events', wide: true });
    expect(found()).toEqual([]);
  });

  test('is not in a log, and no filter behaves otherwise because of it', async () => {
    running.meddle(talking());
    const whole = await call('k8s_logs', { target: web });
    expect(whole.text).toContain('ready');
    expect(whole.text).toMatch(/connecting with \[redacted #\d+\]/);
    const cuts = [1, 4, 8, 16, value.length].map(length => value.slice(0, length));
    const right = cuts.map(cut => `with ${escaped(cut)}`);
    const wrong = cuts.map(cut => `with ${escaped(cut.replaceAll(/[A-Za-z0-9]/g, '~'))}`);
    for (const [index, grep] of right.entries()) {
      const hit = await call('k8s_logs', { target: web, grep });
      const miss = await call('k8s_logs', { target: web, grep: wrong[index] ?? '' });
      expect([hit.status, hit.text, hit.data], grep).toEqual([miss.status, miss.text, miss.data]);
    }
    running.meddle({});
    expect(found()).toEqual([]);
  });

  test('is not in what the server refuses, however it quotes', async () => {
    const sent = [
      planted['variable of an applied Deployment'],
      planted['stringData of an applied Secret'],
    ].join(' ');
    // What a call did not send, and nobody has stored, no server can quote to it.
    const quoting = (code: number, reason: string, quoted = sent) => ({
      before: ({ method }: { method: string }) =>
        method === 'PATCH'
          ? refusal(code, {
              reason,
              message: `Deployment "made" is invalid: spec: Forbidden: ${JSON.stringify({ a: value })} ${quoted}`,
              details: {
                name: 'made',
                kind: 'Deployment',
                causes: [
                  {
                    reason: 'FieldValueInvalid',
                    field: 'spec.template',
                    message: `Invalid value: "${quoted}" ${value}`,
                  },
                ],
              },
            })
          : undefined,
    });
    for (const [code, reason] of [
      [422, 'Invalid'],
      [400, 'BadRequest'],
      [403, 'Forbidden'],
      [409, 'Conflict'],
      [500, 'InternalError'],
    ] as const) {
      const [variable = '', entry = ''] = sent.split(' ');
      for (const [manifest, quoted] of [
        [appliedSecret(), entry],
        [appliedDeployment(), variable],
      ] as const) {
        running.meddle(quoting(code, reason, quoted));
        expect((await call('k8s_apply', { manifest })).status, reason).toBe('failed');
      }
      running.meddle(quoting(code, reason, ''));
      expect((await call('k8s_scale', { target: web, replicas: 2 })).status).toBe('failed');
    }
    running.meddle({});
    expect(found()).toEqual([]);
  });

  test('is not in what is recorded of a write that the server refused, or of health that it reported', async () => {
    const quote = `no: "${value}"`;
    const asked = await call('k8s_scale', { target: web, replicas: 4, waitSeconds: 2 });
    running.meddle({
      before: ({ isWrite }) =>
        isWrite ? refusal(422, { reason: 'Invalid', message: quote, details: {} }) : undefined,
    });
    const refused = await decide(idOf(asked));
    expect(refused.text).toMatch(/REJECTED_BY_SERVER.*redacted/);

    running.meddle({});
    const again = await call('k8s_scale', { target: web, replicas: 5, waitSeconds: 2 });
    const live = await running.admin('GET', '/apis/apps/v1/namespaces/shop/deployments/web');
    let written = false;
    const status = {
      observedGeneration: 1_000,
      conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: quote }],
    };
    running.meddle({
      after: ({ isWrite, method, path }) => {
        written ||= isWrite;
        return written && method === 'GET' && path.endsWith('/deployments/web')
          ? { body: { ...live, status } }
          : undefined;
      },
    });
    const sick = await decide(idOf(again));
    expect(sick.text).toMatch(/cannot be created: no: "\[redacted/);
    running.meddle({});
    expect(found()).toEqual([]);
    for (const [name, bytes] of filesBelow(join(running.dir, 'data')))
      expect(findings(name, bytes, planted)).toEqual([]);
  });

  test('is not in what a manifest is refused for', async () => {
    const [secret, deployment] = [appliedSecret(), appliedDeployment()];
    const broken = [
      `${secret}\n  bad indent: [`,
      `${secret}\nstringData: {again: ${JSON.stringify(value)}}`,
      `${deployment}\n          envv: ${JSON.stringify(value)}`,
      deployment.replace('replicas: 1', `replicas: ${JSON.stringify(value)}`),
    ];
    await call('k8s_get', { target: inShop('Secret', 'db') });
    for (const manifest of broken)
      expect((await call('k8s_apply', { manifest })).status, manifest).toBe('failed');
    expect(found()).toEqual([]);
  });

  // As a wrong guess would come back; what that tells is in echoes.test.ts.
  test('comes back with a refusal to who sent it in the very field that is refused, and no other does', async () => {
    const { 'data of a Secret': sent, ...others } = planted;
    await call('k8s_get', { target: inShop('Secret', 'db') });
    left = [];
    for (const field of ['kind: Secret', 'namespace: shop', 'name: made']) {
      const manifest = appliedSecret().replace(field, `${field.split(' ')[0]} ${JSON.stringify(sent)}`);
      expect((await call('k8s_apply', { manifest })).text).toContain('xW4=pL6&nB3y');
    }
    expect(left.flatMap(([label, text]) => findings(label, text, others))).toEqual([]);
  });

  test('is not in any file, answer, screen, export or log line from proposal to undo', async () => {
    const written = vi.spyOn(process.stderr, 'write').mockImplementation(text => {
      left.push(['stderr', String(text)]);
      return true;
    });
    try {
      await run(appliedSecret());
      await run(appliedSecret('!'));
      const deployment = await run(appliedDeployment());
      await run(appliedDeployment('!'));
      // That it is so already is told to whoever decides, since it would tell the asker that a guess is right.
      await run(appliedDeployment('!'));
      await run(appliedSecret('!'));
      const undo = await call('changes_undo', { id: deployment });
      expect(['approval_required', 'failed'], undo.text).toContain(undo.status);
      await run(undefined, { kind: 'Deployment', name: 'made', namespace: 'shop' });
      await run(undefined, inShop('Secret', 'db'));
      await call('changes_list', {});
      await call('environments_list', {});
      const store = await running.vigie.store();
      for await (const line of store.audit.exportLines()) left.push(['audit export', line]);
      for (const row of await store.audit.list({ limit: 100 })) left.push(['audit list', strings(row)]);
    } finally {
      written.mockRestore();
    }
    expect(left.filter(([label]) => label === 'audit export').length).toBeGreaterThan(10);
    expect(found()).toEqual([]);
    const files = filesBelow(join(running.dir, 'data'));
    expect(files.map(([name]) => name).join(' ')).toContain('.db');
    expect(files.flatMap(([name, bytes]) => findings(name, bytes, planted))).toEqual([]);
  });
});

/** Asks for a change, looks at the screen, approves, and keeps all that was said. */
async function run(manifest: string | undefined, target?: object): Promise<unknown> {
  const reason = `rotate ${value}`;
  const asked =
    manifest === undefined
      ? await call('k8s_delete', { target, reason })
      : await call('k8s_apply', { manifest, reason });
  expect(asked.status, asked.text).toBe('approval_required');
  const id = idOf(asked);
  const outcome = await decide(id);
  expect(outcome.status, outcome.text).toBe('done');
  await call('changes_get', { id });
  return id;
}

/** Looks at the screen, signs, and keeps all that is said and shown. */
async function decide(id: string): Promise<CallResult> {
  const review = await reviewTicket(running.vigie, { id, person: 'alice', signal });
  if (!('review' in review)) throw new Error('no review');
  left.push(['screen', review.review.screen], ['payload', JSON.stringify(review.review.payload)]);
  for (const [name, bytes] of filesBelow(join(running.dir, 'data')))
    expect(findings(`${name} while the ticket is open`, bytes, planted)).toEqual([]);
  const { payload } = review.review;
  const by = {
    payload,
    signature: running.key.sign(signedText('approval', payload)),
    publicKey: running.key.publicKey,
  };
  const progress = (message: string) => left.push(['progress of an approval', message]);
  return keep('outcome', await settle(running.vigie, { id, by, signal, progress }));
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
