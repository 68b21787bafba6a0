import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sha256Hex } from '../../src/core/digest.ts';
import { makeOwnHome } from '../../src/play/own-home.ts';

const before = process.env['TMPDIR'];
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigie-own-home-'));
  process.env['TMPDIR'] = folder;
});
afterEach(() => {
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
  rmSync(folder, { recursive: true, force: true });
});

const here = `vigie-play-${sha256Hex(hostname()).slice(0, 8)}-`;

function left(name: string, ageMinutes: number): string {
  const path = join(folder, name);
  mkdirSync(path);
  writeFileSync(join(path, 'vigie.db'), 'left');
  const at = new Date(Date.now() - ageMinutes * 60_000);
  utimesSync(path, at, at);
  return path;
}

/** A number that no process has any more. */
function deadPid(): number {
  const { pid } = spawnSync('true');
  return pid;
}

test('the home of a process that was killed goes when the next play begins, and nothing else does', async () => {
  const dead = deadPid();
  const gone = left(`${here}${dead}-abcdef`, 11);
  const kept = [
    left(`${here}${dead}-young1`, 1),
    left(`${here}${process.pid}-living`, 60),
    left(`vigie-play-0123abcd-${dead}-others`, 60),
    left('vigie-play-mine', 60),
  ];
  const elsewhere = left('elsewhere', 60);
  const link = join(folder, `${here}${dead}-linked`);
  symlinkSync(elsewhere, link);
  const home = await makeOwnHome();
  expect(existsSync(gone)).toBe(false);
  expect(kept.filter(path => !existsSync(path))).toEqual([]);
  expect(existsSync(join(elsewhere, 'vigie.db'))).toBe(true);
  expect(existsSync(link)).toBe(true);
  await home.remove();
  expect(existsSync(home.path)).toBe(false);
});
