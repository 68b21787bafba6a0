import { execFileSync } from 'node:child_process';
import { userInfo } from 'node:os';
import { expect, test } from 'vitest';
import { osUser } from '../../src/config/os-user.ts';

test('the OS user is called as the system calls it', () => {
  expect(osUser()).toBe(userInfo().username);
});

test.skipIf(process.getuid?.() !== 0)(
  'an account without an entry in the user database is its number, as a daemon calls it',
  () => {
    const script = `
    const { osUser } = await import(${JSON.stringify(new URL('../../src/config/os-user.ts', import.meta.url).href)});
    process.stdout.write(osUser());
  `;
    const words = ['--input-type=module', '--eval', script];
    expect(execFileSync(process.execPath, words, { uid: 54_321, gid: 54_321, encoding: 'utf8' })).toBe(
      'uid-54321',
    );
  },
);
