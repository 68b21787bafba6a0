import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { defineAttack, judge } from '../attack.ts';
import { startApart } from './daemon-ground.ts';

export const filesOfTheDaemon = defineAttack({
  name: 'files-of-the-daemon',
  adversary: 'an agent on an account of its own',
  does: "Reads the daemon's store, key, approvers, kubeconfig, environment and memory, opens the approvers' socket, ends the daemon and puts files into its folders.",
  must: 'The kernel refuses each, and the daemon calls approvals separated.',
  needs: 'accounts',
  async run(ground) {
    const { apart } = await startApart(ground);
    const { agent } = apart.accounts;
    const pid = apart.pid ?? 0;
    const files = [
      ...readdirSync(apart.home).map(name => join(apart.home, name)),
      join(apart.home, 'keys', 'installation.key'),
      apart.kubeconfig,
      join(apart.dir, 'etc', 'approvers.yaml'),
      join(apart.run, 'approve', 'approve.sock'),
      `/proc/${pid}/environ`,
      `/proc/${pid}/mem`,
      `/proc/${pid}/root`,
      `/proc/${pid}/fd`,
      join(apart.run, 'approve', 'callers'),
      join(apart.run, 'agent', 'callers'),
    ];
    const program = join(import.meta.dirname, '../../daemon/processes/try-to-open.ts');
    const tried = apart.node(agent, [program, ...files]) as Record<string, string>;
    const shell = (line: string): number => {
      try {
        execFileSync('sh', ['-c', line], { uid: agent.uid, gid: agent.gid, stdio: 'ignore', cwd: '/' });
        return 0;
      } catch {
        return 1;
      }
    };
    const attempts = [
      `kill -9 ${pid}`,
      `: > ${join(apart.run, 'agent', 'mine')}`,
      `rm -f ${join(apart.run, 'agent', 'agent.sock')} && test ! -e ${join(apart.run, 'agent', 'agent.sock')}`,
      `: > ${join(apart.dir, 'etc', 'vigie.yaml')}`,
      `mv ${apart.run} ${apart.run}.old`,
    ];
    const done = attempts.filter(line => shell(line) === 0);
    const { stdout } = await apart.vigie(agent, 'environments', 'list', '-o', 'json');
    const open = Object.entries(tried).filter(([, came]) => !/^(EACCES|EPERM|ENOENT)$/.test(came));
    return judge(`${files.length} files and ${attempts.length} deeds refused; separated`, {
      'no file is open': open.length === 0 && files.length > 8,
      'no deed is done': done.length === 0,
      'it says separated': /"assurance": "separated"/.test(stdout),
    });
  },
});
