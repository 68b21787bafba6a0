import { chmodSync, lchownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ownHomeChecks } from '../../../src/cli/doctor/own-home.ts';
import type { Check } from '../../../src/desk/checks/check.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'vigie-home-'));
  chmodSync(home, 0o755);
  mkdirSync(join(home, '.ssh'), { mode: 0o700 });
  for (const name of ['.bashrc', '.ssh/authorized_keys'])
    writeFileSync(join(home, name), '', { mode: 0o644 });
  symlinkSync('.bashrc', join(home, '.zshrc'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

async function checks(of = home): Promise<Check[]> {
  const found: Check[] = [];
  for await (const check of ownHomeChecks(of, 'daemon')) found.push(check);
  return found;
}

test('a home that nobody else may write is fine, also where a group of one’s own may', async () => {
  chmodSync(join(home, '.bashrc'), 0o664);
  expect(await checks()).toEqual([
    { area: 'daemon', state: 'fine', what: `only you can change what acts for you in ${home}` },
  ]);
});

test.each(['', '.bashrc', '.ssh', '.ssh/authorized_keys'])(
  'what everybody may write (%j) is wrong',
  async name => {
    const path = join(home, name);
    chmodSync(path, 0o757);
    expect(await checks()).toEqual([
      {
        area: 'daemon',
        state: 'wrong',
        what: `others may change ${path}, and so decide as you`,
        todo: `chmod go-w '${path}'`,
      },
    ]);
  },
);

test.skipIf(process.getuid?.() !== 0)(
  'what belongs to another, or to a foreign group, is wrong',
  async () => {
    lchownSync(join(home, '.zshrc'), 33, 33);
    lchownSync(join(home, '.bashrc'), 0, 33);
    chmodSync(join(home, '.bashrc'), 0o664);
    expect((await checks()).map(check => ('todo' in check ? check.todo : ''))).toEqual([
      `chmod go-w '${join(home, '.bashrc')}'`,
      `As root: chown 0 '${join(home, '.zshrc')}'`,
    ]);
  },
);

test('where there is no home, nothing is said', async () => {
  expect(await checks(join(home, 'none'))).toEqual([]);
});
