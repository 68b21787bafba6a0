import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CliHome, runHere } from '../support/command-line.ts';
import { PseudoTerminal } from '../support/pseudo-terminal.ts';
import { makeRunFolder, TestDaemon } from '../support/start-daemon.ts';

const { username } = userInfo();

describe('a command that goes by the files of this account beside a daemon', () => {
  let daemon: TestDaemon;
  let home: string;
  beforeAll(async () => {
    daemon = await TestDaemon.start();
    home = mkdtempSync(join(tmpdir(), 'vigie-own-'));
  });
  afterAll(async () => {
    await daemon.stop();
    rmSync(home, { recursive: true, force: true });
  });

  const run = (...words: string[]) => runHere(words, { VIGIE_DAEMON: daemon.run, HOME: home });

  test('says the whole command for the files of the daemon, with every word that was typed', async () => {
    const { stderr, stdout } = await run('tokens', 'add', 'ci', '--person', "bob o'hara");
    const { dir, configFile } = daemon.at;
    const env = `HOME=${process.env['HOME']} VIGIE_HOME=${join(dir, 'data')}`;
    expect(stderr).toContain(
      `sudo -u ${username} env ${env} vigie tokens add ci --person 'bob o'\\''hara' --config ${configFile}\n`,
    );
    // It does what it was asked for all the same.
    expect(stdout).toMatch(/^\S+\n$/);
    expect(existsSync(join(home, '.local', 'share', 'vigie', 'tokens.yaml'))).toBe(true);
  });

  test('names the file that the daemon goes by, where a vigie.yaml is written', async () => {
    const { stderr, status } = await run('init');
    expect(status).toBe(0);
    expect(stderr).toContain(`The daemon of this machine goes by ${daemon.at.configFile},`);
  });

  test('says so where the daemon does not answer, and goes on', async () => {
    await daemon.close();
    const { stderr, stdout } = await run('tokens', 'add', 'other');
    expect(stderr).toContain('The daemon of this machine has its own (docs/guides/trust.md)');
    expect(stdout).not.toBe('');
    await daemon.open();
  });

  test('says nothing where files are named', async () => {
    const named = join(home, 'own.yaml');
    const { stderr } = await run('init', '--config', named);
    expect(stderr).not.toContain('daemon');
  });
});

test('the first approver of a daemon is told what is true there, and not that approvals are advisory', async () => {
  const home = await CliHome.make();
  const run = makeRunFolder(home.dir);
  const terminal = new PseudoTerminal(home.command('approvers', 'add', 'alice'), {
    ...home.env,
    VIGIE_DAEMON: run,
  });
  try {
    await terminal.readOnUntil('Write these five words down');
    expect(terminal.shown).toContain("vouches for itself from this account, the daemon's");
    expect(terminal.shown).not.toContain('advisory');
  } finally {
    terminal.close();
    await home.remove();
  }
});
