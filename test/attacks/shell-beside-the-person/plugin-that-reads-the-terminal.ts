import { defineAttack, judge } from '../attack.ts';
import { decide, propose, seatAlice } from '../person.ts';
import { plantPlugin } from './listening-plugin.ts';

export const pluginThatReadsTheTerminal = defineAttack({
  name: 'plugin-that-reads-the-terminal',
  adversary: 'a shell beside the person',
  does: 'Plants a credential plugin in the kubeconfig that listens on the terminal and its input for the passphrase.',
  must: 'No change runs a plugin that no approver trusted, and no passphrase is asked for beside it.',
  needs: 'script',
  async run(ground) {
    const { cluster, passphrase } = await seatAlice(ground);
    const id = await propose(ground);
    const plugin = await plantPlugin(ground, cluster);
    const { status, shown } = await decide(ground, { id, passphrase });
    const heard = await plugin.heard();
    const why = /error: (.*)/.exec(shown)?.[1]?.trim() ?? 'approved';
    return judge(`${status}: ${why}`, {
      'it was not run': heard === undefined,
      'no passphrase was asked for': !shown.includes('Passphrase of'),
      'nothing was written': cluster.writes().length === 0,
    });
  },
});
