import { expect, test } from 'vitest';
import { KnownSecrets } from '../../src/core/known-secrets.ts';
import { Redactor } from '../../src/core/redaction.ts';

const mask = (text: string) => new Redactor(new KnownSecrets()).text(text);

test.each([
  ['a variable in a file', 'DB_PASSWORD=hunter2hunter2', 'DB_PASSWORD=[redacted #1]'],
  ['an exported one in quotes', 'a\nexport API_KEY="k k,k;k"', 'a\nexport API_KEY="[redacted #1]"'],
  ['one with marks inside', 'DB_PASSWORD=a"b,c;d&e', 'DB_PASSWORD=[redacted #1]'],
  ['a file of AWS', 'aws_secret_access_key = wJalrXUtnFEMI/K7', 'aws_secret_access_key = [redacted #1]'],
  ['a name in camel case', 'clientSecret: xyzzyxyzzy', 'clientSecret: [redacted #1]'],
  ['a property', 'spring.datasource.password=abcdef', 'spring.datasource.password=[redacted #1]'],
  ['a flag', 'run --db-password hunter2 --verbose', 'run --db-password [redacted #1] --verbose'],
  ['a flag with a sign', '--api-token=a"b,c;d', '--api-token=[redacted #1]'],
  ['JSON', '{"dbPassword":"a b","x":1}', '{"dbPassword":"[redacted #1]","x":1}'],
  ['JSON in JSON', String.raw`{\"apiKey\":\"abcdef\"}`, String.raw`{\"apiKey\":\"[redacted #1]\"}`],
  [
    'a query',
    'https://h/x?api_key=abcdef&token=zzzz',
    'https://h/x?api_key=[redacted #1]&token=[redacted #2]',
  ],
  ['a header', 'Authorization: Bearer abcdefghijklmnop', 'Authorization: Bearer [redacted #1]'],
  ['a login in a log', 'sent basic dXNlcjpwYXNzd29yZA==', 'sent basic [redacted #1]'],
  ['a bearer in a log', 'sent Bearer abcdef0123456', 'sent Bearer [redacted #1]'],
  ['a long bearer', `bearer ${'abcdef'.repeat(5)}`, 'bearer [redacted #1]'],
  [
    'an annotation with a domain',
    'example.com/db-password: hunter2',
    'example.com/db-password: [redacted #1]',
  ],
  ['an .npmrc', '//r.example/:_authToken=abcdefgh', '//r.example/:_authToken=[redacted #1]'],
  ['a .netrc', 'machine h login bob password S3cret', 'machine h login bob password [redacted #1]'],
  ['a .pgpass', 'x\ndb.example:5432:shop:bob:S3cret\n', 'x\ndb.example:5432:shop:bob:[redacted #1]\n'],
  ['a connection string', 'AccountKey=abcdEFGH1234abcdEFGH==;X=y', 'AccountKey=[redacted #1];X=y'],
  [
    'a private key in base64',
    `x: ${Buffer.from('-----BEGIN EC PRIVATE KEY-----').toString('base64')}`,
    'x: [redacted #1]',
  ],
])('the value of %s is masked, and only it', (_what, text, masked) => {
  expect(mask(text)).toBe(masked);
});

test.each([
  'automountServiceAccountToken: false',
  'existingSecret: shop-db',
  'imagePullSecrets:\n- name: pull',
  'secretKeyRef:\n  key: password\n  name: db',
  'tokenExpirationSeconds: 3607',
  'password: $(DB_PASSWORD)',
  'volumes.secret.optional: true',
  'deploy --verbose --namespace shop',
  'x-auth-mode: none',
  'nginx.ingress.kubernetes.io/auth-url: https://login.example',
  'pulled registry.example:5000/shop/web:1.2',
  'ConfigMap/shop-password: rejected by carol',
  'create Secret/db-token: waiting for it',
  'a definition of basic authentication.',
  'Basic authentication/authorization is off, bearer-authentication too',
  'the bearer understands',
])('what only speaks of secrets stays: %s', text => {
  expect(mask(text)).toBe(text);
});

test('what is masked is not masked again', () => {
  const once = mask('password="a b" --token abcd DB_PASSWORD=[redacted #9]');
  expect(once).toBe('password="[redacted #1]" --token [redacted #2] DB_PASSWORD=[redacted #9]');
  expect(mask(once)).toBe(once);
  const netrc = mask('login shop\n  password S3cret\nh:5432:d:u:S3cret');
  expect(netrc).toBe('login shop\n  password [redacted #1]\nh:5432:d:u:[redacted #1]');
  expect(mask(netrc)).toBe(netrc);
});

test('a text of a megabyte that only looks like names is gone through in little time', () => {
  const text = 'password'.repeat(130_000);
  expect(mask(text)).toBe(text);
});

test('a field of any object whose name sounds secret is masked in its place, and what only names one stays', () => {
  const object = {
    kind: 'Database',
    spec: { password: 'p4ss', tls: { secretName: 'shop-tls', enabled: 'true' }, existingSecret: 'shop-db' },
  };
  expect(new Redactor(new KnownSecrets()).object(object)).toEqual({
    ...object,
    spec: { ...object.spec, password: '[redacted #1]' },
  });
});
