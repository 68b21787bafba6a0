import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { childrenEnded } from '../../src/cli/wait-for-children.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import { loadWorld } from '../../src/sandbox/world.ts';
import { CliHome } from '../support/command-line.ts';
import { LoginPlugin } from '../support/login-plugin.ts';
import { PseudoTerminal } from '../support/pseudo-terminal.ts';

// An environment whose kubeconfig names a command to log in with, and a person at a terminal who trusts it.

let home: CliHome;
let sandbox: Sandbox;
let plugin: LoginPlugin;
let passphrase = '';

beforeAll(async () => {
  home = await CliHome.make();
  sandbox = await startSandbox({ world: await loadWorld('test/fixtures/worlds/small.yaml') });
  plugin = new LoginPlugin(home.dir, sandbox);
  const kubeconfig = join(home.dir, 'kubeconfig');
  const [context] = /(?<=^current-context: *"?)[^"\n]+/m.exec(sandbox.kubeconfig()) ?? [];
  const cluster = `{context: ${context}, kubeconfig: ${kubeconfig}, namespaces: [shop], insecureSkipTlsVerify: true}`;
  const text = `environments:\n  prod:\n    kube: ${cluster}\n    policy: {low: ask}\n`;
  writeFileSync(join(home.dir, 'vigie.yaml'), text, { mode: 0o600 });
  await atTerminal(['approvers', 'add', 'alice'], async terminal => {
    await terminal.until('advisory');
    await terminal.until('\r\n    ');
    passphrase = (await terminal.until('\r\n')).trim();
    await terminal.until('Type them to go on: ');
    terminal.type(`${passphrase}\r`);
    await terminal.until('alice is an approver (signed by alice)');
    await terminal.until('Next: vigie env trust prod');
  });
});
afterAll(async () => {
  await home.remove();
  await sandbox.close();
});

async function atTerminal(
  words: string[],
  play: (terminal: PseudoTerminal) => Promise<void>,
): Promise<{ status: number; shown: string }> {
  const terminal = new PseudoTerminal(home.command(...words), home.env);
  try {
    await play(terminal);
    return { status: await terminal.ended(), shown: terminal.shown };
  } finally {
    terminal.close();
  }
}

async function trust(): Promise<{ status: number; shown: string }> {
  return atTerminal(['env', 'trust', 'prod'], async terminal => {
    await terminal.until('Passphrase of alice');
    terminal.type(`${passphrase}\r`);
    await terminal.until('Trusted by alice');
  });
}

const scale = (replicas: number) =>
  home.run('k8s', 'scale', 'deploy/web', '-n', 'shop', '--replicas', String(replicas));

/** Gone, or ended and not yet collected. */
function isOver(pid: number): boolean {
  return /^(?:Z.*)?$/.test(
    spawnSync('ps', ['-o', 'stat=', '-p', String(pid)])
      .stdout.toString()
      .trim(),
  );
}

describe('vigie env', () => {
  test('says what nobody trusted yet, refuses a change and names the next command', async () => {
    expect((await home.run('env')).stdout).toMatch(/prod +\.\/login\.sh +\S+login\.sh +untrusted/);
    const refused = await scale(3);
    expect(refused.status).toBe(1);
    expect(`${refused.stdout}${refused.stderr}`).toContain('vigie env trust prod');
    const doctor = await home.run('doctor');
    expect(doctor.stdout).toContain('is not trusted: reads run it');
    expect(doctor.stdout).toContain('vigie env trust prod');
  });

  test('shows the command, what it is given and its file before it asks for a passphrase, and runs nothing', async () => {
    const before = plugin.runs;
    const { status, shown } = await trust();
    expect(status).toBe(0);
    const asked = shown.indexOf('Passphrase of alice');
    for (const fact of ['"./login.sh"', '"log in"', join(home.dir, 'login.sh'), 'SHA-256'])
      expect(shown.indexOf(fact)).toBeGreaterThan(-1);
    for (const fact of ['"./login.sh"', '"log in"', join(home.dir, 'login.sh'), 'SHA-256'])
      expect(shown.indexOf(fact)).toBeLessThan(asked);
    expect(plugin.runs).toBe(before);
    expect((await home.run('env', 'list', '-o', 'json')).stdout).toMatch(/"state": *"trusted"/);
    expect((await home.run('doctor')).stdout).toContain('is trusted, by alice since');
    expect(await home.run('audit', 'verify')).toMatchObject({ status: 0 });
    expect((await home.run('audit', 'list')).stdout).toContain('env_trusted');
  });

  test('needs a terminal and an environment that logs in by a command', async () => {
    const piped = await home.shell(
      `echo '${passphrase}' | setsid bash -c 'vigie() { ${home.command().join(' ')} "$@"; }; vigie env trust prod'`,
    );
    expect(piped.status).toBe(1);
    expect(piped.stderr).toContain('this process has no terminal');
    const unknown = await atTerminal(['env', 'trust', 'nowhere'], terminal =>
      terminal.until('There is no environment').then(() => undefined),
    );
    expect(unknown.status).toBe(2);
    expect(unknown.shown).not.toContain('Passphrase');
  });

  test('once a plugin was trusted, its change goes through, and nothing of it lives beside the passphrase', async () => {
    // It leaves a program behind that would read what is typed.
    plugin.write('(sleep 60 </dev/null >/dev/null 2>&1; true) &\necho $! > child');
    await trust();
    const proposed = await scale(3);
    const id = /vigie approve (\w{8})/.exec(proposed.stdout)?.[1] ?? '';
    const { status } = await atTerminal(['approve', id], async terminal => {
      await terminal.readOnUntil('Passphrase of alice');
      expect(isOver(Number(readFileSync(join(home.dir, 'child'), 'utf8')))).toBe(true);
      terminal.type(`${passphrase}\r`);
      await terminal.until('done');
    });
    expect(status).toBe(0);
  });

  test('a plugin that was swapped is not run while somebody approves, and no passphrase is asked for', async () => {
    const proposed = await scale(4);
    const id = /vigie approve (\w{8})/.exec(proposed.stdout)?.[1] ?? '';
    plugin.write('echo caught > caught');
    const before = plugin.runs;
    const { status, shown } = await atTerminal(['approve', id], async terminal => {
      await terminal.until('vigie env trust prod');
    });
    expect(status).toBe(1);
    expect(shown).toContain('is not the one that alice trusted');
    expect(shown).not.toContain('Passphrase');
    const doctor = await home.run('doctor');
    expect(doctor.stdout).toContain('it is not run');
    expect(doctor.status).toBe(5);
    expect((await home.run('env')).stderr).toContain('other file');
    expect(plugin.runs).toBe(before);
  });
});

test('a hidden word is asked for only when no program runs beside it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vigie-beside-'));
  const file = join(folder, 'go');
  const program = join(import.meta.dirname, 'processes', 'ask-beside-a-program.ts');
  const terminal = new PseudoTerminal([process.execPath, program, file], { PATH: process.env['PATH'] });
  try {
    await terminal.until('a program runs');
    writeFileSync(file, '');
    const before = await terminal.until('Passphrase: ');
    expect(before).toContain('the program has ended');
    terminal.type('\r');
    await terminal.ended();
  } finally {
    terminal.close();
    rmSync(folder, { recursive: true });
  }
});

test('a passphrase is asked for only once every program that was started has ended', async () => {
  const child = spawn('sleep', ['30'], { stdio: 'ignore' });
  await once(child, 'spawn');
  await expect(childrenEnded(100)).rejects.toMatchObject({ code: 'CREDENTIAL_PLUGIN' });
  const ended = childrenEnded().then(() => 'asked');
  child.kill('SIGKILL');
  expect(await ended).toBe('asked');
  expect(child.signalCode).toBe('SIGKILL');
});
