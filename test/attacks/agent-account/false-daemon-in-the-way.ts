import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { passphrase } from '../../support/apart.ts';
import { defineAttack, judge } from '../attack.ts';
import { startApart, writesOf } from './daemon-ground.ts';

/** Makes a run folder with both sockets in it, all as a daemon's would look, and writes down whatever it is sent. */
const falseDaemon = `
const { mkdirSync, appendFileSync, chmodSync } = require('node:fs');
const { createServer } = require('node:net');
const run = process.argv[1];
mkdirSync(run, { mode: 0o755 });
for (const [folder, file] of [['agent', 'agent.sock'], ['approve', 'approve.sock']]) {
  mkdirSync(run + '/' + folder, { mode: 0o755 });
  mkdirSync(run + '/' + folder + '/callers', { mode: 0o777 });
  chmodSync(run + '/' + folder + '/callers', 0o1777);
  const path = run + '/' + folder + '/' + file;
  createServer(socket => {
    socket.write(JSON.stringify({ hello: { protocol: 1, version: '0.1.0', challenge: { name: 'a'.repeat(32), nonce: 'b'.repeat(64) } } }) + '\\n');
    socket.on('data', data => appendFileSync(run + '/heard', data));
    socket.on('error', () => {});
  }).listen({ path }, () => { chmodSync(path, 0o666); if (folder === 'approve') process.stdout.write('ready'); });
}
`;

export const falseDaemonInTheWay = defineAttack({
  name: 'false-daemon-in-the-way',
  adversary: 'an agent on an account of its own',
  does: 'Puts a daemon of its own in the way of `vigie approve`, by VIGIE_DAEMON in what the approver sources, in /tmp and below /var/tmp.',
  must: 'A socket that others than root and the approver could have put there is not called: DAEMON, and nothing is sent to it.',
  needs: 'accounts',
  async run(ground) {
    const { apart, id } = await startApart(ground);
    const { agent, approver } = apart.accounts;
    const ends: string[] = [];
    for (const place of ['/tmp', '/var/tmp']) {
      const run = join(place, `vigie-false-${process.pid}-${id}`);
      const child = spawn(process.execPath, ['-e', falseDaemon, run], {
        uid: agent.uid,
        gid: agent.gid,
        cwd: '/',
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      ground.onEnd(async () => {
        child.kill('SIGKILL');
        await rm(run, { recursive: true, force: true });
      });
      await once(child.stdout, 'data');
      const terminal = apart.atTerminalWith(approver, { words: ['approve', id], env: { VIGIE_DAEMON: run } });
      ground.onEnd(() => terminal.close());
      const status = await terminal.ended();
      const refused = status !== 0 && /is not called/.test(terminal.shown) && !existsSync(join(run, 'heard'));
      ends.push(refused ? 'not called' : `${status}: ${terminal.shown}`);
    }
    const before = writesOf(apart).length;
    const genuine = apart.atTerminal(approver, 'approve', id);
    ground.onEnd(() => genuine.close());
    await genuine.readOnUntil('Passphrase of alice');
    genuine.type(`${passphrase}\r`);
    const status = await genuine.ended();
    return judge(`${ends.join(', ')}; the true one: approve ended with ${status}`, {
      'no false one is called': ends.every(end => end === 'not called'),
      'nothing was written by then': before === 0,
      'the true one approves': status === 0 && writesOf(apart).length === 1,
    });
  },
});
