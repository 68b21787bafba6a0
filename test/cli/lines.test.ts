import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CliHome } from '../support/command-line.ts';
import { PseudoTerminal } from '../support/pseudo-terminal.ts';

// Lines into pods as a person opens them: asked for, shown and approved at one terminal.

let home: CliHome;
let passphrase = '';
let pod = '';

beforeAll(async () => {
  home = await CliHome.make();
  const terminal = new PseudoTerminal(home.command('approvers', 'add', 'alice'), home.env);
  await terminal.until('\r\n    ');
  passphrase = (await terminal.until('\r\n')).trim();
  await terminal.until('Type them to go on: ');
  terminal.type(`${passphrase}\r`);
  await terminal.ended();
  terminal.close();
  const { stdout } = await home.run('k8s', 'list', 'pods', '-n', 'shop', '-o', 'json');
  pod = /"name": "(storefront-[^"]+)"/i.exec(stdout)?.[1] ?? '';
  expect(pod).not.toBe('');
});
afterAll(() => home.remove());

/** Asks at a terminal, approves there, and plays on until the command has ended. */
async function approved(
  words: string[],
  more: { last?: string[]; play?(terminal: PseudoTerminal): Promise<void> } = {},
): Promise<{ status: number; shown: string }> {
  const terminal = new PseudoTerminal(home.command(...words, '-n', 'shop', ...(more.last ?? [])), home.env);
  try {
    await terminal.until('Approve it here and now?');
    terminal.type('y\r');
    await terminal.readOnUntil('High risk. Type ');
    const name = await terminal.until(' to go on: ');
    terminal.type(`${name}\r`);
    await terminal.until('Passphrase of alice');
    terminal.type(`${passphrase}\r`);
    await more.play?.(terminal);
    const status = await terminal.ended();
    return { status, shown: terminal.shown };
  } finally {
    terminal.close();
  }
}

describe('at a terminal', () => {
  test('a command is asked for after two dashes, and its output read', async () => {
    const command = ['k8s', 'exec', 'deploy/storefront', '-n', 'shop', '--', 'echo', '-n', 'a b'];
    const { stdout, status } = await home.run(...command);
    expect(status).toBe(3);
    expect(stdout).toContain('"echo" "-n" "a b" in container');
    const { shown } = await approved(['k8s', 'exec', pod], { last: ['--', 'hostname'] });
    expect(shown).toContain(`  | ${pod}`);
  });

  test('a copy goes out to a new file of this machine, and never over an old one', async () => {
    const file = join(home.dir, 'note.txt');
    await writeFile(file, 'to the pod\n');
    const sent = await approved(['k8s', 'cp', file, `${pod}:/tmp/note.txt`]);
    expect(sent.shown).toContain('1 files were copied to /tmp/note.txt');
    const back = join(home.dir, 'back.txt');
    expect((await approved(['k8s', 'cp', `${pod}:/tmp/note.txt`, back])).status).toBe(0);
    expect(await readFile(back, 'utf8')).toBe('to the pod\n');
    // Told before anybody is asked to approve it.
    const again = await home.run('k8s', 'cp', `${pod}:/tmp/note.txt`, back, '-n', 'shop');
    expect(again).toMatchObject({ status: 1, stderr: expect.stringContaining('overwrites nothing') });
  });

  test('a port leads into a pod until Ctrl-C', async () => {
    const { status, shown } = await approved(['k8s', 'port-forward', pod, '0:8080'], {
      play: async terminal => {
        await terminal.until('127.0.0.1:');
        const port = Number(await terminal.until(' leads to port 8080'));
        const socket = connect(port, '127.0.0.1');
        socket.write('GET /healthz HTTP/1.1\r\n\r\n');
        expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 OK/);
        terminal.type('\u0003');
      },
    });
    expect(shown).toContain('1 connections were carried');
    // As every command that a person stops.
    expect(status).toBe(130);
  });
});
