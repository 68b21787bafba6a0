import { expect, test } from 'vitest';
import { markOf } from '../src/backup-places.ts';
import type { BackupDestination } from '../src/core/backup-set.ts';
import { KnownSecrets } from '../src/core/known-secrets.ts';
import { SecretReference } from '../src/core/secret-reference.ts';

function reference(text: string): SecretReference {
  const found = SecretReference.parse(text);
  if (found === undefined) throw new Error(`${text} is no reference`);
  return found;
}

const destination: BackupDestination = {
  name: 'store',
  at: {
    kind: 'restic',
    repository: reference('env:REPOSITORY'),
    password: reference('env:PASSWORD'),
    env: { OS_STORAGE_URL: reference('env:STORAGE'), OS_AUTH_TOKEN: reference('env:TOKEN') },
  },
  media: 'disk',
  offSite: false,
  recipients: [],
};
const stands = {
  REPOSITORY: 'rest:https://app:word@a.example/shop',
  PASSWORD: 'open',
  STORAGE: 'https://a.example',
  TOKEN: 'one',
};

async function mark(env: Partial<typeof stands> = {}, key = 1): Promise<string | undefined> {
  return markOf(destination, {
    known: new KnownSecrets(),
    env: { ...stands, ...env },
    keys: async () => ({
      seal: new Uint8Array(32),
      digest: new Uint8Array(32).fill(key),
      copies: new Uint8Array(32),
    }),
  });
}

test.each([
  ['another repository', { REPOSITORY: 'rest:https://app:word@b.example/shop' }],
  ['another user of it', { REPOSITORY: 'rest:https://night:word@a.example/shop' }],
  ['a host in what looks like a password', { REPOSITORY: 'rest:https://app:word?@a.example/shop' }],
  ['another storage', { STORAGE: 'https://b.example' }],
])('%s behind a reference is another mark', async (_what, env) => {
  expect(await mark(env)).not.toBe(await mark());
});

test('another password or token is the same mark, which nobody can try for without the key', async () => {
  const known = await mark();
  expect(known).toMatch(/^[0-9a-f]{16}$/);
  expect(await mark({ REPOSITORY: 'rest:https://app:newer@a.example/shop' })).toBe(known);
  expect(await mark({ PASSWORD: 'newer', TOKEN: 'two' })).toBe(known);
  expect(await mark({}, 2)).not.toBe(known);
});
