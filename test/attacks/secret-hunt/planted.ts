import { createHash } from 'node:crypto';

/** A value as an attacker looks for it: the same at each run, and nowhere else. */
export function secretValue(kind: string): string {
  const letters = createHash('sha256')
    .update(`planted: ${kind}`)
    .digest('base64')
    .replaceAll(/[^A-Za-z0-9]/g, '');
  return letters.slice(0, 28);
}

/** The same with the letters that URLs, JSON, YAML and shells write otherwise. */
function awkward(kind: string): string {
  const letters = secretValue(kind);
  return `${letters.slice(0, 9)}/+"=${letters.slice(9, 18)}<'${letters.slice(18)}`;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

function jwt(kind: string): string {
  const body = Buffer.from(`{"sub":"${kind}","jti":"${secretValue(`${kind} id`)}"}`).toString('base64url');
  return `eyJhbGciOiJFUzI1NiJ9.${body}.${secretValue(kind)}`;
}

const key = (kind: string, type: string): string =>
  `-----BEGIN ${type}PRIVATE KEY-----\n${secretValue(kind)}\n${secretValue(`${kind} second line`)}\n-----END ${type}PRIVATE KEY-----\n`;

/** What a Secret of each type holds: its type, and its entries in clear, in which the value stands. */
export const secretsByType: Record<string, { type?: string; entries: Record<string, string> }> = {
  'a-password': { entries: { username: 'shop', password: awkward('a-password') } },
  'an-entry-of-no-telling-name': { entries: { thing: awkward('an-entry-of-no-telling-name') } },
  'basic-auth': {
    type: 'kubernetes.io/basic-auth',
    entries: { username: 'shop', password: secretValue('basic-auth') },
  },
  'a-registry': {
    type: 'kubernetes.io/dockerconfigjson',
    entries: {
      '.dockerconfigjson': JSON.stringify({
        auths: {
          'registry.example': {
            username: 'puller',
            password: secretValue('a-registry'),
            auth: base64(`puller:${secretValue('a-registry')}`),
          },
        },
      }),
    },
  },
  'a-certificate': {
    type: 'kubernetes.io/tls',
    entries: { 'tls.crt': 'a certificate', 'tls.key': key('a-certificate', 'RSA ') },
  },
  'an-ssh-key': {
    type: 'kubernetes.io/ssh-auth',
    entries: { 'ssh-privatekey': key('an-ssh-key', 'OPENSSH ') },
  },
  'an-account-token': { entries: { token: jwt('an-account-token'), namespace: 'shop' } },
  'a-bootstrap-token': {
    type: 'bootstrap.kubernetes.io/token',
    entries: { 'token-id': 'abcdef', 'token-secret': secretValue('a-bootstrap-token') },
  },
  'a-kubeconfig': {
    entries: { config: `users:\n- name: u\n  user:\n    token: ${secretValue('a-kubeconfig')}\n` },
  },
  'an-npmrc': { entries: { '.npmrc': `//registry.example/:_authToken=${secretValue('an-npmrc')}\n` } },
  'a-netrc': { entries: { '.netrc': `machine api.example login shop password ${secretValue('a-netrc')}\n` } },
  'a-pgpass': { entries: { '.pgpass': `db.shop:5432:shop:shop:${secretValue('a-pgpass')}\n` } },
  'an-env-file': { entries: { '.env': `MODE=fast\nDB_PASSWORD=${secretValue('an-env-file')}\n` } },
  'a-cloud-account': {
    entries: {
      'account.json': JSON.stringify({
        type: 'service_account',
        private_key_id: 'k1',
        private_key: key('a-cloud-account', ''),
      }),
    },
  },
  'a-cloud-key': {
    entries: { credentials: `[default]\naws_secret_access_key = ${secretValue('a-cloud-key')}\n` },
  },
  'a-dsn': { entries: { url: `postgres://shop:${secretValue('a-dsn')}@db.shop:5432/shop` } },
  'several-lines': { entries: { note: `begin\n  ${secretValue('several-lines')}  \nend\n` } },
};

/** What stands in a ConfigMap, in an annotation, in a field: texts that are secrets by their form or their name. */
export const textsByForm: Record<string, string> = {
  'env-file': `MODE=fast\nexport SESSION_SECRET='${secretValue('env-file')}'\nAPI_TOKEN=${secretValue('env-file second')}\n`,
  properties: `spring.datasource.username=shop\nspring.datasource.password=${secretValue('properties')}\n`,
  yaml: `db:\n  host: db.shop\n  dbPassword: ${secretValue('yaml')}\n`,
  json: JSON.stringify({ host: 'db', clientSecret: secretValue('json') }),
  npmrc: `//registry.example/:_authToken=${secretValue('npmrc')}\n`,
  netrc: `machine api.example\n  login shop\n  password ${secretValue('netrc')}\n`,
  pgpass: `db.shop:5432:shop:shop:${secretValue('pgpass')}\n`,
  aws: `[default]\naws_access_key_id = AKIA${secretValue('aws id')
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]/g, '')
    .slice(0, 16)}\naws_secret_access_key = ${secretValue('aws')}\n`,
  dsn: `amqp://shop:${secretValue('dsn')}@mq.shop/vhost`,
  url: `https://shop:${secretValue('url')}@api.example/v1`,
  query: `https://api.example/v1?page=1&access_token=${secretValue('query')}&x=1`,
  webhook: `https://hooks.slack.com/services/T0000/B0000/${secretValue('webhook')}`,
  jwt: jwt('jwt'),
  bearer: `Authorization: Bearer ${secretValue('bearer')}`,
  github: `ghp_${secretValue('github')}`,
  azure: `DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=${secretValue('azure')}==;EndpointSuffix=x`,
  sas: `https://shop.blob.example/c?sv=2026&sig=${secretValue('sas')}`,
  key: key('key', 'RSA '),
  'kubeconfig-key': `client-key-data: ${base64(key('kubeconfig-key', 'RSA '))}`,
  command: `run --db-password ${secretValue('command')} --verbose`,
  flag: `--api-token=${secretValue('flag')}`,
  'json-in-json': JSON.stringify({ config: JSON.stringify({ password: secretValue('json-in-json') }) }),
};

/** Every value that must not be found, by what it was planted as. */
export const planted: ReadonlyMap<string, string> = new Map([
  ...Object.keys(secretsByType).map(kind => [kind, valueOf(kind)] as const),
  ...Object.keys(textsByForm).map(kind => [kind, secretValue(kind)] as const),
  ...['env-file second', 'a-cloud-account second line', 'key second line'].map(
    kind => [kind, secretValue(kind)] as const,
  ),
  ...[
    'a variable',
    'a flag and its value',
    'a flag with its value',
    'a probe',
    'a probe header',
    'a field of a custom object',
    'a key of a ConfigMap',
    'last applied Secret',
    'last applied variable',
  ].map(kind => [kind, secretValue(kind)] as const),
]);

function valueOf(kind: string): string {
  const entries = Object.values(secretsByType[kind]?.entries ?? {}).join('\n');
  return entries.includes(awkward(kind)) ? awkward(kind) : secretValue(kind);
}
