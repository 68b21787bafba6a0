import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CliHome } from '../support/command-line.ts';
import { PseudoTerminal } from '../support/pseudo-terminal.ts';

let home: CliHome;
/** Where temporary files lie. */
let files: string;
beforeEach(async () => {
  home = await CliHome.make();
  files = join(home.dir, 'tmp');
  await mkdir(files);
  home.env['TMPDIR'] = files;
});
afterEach(() => home.remove());

test('a playbook finds what is broken in a cluster of its own, asks, heals it, and leaves nothing behind', async () => {
  // Also where temporary files lie in the folder that it is started in.
  const { status, stdout, stderr } = await home.shell(
    `cd '${files}' && vigie demo --playbook heal-oom --yes`,
  );
  expect(stderr).toBe('');
  const told = [
    'A playbook: heal-oom.',
    'raise: for each killed',
    'catalog may have half of the memory',
    'OUT_OF_MEMORY Deployment/catalog',
    'namespace=shop',
    'A person is asked: update Deployment/catalog',
    '+              memory: 384Mi',
    'Answered yes (--yes) by the sandbox itself',
    '✓ look',
    '✓ raise',
    'demo: nothing found wrong',
    'people were asked once',
    'vigie playbooks rehearse heal-oom -i namespace=…',
  ];
  let at = 0;
  for (const text of told) {
    const found = stdout.indexOf(text, at);
    expect(found, `"${text}" after what came before it, in:\n${stdout}`).toBeGreaterThanOrEqual(0);
    at = found + text.length;
  }
  expect(status).toBe(0);
  expect(await readdir(files)).toEqual([]);
});

test('what somebody does while it runs is done in its demo too', async () => {
  const { status, stdout } = await home.run('demo', '--playbook', 'upgrade-node', '--yes');
  expect(stdout).toContain('✓ upgraded');
  expect(status).toBe(0);
});

test('nothing is changed where the person says no, and what is broken stays', async () => {
  const terminal = new PseudoTerminal(home.command('demo', '--playbook', 'heal-oom'), home.env);
  try {
    await terminal.until('go? [y/N] ');
    terminal.type('n\r');
    await terminal.until('– raise');
    await terminal.until('OUT_OF_MEMORY');
    expect(await terminal.ended()).toBe(0);
  } finally {
    terminal.close();
  }
});

test('a name with a slip names the near one, and one thing is told at a time', async () => {
  expect(await home.run('demo', '--playbook', 'heal-om')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('heal-oom'),
  });
  expect(await home.run('demo', '--playbook', 'heal-oom', '--fault')).toMatchObject({ status: 2 });
});
