import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addToken, findToken, loadTokens, removeToken } from '../../src/config/tokens.ts';

let home: string;
let file: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'vigie-tokens-'));
  file = join(home, 'config', 'tokens.yaml');
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

const now = new Date('2026-06-01T00:00:00Z');

test('a new token has 256 random bits, is found by its secret alone and kept as a hash in a private file', async () => {
  const { secret } = await addToken(file, { name: 'laptop', person: 'alice', environments: ['dev'] });
  expect(Buffer.from(secret.slice('vigie_'.length), 'base64url')).toHaveLength(32);
  const tokens = await loadTokens(file);
  expect(findToken(tokens, secret, now)).toMatchObject({
    name: 'laptop',
    person: 'alice',
    environments: ['dev'],
  });
  expect(findToken(tokens, `${secret}x`, now)).toBeUndefined();
  expect(readFileSync(file, 'utf8')).not.toContain(secret.slice('vigie_'.length));
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('a token is not found after its time', async () => {
  const expiresAt = '2026-06-01T00:00:00Z';
  const { secret } = await addToken(file, { name: 'laptop', person: 'alice', expiresAt });
  const tokens = await loadTokens(file);
  expect(findToken(tokens, secret, new Date(now.getTime() - 1))).toBeDefined();
  expect(findToken(tokens, secret, now)).toBeUndefined();
});

test('names are unique, and only what is there can be removed', async () => {
  expect(await loadTokens(file)).toEqual([]);
  await addToken(file, { name: 'a', person: 'alice' });
  await expect(addToken(file, { name: 'a', person: 'bob' })).rejects.toMatchObject({
    code: 'ALREADY_EXISTS',
  });
  await expect(removeToken(file, 'b')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await removeToken(file, 'a');
  expect(await loadTokens(file)).toEqual([]);
});

test.each([
  ['no YAML', 'tokens: [', 'not YAML'],
  ['an unknown field', 'tokens: []\nadmin: true\n', 'admin'],
  ['a short hash', 'tokens: [{name: a, person: b, sha256: abc}]', 'sha256'],
])('a file with %s is refused and not quoted', async (_, text, why) => {
  file = join(home, 'tokens.yaml');
  writeFileSync(file, `${text} # planted-secret`, { mode: 0o600 });
  const error: unknown = await loadTokens(file).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining(why) });
  expect(String(error)).not.toContain('planted-secret');
});

test('a link in the place of the file is refused', async () => {
  const target = join(home, 'elsewhere.yaml');
  writeFileSync(target, 'tokens: []', { mode: 0o600 });
  file = join(home, 'tokens.yaml');
  symlinkSync(target, file);
  await expect(loadTokens(file)).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
});

test('tokens that are made at the same time are all kept', async () => {
  await Promise.all(['a', 'b', 'c'].map(name => addToken(file, { name, person: 'alice' })));
  expect((await loadTokens(file)).map(token => token.name).sort()).toEqual(['a', 'b', 'c']);
});
