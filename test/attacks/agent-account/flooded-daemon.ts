import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { passphrase } from '../../support/apart.ts';
import { defineAttack, judge } from '../attack.ts';
import { peakMegabytes } from '../process-cost.ts';
import { startApart, writesOf } from './daemon-ground.ts';

/** A daemon that has served some calls has about half of it. */
const mostMegabytes = 300;

export const floodedDaemon = defineAttack({
  name: 'flooded-daemon',
  adversary: 'an agent on an account of its own',
  does: "Sends 1,500 connections what no caller sends, then holds all connections that the agents' socket gives.",
  must: "The daemon lives within its memory, and at the approvers' socket alice approves meanwhile.",
  needs: 'accounts',
  async run(ground) {
    const { apart, id } = await startApart(ground);
    const { agent, approver } = apart.accounts;
    const socket = join(apart.run, 'agent', 'agent.sock');
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, 'processes', 'flood-as-agent.ts'), socket],
      {
        uid: agent.uid,
        gid: agent.gid,
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    ground.onEnd(() => child.kill('SIGKILL'));
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    const terminal = apart.atTerminal(approver, 'approve', id);
    ground.onEnd(() => terminal.close());
    await terminal.readOnUntil('Passphrase of alice');
    terminal.type(`${passphrase}\r`);
    const status = await terminal.ended();
    const peak = peakMegabytes(apart.pid);
    child.stdin.end();
    await once(child, 'exit');
    const again = await apart.vigie(agent, 'environments', 'list');
    return judge(`${said.toString().trim()}; approve ended with ${status}; at most ${mostMegabytes} MB`, {
      'alice approves meanwhile': status === 0 && writesOf(apart).length === 1,
      'the daemon lives within its memory': peak !== undefined && peak < mostMegabytes,
      'the agent is answered when it lets go': again.status === 0,
    });
  },
});
