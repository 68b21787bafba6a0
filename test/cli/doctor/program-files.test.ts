import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { programChecks } from '../../../src/cli/doctor/program-files.ts';
import type { Check } from '../../../src/desk/checks/check.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigie-program-'));
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'dist'), { mode: 0o755 });
  file = join(folder, 'dist', 'main.js');
  writeFileSync(file, '', { mode: 0o644 });
  writeFileSync(join(folder, 'package.json'), '{}', { mode: 0o644 });
  mkdirSync(join(folder, 'node_modules', 'zod', 'v4'), { recursive: true, mode: 0o755 });
  writeFileSync(join(folder, 'node_modules', 'zod', 'v4', 'core.js'), '', { mode: 0o644 });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function checks(): Promise<Check[]> {
  const found: Check[] = [];
  for await (const check of programChecks(file)) found.push(check);
  return found;
}

test('files of this user are noted, and those of root are fine', async () => {
  const [check, ...others] = await checks();
  expect(others).toEqual([]);
  expect(check).toMatchObject(
    process.getuid?.() === 0
      ? { state: 'fine', what: expect.stringContaining(folder) }
      : { state: 'note', what: expect.stringContaining('an agent on this account can replace them') },
  );
});

test.each([
  ['the program', (): string => file],
  ['its folder', (): string => join(folder, 'dist')],
  ['the folder of its package', (): string => folder],
  ['a file deep in a package', (): string => join(folder, 'node_modules', 'zod', 'v4', 'core.js')],
])('%s that others may write is wrong, with what to do', async (_what, place) => {
  for (const mode of [0o775, 0o757]) {
    chmodSync(place(), mode);
    expect(await checks()).toEqual([
      {
        area: 'installation',
        state: 'wrong',
        what: `Vigie's own files can be replaced by others: ${place()}`,
        todo: `chmod -R go-w '${folder}'`,
      },
    ]);
  }
});
