import { userInfo } from 'node:os';
import { expect, test } from 'vitest';
import { accountsNamed, listAccounts, listGroups, loginOf } from '../../../src/config/separation/accounts.ts';

test('a uid is the login that the system has for it, and its number where it has none', async () => {
  const { uid, username } = userInfo();
  expect(await loginOf(uid)).toBe(username);
  expect(await loginOf(54_321)).toBe('uid-54321');
});

test('accounts are listed with their primary groups, and found by name beside names that do not exist', async () => {
  expect(await listAccounts()).toContainEqual({ login: 'root', uid: 0, gid: 0, home: '/root' });
  expect(await accountsNamed(['no-such-login', 'root', '--help'])).toEqual([
    { login: 'root', uid: 0, gid: 0, home: '/root' },
  ]);
});

test('groups are listed once, whether by name or number', async () => {
  const groups = await listGroups(['root', '0', 'no-such-group']);
  expect(groups.filter(({ gid }) => gid === 0)).toEqual([
    { name: 'root', gid: 0, members: expect.any(Array) },
  ]);
});
