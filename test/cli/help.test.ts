import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { commandEntries } from '../../src/cli/commands/index.ts';
import { toolFamilies } from '../../src/tools/index.ts';
import { runHere } from '../support/command-line.ts';

const goldenFolder = fileURLToPath(new URL('../golden/cli/', import.meta.url));

/** Every command that has a help of its own, by its words. */
async function allCommands(): Promise<string[][]> {
  const families = Object.entries(toolFamilies).filter(
    // One that people have a command of their own for.
    ([family]) => !commandEntries.some(entry => entry.name === family),
  );
  const tools = families.flatMap(([family, members]) => [
    [family],
    ...members.map(tool => [family, tool.name.slice(family.length + 1).replaceAll('_', '-')]),
  ]);
  const own = commandEntries.filter(entry => entry.hidden !== true).map(entry => [entry.name]);
  const below = [
    ...['add', 'list', 'remove'].map(verb => ['approvers', verb]),
    ...['accept', 'show'].map(verb => ['policy', verb]),
    ...['on', 'off', 'status'].map(verb => ['kill-switch', verb]),
    ...['list', 'trust'].map(verb => ['env', verb]),
    ...['list', 'verify', 'export'].map(verb => ['audit', verb]),
    ...['add', 'list', 'remove'].map(verb => ['tokens', verb]),
    ['sandbox', 'up'],
    ['backups', 'tick'],
  ];
  return [[], ...tools, ...own, ...below];
}

describe('help', async () => {
  for (const words of await allCommands()) {
    test(`of vigie ${words.join(' ')} is as pinned`, async () => {
      const { status, stdout, stderr } = await runHere([...words, '--help']);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      const file = `${goldenFolder}${['vigie', ...words].join('-')}.txt`;
      if (process.env['UPDATE_GOLDEN'] === '1') {
        mkdirSync(goldenFolder, { recursive: true });
        writeFileSync(file, stdout);
      }
      expect(
        existsSync(file),
        `${file} is missing: UPDATE_GOLDEN=1 npx vitest run test/cli/help.test.ts`,
      ).toBe(true);
      expect(stdout).toBe(readFileSync(file, 'utf8'));
    });
  }

  test('names no command that is only for other programs', async () => {
    const { stdout } = await runHere(['--help']);
    expect(stdout).not.toContain('complete ');
    expect((await runHere(['sandbox', '--help'])).stdout).not.toContain('serve-daemon');
  });

  test('without any word is the root help', async () => {
    expect(await runHere([])).toEqual(await runHere(['--help']));
  });

  test('of a family without a verb is a usage error on stderr', async () => {
    const { status, stdout, stderr } = await runHere(['k8s']);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('Usage: vigie k8s');
  });
});

describe('a mistyped word', () => {
  test.each([
    { argv: ['aprove', 'x'], nearest: 'approve' },
    { argv: ['k8s', 'lst', 'pods'], nearest: 'list' },
    { argv: ['k8', 'list'], nearest: 'k8s' },
    { argv: ['k8s', 'scale', 'deploy/web', '--replica', '3'], nearest: '--replicas' },
    { argv: ['audit', 'verfy'], nearest: 'verify' },
    { argv: ['kill-switch', 'onn'], nearest: 'on' },
    { argv: ['approvers', 'ad', 'bob'], nearest: 'add' },
    { argv: ['serve', '--stdo'], nearest: '--stdio' },
  ])('$argv ends with 2 and names $nearest', async ({ argv, nearest }) => {
    const { status, stdout, stderr } = await runHere(argv);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(new RegExp(`Did you mean ${nearest}[,?]`));
  });
});
