import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineAttack, judge } from '../attack.ts';
import { seatAlice } from '../person.ts';

export const secondApproverWithoutTheFirst = defineAttack({
  name: 'second-approver-without-the-first',
  adversary: 'a shell beside the person',
  does: 'Adds itself as an approver, removes alice and accepts a policy on a terminal of its own, with guesses for her passphrase.',
  must: 'Each needs the passphrase of an approver: nothing is added, removed or accepted, and each guess is in the audit.',
  needs: 'script',
  async run(ground) {
    await seatAlice(ground);
    const file = join(ground.dir, 'approvers.yaml');
    const before = await readFile(file, 'utf8');
    const text = await readFile(ground.configFile, 'utf8');
    await ground.configure(text.replace(/policy: .*/, 'policy: {low: allow, medium: allow, high: allow}'));
    for (const words of [
      ['approvers', 'add', 'mallory'],
      ['approvers', 'remove', 'alice'],
      ['policy', 'accept'],
    ]) {
      const terminal = ground.terminal(...words);
      await terminal.until('Passphrase of alice');
      terminal.type('open sesame\r');
      await terminal.until('not the passphrase of alice');
      terminal.type('\u0003');
      await terminal.ended();
    }
    const policy = await ground.run('policy');
    const { stdout } = await ground.run('audit', 'list', '-o', 'json');
    const rows = stdout.split('"event": "wrong_passphrase"').length - 1;
    return judge(`alice alone; ${rows} guesses in the audit`, {
      'the approvers are as they were': (await readFile(file, 'utf8')) === before,
      'the policy is not accepted': /not accepted/.test(policy.stdout),
      'each guess is a row': rows === 3,
    });
  },
});
