import { afterEach, expect, test } from 'vitest';
import { KnownSecrets } from '../../src/core/known-secrets.ts';
import { Redactor } from '../../src/core/redaction.ts';
import { cleanLine } from '../../src/core/text.ts';
import { idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';

let running: TestVigie | undefined;
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

// Each of these once took minutes or threw; a generous bound tells a slow machine from a quadratic rule.
const soonMs = 20_000;

test(
  'a Secret as large as a Helm release is masked, and every later call still answers',
  async () => {
    running = await startVigie();
    const blob = Buffer.from(Array.from({ length: 90_000 }, (_, index) => (index * 7919) % 251)).toString(
      'base64',
    );
    const lines = Array.from({ length: 1_000 }, (_, index) => `line-${index}-of-a-long-private-file`).join(
      '\n',
    );
    const body = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'release', namespace: 'shop' },
      data: { release: Buffer.from(blob).toString('base64'), pem: Buffer.from(lines).toString('base64') },
    });
    const made = await fetch(`${running.sandbox.url}/api/v1/namespaces/shop/secrets`, {
      method: 'POST',
      headers: { authorization: `Bearer ${running.sandbox.token}`, 'content-type': 'application/json' },
      body,
    });
    expect(made.status).toBe(201);
    const secret = await running.call('k8s_get', {
      target: { kind: 'Secret', name: 'release', namespace: 'shop' },
    });
    expect(secret.status, secret.text).toBe('answered');
    expect((await running.call('k8s_list', { kind: 'pods' })).status).toBe('answered');
    const known = new KnownSecrets();
    known.learnObject(JSON.parse(body));
    expect(new Redactor(known).text(`log: ${blob} line-77-of-a-long-private-file`)).toBe(
      'log: [redacted #1] [redacted #2]',
    );
  },
  soonMs,
);

test(
  'a change of twenty thousand lines that all differ is previewed, and shows them all',
  async () => {
    running = await startVigie();
    const manifest = (word: string) =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'big', namespace: 'shop' },
        data: { text: Array.from({ length: 20_000 }, (_, index) => `${word} ${index}`).join('\n') },
      });
    const first = await running.call('k8s_apply', { manifest: manifest('old') });
    expect((await running.approve(idOf(first))).status).toBe('done');
    const second = await running.call('k8s_apply', { manifest: manifest('new') });
    expect(second.status, second.text.slice(0, 300)).toBe('approval_required');
    expect(second.text).toContain('the approver sees all');
  },
  soonMs * 2,
);

test(
  'texts made to be slow are read in passing',
  () => {
    const redactor = new Redactor(new KnownSecrets());
    expect(cleanLine(`${' '.repeat(300_000)}\n${' '.repeat(300_000)}x`).length).toBeLessThan(3_000);
    for (const text of [
      '-eyJ'.repeat(60_000),
      'eyJ'.repeat(80_000),
      '-----BEGIN '.repeat(20_000),
      'a://b:'.repeat(40_000),
      'password='.repeat(30_000),
      'bearer '.repeat(40_000),
      '\u001B]'.repeat(100_000),
    ])
      expect(redactor.text(cleanLine(text, Number.MAX_SAFE_INTEGER))).toBeTypeOf('string');
  },
  soonMs,
);

test('what a caller sends cannot push out what was read from the cluster', () => {
  const known = new KnownSecrets();
  known.learnObject({
    kind: 'Secret',
    data: { password: Buffer.from('read-from-the-cluster').toString('base64') },
  });
  const stringData = Object.fromEntries(
    Array.from({ length: 60_000 }, (_, index) => [`password${index}`, `sent-by-a-caller-${index}`]),
  );
  known.learnObject({ kind: 'Secret', stringData }, 'sent');
  expect(new Redactor(known).text('log: read-from-the-cluster')).toBe('log: [redacted #1]');
});

test.each([
  [
    'a flag and its value as two words',
    { spec: { containers: [{ name: 'c', args: ['--db-password', 'two-words-apart'] }] } },
    'two-words-apart',
  ],
  [
    'a variable named SIGNING_KEY',
    { spec: { env: [{ name: 'SIGNING_KEY', value: 'signs-everything' }] } },
    'signs-everything',
  ],
  ['a variable named DB_PWD', { spec: { env: [{ name: 'DB_PWD', value: 'short-for-it' }] } }, 'short-for-it'],
  [
    'an entry of a .env file',
    { kind: 'Secret', stringData: { '.env': 'MODE=fast\nexport API_TOKEN="from-the-env-file"' } },
    'from-the-env-file',
  ],
  [
    'an entry of a docker config',
    {
      kind: 'Secret',
      stringData: { '.dockerconfigjson': '{"auths":{"reg":{"auth":"ZG9ja2VyOmh1bnRlcjI="}}}' },
    },
    'ZG9ja2VyOmh1bnRlcjI=',
  ],
  [
    'the password within a DSN',
    { kind: 'Secret', stringData: { url: 'postgres://app:inner-of-dsn@db:5432/shop' } },
    'inner-of-dsn',
  ],
])('%s is known afterwards', (_name, object, value) => {
  const known = new KnownSecrets();
  known.learnObject(object);
  expect(new Redactor(known).text(`seen ${value} here`)).toBe('seen [redacted #1] here');
});

test.each([
  ['JSON that is safe in HTML', 'a<b&c>d-value', 'a\\u003cb\\u0026c\\u003ed-value'],
  ['a URL in lower case', 'p@ss/w%rd-value', 'p%40ss%2fw%25rd-value'],
  ['HTML', 'a<b&c>d-value', 'a&lt;b&amp;c&gt;d-value'],
  ['decomposed letters', 'mot-de-passé-été', 'mot-de-passé-été'.normalize('NFD')],
])('a known value is masked in %s', (_name, value, shown) => {
  const known = new KnownSecrets();
  known.learn(value);
  expect(new Redactor(known).text(`x ${shown} y`)).toBe('x [redacted #1] y');
});

test('base64 that was wrapped is masked line by line', () => {
  const value = 'a long secret '.repeat(20);
  const known = new KnownSecrets();
  known.learn(value);
  const wrapped = (
    Buffer.from(value)
      .toString('base64')
      .match(/.{1,76}/g) ?? []
  ).join('\n');
  expect(new Redactor(known).text(wrapped)).toMatch(/^(\[redacted #1\]\n?)+$/);
});
