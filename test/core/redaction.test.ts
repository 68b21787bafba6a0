import { expect, test } from 'vitest';
import { KnownSecrets } from '../../src/core/known-secrets.ts';
import { holdsPlaceholder, maskText, Redactor } from '../../src/core/redaction.ts';
import { fc } from '../support/properties.ts';

const value = 'hunter2-$ecret/ünïcode';

function knowing(...values: string[]): KnownSecrets {
  const known = new KnownSecrets();
  for (const each of values) known.learn(each);
  return known;
}

test.each([
  ['raw', value],
  ['in base64', Buffer.from(value).toString('base64')],
  ['in base64 without padding', Buffer.from(value).toString('base64').replace(/=+$/, '')],
  ['in base64url', Buffer.from(value).toString('base64url')],
  ['in hex', Buffer.from(value).toString('hex')],
  ['in a URL', encodeURIComponent(value)],
  ['in JSON', JSON.stringify({ a: value })],
])('a known value is masked %s', (_how, text) => {
  const masked = new Redactor(knowing(value)).text(`before ${text} after`);
  expect(masked).toContain('[redacted #1]');
  expect(masked).not.toContain('hunter2');
  expect(masked).not.toContain(text);
});

test('a value inside a longer text that was encoded whole is masked at every alignment', () => {
  const secret = 'correct-horse-battery-staple';
  for (const prefix of ['', 'a', 'ab', 'abc', 'user:']) {
    const encoded = Buffer.from(`${prefix}${secret}:tail`).toString('base64');
    const masked = new Redactor(knowing(secret)).text(encoded);
    const rest = Buffer.from(masked.replaceAll(/\[redacted #\d+\]/g, ''), 'base64').toString('latin1');
    expect(masked).toContain('[redacted');
    expect(rest).not.toContain('horse');
  }
});

test('two different values get different placeholders, one value always the same', () => {
  const redactor = new Redactor(knowing('first-value', 'second-value'));
  expect(redactor.text('first-value second-value first-value')).toBe(
    '[redacted #1] [redacted #2] [redacted #1]',
  );
});

test('a Secret is masked by place, however short its values, and its keys stay', () => {
  const secret = { kind: 'Secret', metadata: { name: 's' }, data: { pin: 'MQ==', user: 'YWxpY2U=' } };
  const masked = new Redactor(new KnownSecrets()).object(secret);
  expect(JSON.stringify(masked)).not.toMatch(/MQ==|YWxpY2U=/);
  expect(Object.keys(masked['data'] ?? {})).toEqual(['pin', 'user']);
});

test('what was read from a Secret is masked in the next object that shows it in clear', () => {
  const known = new KnownSecrets();
  known.learnObject({
    kind: 'Secret',
    data: { password: Buffer.from('s3cr3t-of-the-db').toString('base64') },
  });
  const pod = {
    kind: 'Pod',
    spec: { containers: [{ name: 'c', command: ['run', '--pw', 's3cr3t-of-the-db'] }] },
  };
  expect(JSON.stringify(new Redactor(known).object(pod))).not.toContain('s3cr3t-of-the-db');
});

test('the last-applied annotation of a Secret teaches its values and is masked', () => {
  const known = new KnownSecrets();
  const applied = JSON.stringify({ kind: 'Secret', stringData: { token: 'planted-token-value' } });
  const secret = {
    kind: 'Secret',
    metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': applied } },
  };
  known.learnObject(secret);
  expect(JSON.stringify(new Redactor(known).object(secret))).not.toContain('planted-token-value');
  expect(new Redactor(known).text('seen: planted-token-value')).not.toContain('planted-token-value');
});

test('a variable whose name sounds secret is masked in any object', () => {
  const pod = {
    kind: 'Pod',
    spec: {
      containers: [
        {
          name: 'c',
          env: [
            { name: 'DB_PASSWORD', value: 'abc' },
            { name: 'MODE', value: 'abc' },
          ],
        },
      ],
    },
  };
  const text = JSON.stringify(new Redactor(new KnownSecrets()).object(pod));
  expect(text).toContain('"name":"DB_PASSWORD","value":"[redacted #1]"');
  expect(text).toContain('"name":"MODE","value":"abc"');
});

test.each([
  'postgres://app:p4ssw0rd-here@db:5432/shop',
  'Authorization: Bearer abcdefghijklmnopqrstuvwx',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl',
  '-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----',
  'AKIAIOSFODNN7EXAMPLE',
  'password=letmein99',
  'ghp_abcdefghijklmnopqrstuvwxyz0123456789',
])('a text that is a secret by its form is masked: %s', text => {
  expect(new Redactor(new KnownSecrets()).text(text)).toMatch(/\[redacted #1\]/);
});

test.each([
  'secretName: shop-db',
  'secret:\n  secretName: shop-db',
  'Secret "shop-db" not found',
  'image: nginx:1.27',
])('a text that only speaks of secrets stays: %s', text => {
  expect(new Redactor(new KnownSecrets()).text(text)).toBe(text);
});

test('a placeholder is recognised wherever it stands in an input', () => {
  expect(holdsPlaceholder({ manifest: { data: [{ x: 'a [redacted #3] b' }] } })).toBe(true);
  expect(holdsPlaceholder({ manifest: 'redacted' })).toBe(false);
});

test('no learned value of any shape survives in any masked text', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 4, maxLength: 40 }),
      fc.string(),
      fc.string(),
      (secret, before, after) => {
        fc.pre(!/\[redacted #\d*\]?|^[redact#\d\s[\]]+$/.test(secret));
        const masked = new Redactor(knowing(secret)).text(`${before}${secret}${after}`);
        expect(masked.replaceAll(/\[redacted #\d+\]/g, '\u0000')).not.toContain(secret);
      },
    ),
  );
});

test('what a Secret holds beside secrets hides no name, port or image elsewhere, and is masked in its own place', () => {
  const known = new KnownSecrets();
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'db' },
    data: {
      username: base64('shop'),
      port: base64('5432'),
      password: base64('s3cr3t'),
      hash: base64('0123456789ab'),
    },
    stringData: { engine: 'postgres', requireAuth: 'true', apiKey: 'k3y4' },
  };
  known.learnObject(secret);
  known.learnObject({
    kind: 'Pod',
    spec: {
      containers: [
        {
          env: [
            { name: 'ENABLE_AUTH', value: 'true' },
            { name: 'TOKEN', value: 'none' },
          ],
        },
      ],
    },
  });
  const line = 'Deployment/web in shop: postgres:5432, tls true, none';
  expect(maskText(known, line)).toBe(line);
  expect(maskText(known, 's3cr3t 0123456789ab k3y4')).toBe('[redacted #1] [redacted #2] [redacted #3]');
  const shown = JSON.stringify(new Redactor(known).object(secret));
  for (const value of ['shop', base64('shop'), base64('5432'), 'postgres'])
    expect(shown).not.toContain(value);
});

test('a key that is known does not keep another one from being masked by its form', () => {
  const pem = (body: string) => `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----`;
  expect(maskText(knowing(pem('firstkeyfirstkey')), `key: ${pem('secondkeysecondkey')}`)).toBe(
    'key: [redacted #1]',
  );
});

test('a word behind a flag that sounds secret is masked in its place, and no other', () => {
  const words = ['serve', '--password', 'abc', '--db-password=x', 'abc', '--mode', 'fast'];
  const shown = ['serve', '--password', '[redacted #1]', '--db-password=x', 'abc', '--mode', 'fast'];
  expect(new Redactor(new KnownSecrets()).words(words)).toEqual(shown);
  expect(new Redactor(new KnownSecrets()).object({ command: words })).toEqual({ command: shown });
});

test('hidden characters stay, but where a secret comes out without them', () => {
  const redactor = new Redactor(knowing('correct-horse'));
  expect(redactor.text('a\u200Bb')).toBe('a\u200Bb');
  expect(redactor.object({ kind: 'ConfigMap', data: { note: 'is corr\u200Bect-ho\u001B[31mrse' } })).toEqual({
    kind: 'ConfigMap',
    data: { note: 'is [redacted #1]' },
  });
});

test('what the caller said is left, whole and in each spelling, and what was sent as a secret is not', () => {
  const known = knowing(value);
  known.learn('sent-as-a-secret', 'sent');
  const redactor = new Redactor(known).leaving([`about ${value}!`, 'sent-as-a-secret']);
  const said = `no ${value}, no ${encodeURIComponent(value)}, no sent-as-a-secret`;
  expect(redactor.text(said)).toBe(`no ${value}, no ${encodeURIComponent(value)}, no [redacted #1]`);
  expect(new Redactor(known).text(said)).not.toContain('hunter2');
});

test('no text of the caller breaks up a value that it is a part of, or one that it overlaps', () => {
  const redactor = new Redactor(knowing('first-and-second', 'second-and-third')).leaving([
    'first',
    'first-and-second',
    'and-third',
  ]);
  expect(redactor.text('first-and-third')).toBe('first-and-third');
  expect(redactor.text('it is second-and-third')).toBe('it is [redacted #1]');
  // The end of the second is not within what was said.
  expect(redactor.text('first-and-second-and-third')).toBe('first-and-[redacted #1]');
});

test('a line that the caller knows uncovers no other line of the same value', () => {
  const file = 'listen_port = 8080\npass_phrase = somewhere else';
  const redactor = new Redactor(knowing(file)).leaving(['listen_port = 8080']);
  expect(redactor.text('listen_port = 8080')).toBe('listen_port = 8080');
  expect(redactor.text('is pass_phrase = somewhere else')).not.toContain('somewhere');
});

test('of two values, one within the other, a caller who said the longer sees no mask within it', () => {
  const redactor = new Redactor(knowing('word', 'a "word" or two')).leaving(['a "word" or two']);
  expect(redactor.text(JSON.stringify('a "word" or two'))).toBe(JSON.stringify('a "word" or two'));
});
