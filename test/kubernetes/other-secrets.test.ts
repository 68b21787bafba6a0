import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { withOtherSecrets } from '../../src/kubernetes/other-secrets.ts';

const value = 'Correct-Horse-77';

function pod(container: JsonObject): JsonObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [container] } };
}

test.each<[string, JsonObject]>([
  ['data of a Secret', { kind: 'Secret', data: { any: Buffer.from(value).toString('base64') } }],
  ['stringData of a Secret', { kind: 'Secret', stringData: { any: value } }],
  ['a variable that sounds secret', pod({ name: 'c', env: [{ name: 'DB_PASSWORD', value }] })],
  ['a word behind a flag that sounds secret', pod({ name: 'c', command: ['serve', '--password', value] })],
  ['a field of a custom object', { kind: 'Database', spec: { admin: { dbPassword: value } } }],
  ['an annotation that sounds secret', { kind: 'Pod', metadata: { annotations: { 'a.b/token': value } } }],
  [
    'what kubectl keeps of a Secret',
    {
      kind: 'Secret',
      metadata: {
        annotations: {
          'kubectl.kubernetes.io/last-applied-configuration': `{"stringData":{"a":"${value}"}}`,
        },
      },
    },
  ],
  ['an argument that sounds secret', pod({ name: 'c', args: [`--password=${value}`] })],
  ['a key of a ConfigMap that sounds secret', { kind: 'ConfigMap', data: { 'api-token': value } }],
  ['a line of a file in a ConfigMap', { kind: 'ConfigMap', data: { 'app.conf': `db_password=${value}\n` } }],
  ['the password within an address', pod({ name: 'c', args: [`postgres://app:${value}@db/shop`] })],
])('%s is replaced by what nobody has, and the rest stays', (_what, object) => {
  const before = structuredClone(object);
  const [first, second] = [withOtherSecrets(object), withOtherSecrets(object)];
  for (const spelled of [value, Buffer.from(value).toString('base64')])
    expect(JSON.stringify(first)).not.toContain(spelled);
  expect(first).not.toEqual(second);
  expect(first?.['kind']).toBe(object['kind']);
  expect(object).toEqual(before);
});

test.each<[string, JsonObject]>([
  ['names a Secret', pod({ name: 'c', envFrom: [{ secretRef: { name: 'db' } }] })],
  [
    'refers to a key of one',
    pod({
      name: 'c',
      env: [{ name: 'DB_PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } }],
    }),
  ],
  ['holds plain settings', { kind: 'ConfigMap', data: { mode: 'fast', 'app.conf': 'listen=80\n' } }],
  ['is an empty Secret', { kind: 'Secret', data: {} }],
  [
    'describes secrets',
    {
      kind: 'CustomResourceDefinition',
      spec: { description: 'Basic authentication-of-users, token: something-long' },
    },
  ],
])('an object that %s has nothing to replace', (_what, object) => {
  expect(withOtherSecrets(object)).toBeUndefined();
});

test('what a patch takes away from a Secret, and how it is merged, stays', () => {
  const patch = { kind: 'Secret', data: { $patch: 'replace', password: 'eA==', old: null } };
  expect(withOtherSecrets(patch)).toMatchObject({ data: { $patch: 'replace', old: null } });
  expect(withOtherSecrets({ kind: 'Secret', data: { old: null } })).toBeUndefined();
});
