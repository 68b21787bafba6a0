import { readdirSync, readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CliHome } from '../support/command-line.ts';
import { PseudoTerminal } from '../support/pseudo-terminal.ts';

// A person at a terminal: what they are shown, what they type, and what of it can be seen.

/** Its image is in no registry of the simulated world, so that its rollout never ends. */
const neverReady = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: never, namespace: shop}
spec:
  replicas: 1
  selector: {matchLabels: {app: never}}
  template:
    metadata: {labels: {app: never}}
    spec: {containers: [{name: never, image: "acme/never:does-not-exist"}]}
`;

let home: CliHome;
let passphrase = '';

beforeAll(async () => {
  home = await CliHome.make();
  await atTerminal(['approvers', 'add', 'alice'], async terminal => {
    await terminal.until('advisory');
    await terminal.until('\r\n    ');
    passphrase = (await terminal.until('\r\n')).trim();
    await terminal.until('Type them to go on: ');
    terminal.type(`${passphrase}\r`);
    await terminal.until('alice is an approver (signed by alice)');
  });
});
afterAll(() => home.remove());

/** Runs a command on a terminal while somebody plays their part, and returns how it ended. */
async function atTerminal(
  words: string[],
  play: (terminal: PseudoTerminal) => Promise<void>,
): Promise<{ status: number; shown: string }> {
  const terminal = new PseudoTerminal(home.command(...words), home.env);
  try {
    await play(terminal);
    const status = await terminal.ended();
    return { status, shown: terminal.shown };
  } finally {
    terminal.close();
  }
}

async function propose(...words: string[]): Promise<string> {
  const { stdout, stderr } = await home.run('k8s', ...words, '-n', 'shop', '--wait', '60s');
  const id = /vigie approve (\w{8})/.exec(stdout)?.[1];
  if (id === undefined) throw new Error(`no ticket for ${words.join(' ')}: ${stdout}${stderr}`);
  return id;
}

describe('a passphrase', () => {
  test('is five words, never shown again once it was typed', async () => {
    expect(passphrase).toMatch(/^([a-z]{5} ){4}[a-z]{5}$/);
    const { shown } = await atTerminal(['policy', 'accept'], async terminal => {
      await terminal.until('Passphrase of alice');
      // Typed ahead while the first answer is still being tried: echo must be off then too.
      terminal.type('some other words\r');
      terminal.type(`${passphrase.toUpperCase()}\r`);
      await terminal.until('not the passphrase of alice. 4 left.');
      await terminal.until('Accepted by alice');
    });
    expect(shown).not.toContain('some other words');
    expect(shown.toLowerCase()).not.toContain(passphrase.slice(0, 11));
  });

  test('cannot come from a pipe, an argument or a variable', async () => {
    const id = await propose('delete', 'deploy/cart');
    const piped = await home.shell(
      `echo '${passphrase}' | PASSPHRASE='${passphrase}' setsid bash -c 'vigie() { ${home.command().join(' ')} "$@"; }; vigie approve ${id}'`,
    );
    expect(piped.status).toBe(1);
    expect(piped.stderr).toContain('this process has no terminal');
    expect(await home.run('approve', id, '--passphrase', passphrase)).toMatchObject({ status: 2 });
    expect(await home.run('reject', id)).toMatchObject({ status: 0 });
  });
});

describe('what approvers signed at the terminal', () => {
  test('lifts the kill switch, and is proven by the audit', async () => {
    expect(await home.run('kill-switch', 'on', '--reason', 'drill')).toMatchObject({ status: 0 });
    const { status } = await atTerminal(['kill-switch', 'off'], async terminal => {
      await terminal.until('Passphrase of alice');
      terminal.type(`${passphrase}\r`);
      await terminal.until('The kill switch is off');
    });
    expect(status).toBe(0);
    expect((await home.run('kill-switch')).stdout).toContain('The kill switch is off');
    expect((await home.run('policy')).stdout).toContain('\naccepted\n');
    expect(await home.run('audit', 'verify')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('whole'),
    });
  });

  test('counts for nothing once the approvers file is another, and nobody can begin it anew', async () => {
    const file = join(home.dir, 'approvers.yaml');
    const kept = await readFile(file, 'utf8');
    await rm(file);
    try {
      expect((await home.run('policy')).stdout).toContain('not accepted');
      expect((await home.run('kill-switch')).stdout).toContain('cannot be checked');
      const { status, shown } = await atTerminal(['approvers', 'add', 'mallory'], async terminal => {
        await terminal.until('is not the file that the audit knows');
      });
      expect(status).toBe(1);
      expect(shown).not.toContain('Write these five words down');
    } finally {
      await writeFile(file, kept, { mode: 0o600 });
    }
    expect((await home.run('policy')).stdout).toContain('\naccepted\n');
  });
});

describe('vigie approve', () => {
  test('shows, asks, applies, verifies and says how to go back', async () => {
    const id = await propose('scale', 'deploy/cart', '--replicas', '5');
    const { status, shown } = await atTerminal(['approve', id], async terminal => {
      await terminal.readOnUntil(`Passphrase of alice, to approve ${id}: `);
      terminal.type('some other words\r');
      await terminal.until('not the passphrase of alice');
      terminal.type(`${passphrase}\r`);
      await terminal.until('Audit head: ');
    });
    expect(status).toBe(0);
    const audit = await home.run('audit', 'list', '--change', id);
    for (const event of ['wrong_passphrase', 'approved'])
      expect(audit.stdout).toMatch(new RegExp(`${event} .* ${userInfo().username} as alice `));
    expect(shown).toContain('spec.replicas 2 → 5');
    expect(shown).toContain('advisory');
    expect(shown).toMatch(/done: .*cart/);
    expect(shown).toContain(`Undo: vigie undo ${id}`);
    const { stdout } = await home.run('k8s', 'get', 'deploy/cart', '-n', 'shop', '--field', 'spec.replicas');
    expect(stdout.trim()).toBe('5');

    const again = await atTerminal(['approve', id], terminal =>
      terminal.until('error: ').then(() => undefined),
    );
    expect(again.status).toBe(1);

    const undone = await atTerminal(['undo', id], async terminal => {
      await terminal.until('Approve it here and now? [y/N] ');
      terminal.type('y\r');
      // From 5 to 2 is down by more than half, whatever it takes back.
      await terminal.readOnUntil('High risk. Type cart to go on: ');
      terminal.type('cart\r');
      await terminal.until('Passphrase of alice');
      terminal.type(`${passphrase}\r`);
      await terminal.until('Audit head: ');
    });
    expect(undone.status).toBe(0);
    const back = await home.run('k8s', 'get', 'deploy/cart', '-n', 'shop', '--field', 'spec.replicas');
    expect(back.stdout.trim()).toBe('2');
  });

  test('has the name of a high-risk target typed, and decides nothing when it is another', async () => {
    const id = await propose('delete', 'deploy/search');
    const { status, shown } = await atTerminal(['approve', id], async terminal => {
      await terminal.readOnUntil('High risk. Type search to go on: ');
      terminal.type('serach\r');
      await terminal.until('the ticket stays open');
    });
    expect(status).toBe(3);
    expect(shown).not.toContain('Passphrase');
    const { stdout } = await home.run('changes', 'get', id, '-o', 'json');
    expect(JSON.parse(stdout)).toMatchObject({ state: 'waiting' });
  });

  test('decides nothing on Ctrl-C, nor when the person leaves before the end', async () => {
    const id = await propose('delete', 'deploy/search');
    const stopped = await atTerminal(['approve', id], async terminal => {
      await terminal.readOnUntil('Type search to go on: ');
      terminal.type('\u0003');
      await terminal.until('The ticket stays open');
    });
    expect(stopped.status).toBe(3);
    const refused = await home.run('approvals', '-o', 'json');
    expect(refused.stdout).toContain(id);
  });

  test('ends at once on a SIGTERM while it waits for an answer, and decides nothing', async () => {
    const id = await propose('delete', 'deploy/search');
    const { status } = await atTerminal(['approve', id], async terminal => {
      await terminal.readOnUntil('Type search to go on: ');
      const [pid] = readdirSync('/proc').filter(name => {
        const words = wordsOf(name);
        return words[0]?.endsWith('node') === true && words.includes('approve') && words.includes(id);
      });
      process.kill(Number(pid), 'SIGTERM');
    });
    expect(status).toBe(130);
    expect((await home.run('approvals', '-o', 'json')).stdout).toContain(id);
  });

  test('records what stands when Ctrl-C ends the wait for health, and says how to go back', async () => {
    const file = join(home.dir, 'never.yaml');
    await writeFile(file, neverReady);
    const id = await propose('apply', '-f', file);
    const { status, shown } = await atTerminal(['approve', id], async terminal => {
      await terminal.readOnUntil('Passphrase of alice');
      terminal.type(`${passphrase}\r`);
      await terminal.until('Deployment/never: ');
      terminal.type('\u0003');
      await terminal.until('Stopping; press Ctrl-C again to leave at once.');
      await terminal.until('Audit head: ');
    });
    expect(status).toBe(130);
    expect(shown).toContain('unverified: create Deployment/never in shop');
    expect(shown).toContain(`Undo: vigie undo ${id}`);
    const { stdout } = await home.run('changes', 'get', id, '-o', 'json');
    expect(JSON.parse(stdout)).toMatchObject({ state: 'unverified' });
  });

  test('voids a ticket after five wrong passphrases', async () => {
    const id = await propose('scale', 'deploy/catalog', '--replicas', '7');
    const { status } = await atTerminal(['approve', id], async terminal => {
      await terminal.readOnUntil('Passphrase of alice');
      for (const left of [4, 3, 2, 1]) {
        terminal.type('wrong again\r');
        await terminal.until(`${left} left.`);
        await terminal.until('Passphrase of alice');
      }
      terminal.type('wrong again\r');
      await terminal.until('alice is paused');
    });
    expect(status).toBe(1);
    const { stdout } = await home.run('changes', 'get', id, '-o', 'json');
    expect(JSON.parse(stdout)).toMatchObject({ state: 'void' });
  });
});

/** Of a process that runs; none of what is no process, or is gone by now. */
function wordsOf(pid: string): string[] {
  try {
    return /^\d+$/.test(pid) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0') : [];
  } catch {
    return [];
  }
}
