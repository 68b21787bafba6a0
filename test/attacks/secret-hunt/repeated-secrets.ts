import { gzipSync } from 'node:zlib';
import type { JsonObject } from '../../../src/core/json.ts';
import { defineAttack, judge } from '../attack.ts';
import type { AttackedCluster } from '../ground.ts';
import { secretsByType, secretValue } from './planted.ts';
import { startPlanted } from './planted-world.ts';
import { Catch, everyString, told } from './traces.ts';

const value = Object.values(secretsByType['a-password']?.entries ?? {}).at(-1) ?? '';

/** How programs write a value down again: under no telling name, in the spellings that they use. */
const spelled: Record<string, string> = {
  raw: value,
  within: `connected with ${value} to db`,
  base64: Buffer.from(value).toString('base64'),
  'base64-of-more': Buffer.from(`x${value}:more`).toString('base64'),
  'base64-of-yet-more': Buffer.from(`xy${value}:more`).toString('base64'),
  base64url: Buffer.from(value).toString('base64url'),
  hex: Buffer.from(value).toString('hex'),
  'hex-capital': Buffer.from(value).toString('hex').toUpperCase(),
  url: encodeURIComponent(value),
  json: JSON.stringify({ thing: value }),
  hidden: `${value.slice(0, 10)}\u200B${value.slice(10)}`,
  coloured: `${value.slice(0, 10)}\u001B[31m${value.slice(10)}`,
  'a-line-of-several': secretValue('several-lines'),
};

export const repeatedSecrets = defineAttack({
  name: 'repeated-secrets',
  adversary: 'secret hunt',
  does: 'Repeats what a Secret holds where nothing tells that it is one: data, labels, annotations, events, logs, statuses, names, warnings and refusals, in every spelling that programs use.',
  must: 'Once the Secret was read in that process, not twelve characters of it leave in any answer.',
  async run(ground) {
    const cluster = await startPlanted(ground);
    await repeat(cluster);
    ground.home.env['VIGIE_LOG'] = 'debug';
    const door = await ground.stdio();
    const left = new Catch();
    const call = async (name: string, input: JsonObject): Promise<void> => {
      const answer = await door.request('tools/call', { name, arguments: input });
      left.add(`${name} ${JSON.stringify(input)}`, everyString(answer));
    };
    const inShop = (kind: string, name: string): JsonObject => ({ kind, name, namespace: 'shop' });
    for (const name of Object.keys(secretsByType)) await call('k8s_get', { target: inShop('Secret', name) });
    for (const format of ['yaml', 'json'])
      for (const target of [inShop('ConfigMap', 'repeated'), inShop('Database', 'repeated')])
        await call('k8s_get', { target, format });
    for (const name of Object.keys(spelled))
      await call('k8s_get', { target: inShop('ConfigMap', 'repeated'), field: `data.${name}` });
    for (const kind of ['configmaps', 'events', 'databases', 'pods'])
      for (const format of ['table', 'json']) await call('k8s_list', { kind, format, wide: true });
    await call('k8s_events', {});
    await call('k8s_logs', { target: inShop('Deployment', 'web') });
    await call('k8s_logs', { target: inShop('Deployment', 'web'), grep: 'connected' });
    await call('k8s_scale', {
      target: inShop('Deployment', 'web'),
      replicas: 2,
      reason: `because of ${value}`,
    });
    await call('changes_list', {});
    cluster.meddle(refusing);
    await call('k8s_scale', { target: inShop('Deployment', 'web'), replicas: 3 });
    await call('k8s_list', { kind: 'services' });
    await call('k8s_get', { target: inShop('ConfigMap', value.slice(0, 9)) });
    await call('k8s_apply', { manifest: `kind: ${JSON.stringify(value)}\nmetadata: [` });
    left.add('stderr', door.stderr);
    const found = left.found();
    return judge(`${left.size} answers, ${left.bytes} bytes: ${told(found)}`, {
      'what repeats it was shown': left.holds('connected with [redacted #'),
      'a refusal was shown': left.holds('no, not with'),
      'nothing was found': found.length === 0,
    });
  },
});

async function repeat(cluster: AttackedCluster): Promise<void> {
  const metadata = (name: string, more: JsonObject = {}): JsonObject => ({
    name,
    namespace: 'shop',
    ...more,
  });
  await cluster.admin('POST', '/api/v1/namespaces/shop/configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metadata('repeated', {
      annotations: { 'shop.example/note': `uses ${value}` },
      labels: { note: secretValue('basic-auth') },
    }),
    data: spelled,
  });
  await cluster.admin('POST', '/apis/shop.example/v1/namespaces/shop/databases', {
    apiVersion: 'shop.example/v1',
    kind: 'Database',
    metadata: metadata('repeated'),
    spec: { thing: value, things: Object.values(spelled) },
    status: { conditions: [{ type: 'Ready', status: 'False', message: `refused ${value}` }] },
  });
  const stamp = new Date().toISOString();
  await cluster.admin('POST', '/api/v1/namespaces/shop/events', {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: metadata('repeated'),
    involvedObject: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', namespace: 'shop' },
    reason: 'Failed',
    message: `connected with ${value}: refused`,
    type: 'Warning',
    firstTimestamp: stamp,
    lastTimestamp: stamp,
  });
  const lines = Object.values(spelled).map(text => `2026-11-21T10:00:00.000000000Z connected with ${text}\n`);
  cluster.meddle({
    before: ({ path }) => (path.includes('/log?') ? { body: lines.join('') } : undefined),
  });
}

const message = `no, not with ${value} (${Buffer.from(value).toString('base64')})`;
const refusing: Parameters<AttackedCluster['meddle']>[0] = {
  before: ({ method, path }) =>
    method === 'GET' && !path.includes('/services')
      ? undefined
      : {
          status: 422,
          headers: { warning: `299 - "${value.replaceAll('"', '\\"')}"` },
          body: {
            kind: 'Status',
            apiVersion: 'v1',
            status: 'Failure',
            reason: 'Invalid',
            code: 422,
            message,
            details: { causes: [{ reason: 'FieldValueInvalid', field: 'spec', message }] },
          },
        },
};

/** What masking does not know a value by; it is for the attack on what is said of that. */
export const unknownSpellings: Record<string, string> = {
  'in-pieces': value.match(/.{1,6}/g)?.join(' ') ?? '',
  reversed: Array.from(value).toReversed().join(''),
  compressed: gzipSync(value).toString('base64'),
};
