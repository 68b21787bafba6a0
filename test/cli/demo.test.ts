import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { CliHome } from '../support/command-line.ts';
import { PseudoTerminal } from '../support/pseudo-terminal.ts';

test('the demo goes the whole way by itself, and leaves nothing behind', async () => {
  const home = await CliHome.make();
  home.env['TMPDIR'] = home.dir;
  try {
    const { status, stdout, stderr } = await home.run('demo', '--yes');
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const told = [
      'approval_required: ticket',
      'UNKNOWN_TOOL',
      'cannot approve through Vigie',
      'advisory',
      'Answered yes (--yes) by the sandbox itself',
      'done: ',
      'state: done',
      'changes_undo',
      'ticketed',
      'approved',
      'finished',
      'undone',
      'whole: ',
      'claude mcp add vigie -- ',
    ];
    let at = 0;
    for (const text of told) {
      const found = stdout.indexOf(text, at);
      expect(found, `"${text}" after what came before it, in:\n${stdout}`).toBeGreaterThanOrEqual(0);
      at = found;
    }
    expect(stdout).not.toContain('\u001B');
    // Neither its own home nor the folder of temporary files holds anything more.
    expect(await readdir(home.dir)).toEqual(['vigie.yaml']);
  } finally {
    await home.remove();
  }
});

test('the demo asks the person who sits at it, and takes no for an answer', async () => {
  const home = await CliHome.make();
  const terminal = new PseudoTerminal(home.command('demo'), home.env);
  try {
    await terminal.until('A person sees the whole change and decides');
    await terminal.until('go? [y/N] ');
    terminal.type('n\r');
    await terminal.until('rejected: ');
    await terminal.until('Everything is on record');
    expect(await terminal.ended()).toBe(0);
    expect(terminal.shown).not.toContain('done: ');
  } finally {
    terminal.close();
    await home.remove();
  }
});
