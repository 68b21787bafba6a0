import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CliHome } from '../support/command-line.ts';
import { PseudoTerminal } from '../support/pseudo-terminal.ts';

let home: CliHome;
beforeEach(async () => {
  home = await CliHome.make();
  home.env['TMPDIR'] = home.dir;
});
afterEach(async () => {
  const left = await readdir(home.dir);
  await home.remove();
  // Neither the demo's home nor what was copied or restored on the way.
  expect(left).toEqual(['vigie.yaml']);
});

test('the story of a backup makes two copies, and drills tell the damaged one from the good one', async () => {
  const { status, stdout, stderr } = await home.run('demo', '--story', 'backup', '--yes');
  expect(stderr).toBe('');
  const told = [
    'engine: sqlite',
    'no copy',
    'agent → backups_run {"set":"shop"}',
    'approval_required: ticket',
    'low risk',
    'Answered yes (--yes) by the sandbox itself',
    'done: back up BackupSet/shop',
    '4 items with 9464 entries counted',
    'agent → backups_run {"set":"shop"}',
    'done: back up BackupSet/shop',
    'database.sqlite: byte ',
    '2 copies of shop at disk',
    'never',
    'never',
    'agent → backups_drill {"set":"shop"',
    'medium risk',
    'failed: drill BackupSet/shop',
    'BAD: part database.sqlite',
    'NOT good',
    'agent → backups_drill {"set":"shop"',
    'done: drill BackupSet/shop',
    'is proven',
    'Recovery time ',
    'good: contents by count and hash',
    '2 of 3 copies, all on disk, none off-site',
    'On record: 12 rows, head ',
    'docs/guides/backups.md',
  ];
  let at = 0;
  for (const text of told) {
    const found = stdout.indexOf(text, at);
    expect(found, `"${text}" after what came before it, in:\n${stdout}`).toBeGreaterThanOrEqual(0);
    at = found + text.length;
  }
  const [, bad] = /agent → backups_drill \{"set":"shop","copy":"([^"]+)"\}/.exec(stdout) ?? [];
  // The damaged one is the newer, and stands first.
  const shown = stdout.slice(stdout.indexOf('2 copies of shop'));
  expect(shown.split('\n')[2]).toContain(bad);
  const drilled = stdout.slice(stdout.lastIndexOf('2 copies of shop'));
  expect(drilled).toMatch(new RegExp(`^ *${bad} .*FAILED`, 'm'));
  expect(drilled.match(/ passed \d/g)).toHaveLength(1);
  expect(status).toBe(0);
});

test('the story of a backup ends where a person says no, with nothing made', async () => {
  const terminal = new PseudoTerminal(home.command('demo', '--story', 'backup'), home.env);
  try {
    await terminal.until('go? [y/N] ');
    terminal.type('n\r');
    await terminal.until('rejected: ');
    expect(await terminal.ended()).toBe(0);
    expect(terminal.shown).not.toContain('done: ');
    expect(terminal.shown).not.toContain('backups_drill {');
  } finally {
    terminal.close();
  }
});

test('the story of a backup that is stopped in the middle leaves nothing behind', async () => {
  const child = home.start('demo', '--story', 'backup', '--yes');
  let out = '';
  child.stdout?.on('data', (data: Buffer) => {
    const before = out.includes('backups_drill {');
    out += data.toString();
    if (!before && out.includes('backups_drill {')) child.kill('SIGINT');
  });
  child.stderr?.resume();
  const [status] = await once(child, 'close');
  expect(out).not.toContain('is proven');
  expect(status).toBe(130);
});

test('a story that there is not, and one beside a fault, are refused before anything starts', async () => {
  const none = await home.run('demo', '--story', 'restore');
  expect(none.status).toBe(2);
  expect(none.stderr).toContain('Allowed choices are backup');
  const both = await home.run('demo', '--story', 'backup', '--fault');
  expect(both.status).toBe(2);
  expect(both.stderr).toContain("'--story <name>' cannot be used with option '--fault [name]'");
});
