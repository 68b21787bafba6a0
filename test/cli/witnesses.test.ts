import { execFileSync } from 'node:child_process';
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CliHome } from '../support/command-line.ts';

let home: CliHome;
let repository: string;

beforeEach(async () => {
  home = await CliHome.make();
  repository = join(home.dir, 'witness.git');
  execFileSync('git', ['init', '--quiet', '--bare', repository]);
  writeFileSync(
    join(home.dir, 'vigie.yaml'),
    `witness: {journal: false, git: ${repository}}\nenvironments: {box: {sandbox: {world: shop}}}\n`,
    { mode: 0o600 },
  );
});
afterEach(() => home.remove());

/** A command that writes one row: a kill switch whose own row is gone is set, and recorded, anew. */
async function writeRow() {
  const file = join(home.dir, 'home', 'vigie.db');
  if (existsSync(file)) {
    const store = new Sqlite(file);
    store.exec("delete from settings where key = 'kill-switch'");
    store.close();
  }
  return home.run('kill-switch', 'on');
}

test('a command that ends has told its row, and verify says up to where the witness agrees', async () => {
  await home.run('kill-switch', 'on', '--reason', 'drill');
  const { status, stdout, stderr } = await home.run('audit', 'verify');
  expect(stdout).toMatch(/^whole: 1 rows, head [0-9a-f]{64}\n/);
  expect(stdout).toContain(`\nwitnessed up to 1 by git ${repository}\n`);
  expect(stderr).not.toContain('Keep the head');
  expect(status).toBe(0);
});

test('a witness that is away fails no command; verify says that it is, and the next command tells what it missed', async () => {
  await writeRow();
  renameSync(repository, `${repository}.away`);
  expect(await writeRow()).toMatchObject({ status: 0 });
  const away = await home.run('audit', 'verify');
  expect(away.stderr).toContain('it took rows up to 1, unwitnessed since 2');
  expect(away.stderr).toContain('Keep the head');
  expect(away.status).toBe(0);
  renameSync(`${repository}.away`, repository);
  await writeRow();
  const { stdout } = await home.run('audit', 'verify');
  expect(stdout).toContain(`\nwitnessed up to 3 by git ${repository}\n`);
});

test('a witness that was emptied and made anew is not healed by looking at it, nor by the next change', async () => {
  await writeRow();
  renameSync(repository, `${repository}.away`);
  execFileSync('git', ['init', '--quiet', '--bare', repository]);
  const doctor = await home.run('doctor');
  expect(doctor.stdout).toMatch(/✗ git \S+ took row 1, and has no row now: lines are gone/);
  await writeRow();
  expect(await home.run('audit', 'verify')).toMatchObject({
    status: 5,
    stdout: expect.stringContaining('took row 1, and has no row now: lines are gone'),
  });
  rmSync(repository, { recursive: true });
  renameSync(`${repository}.away`, repository);
  await writeRow();
  expect(await home.run('audit', 'verify')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('witnessed up to 3 by git'),
  });
});

test('rows that were cut off, and lines that are gone, are bad answers', async () => {
  for (let row = 0; row < 3; row++) await writeRow();
  const store = new Sqlite(join(home.dir, 'home', 'vigie.db'));
  store.exec('create temp table kept as select * from audit; delete from audit where sequence > 1');
  expect(await home.run('audit', 'verify')).toMatchObject({
    status: 5,
    stdout: `broken at row 2: git ${repository} has row 3, and the chain ends at row 1: rows were cut off, or that witness has a false line\n`,
  });
  store.exec('insert into audit select * from kept where sequence > 1');
  store.close();
  rmSync(repository, { recursive: true });
  execFileSync('git', ['init', '--quiet', '--bare', repository]);
  const { status, stdout } = await home.run('audit', 'verify');
  expect(stdout).toContain(`\ngit ${repository} took row 3, and has no row now: lines are gone\n`);
  expect(status).toBe(5);
});
