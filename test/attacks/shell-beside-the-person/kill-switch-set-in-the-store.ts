import { defineAttack, judge } from '../attack.ts';
import { decide, propose, seatAlice } from '../person.ts';
import { appendAudit, editStore } from '../store-edit.ts';

export const killSwitchSetInTheStore = defineAttack({
  name: 'kill-switch-set-in-the-store',
  adversary: 'a shell beside the person',
  does: 'Writes into the store that the kill switch is off: its row, no row, and an audit row of somebody who lifted it.',
  must: 'It stays on, and says why; neither an allowed change nor an approved one is written.',
  needs: 'script',
  async run(ground) {
    const { cluster, passphrase } = await seatAlice(ground, {
      policy: '{low: allow, medium: ask, high: ask}',
    });
    const id = await propose(ground, 'delete', 'deploy/api', '-n', 'shop');
    await ground.run('kill-switch', 'on', '--reason', 'drill');
    const edits = [
      () => editStore(ground, sql => sql.exec(`UPDATE settings SET value = 'off' WHERE key = 'kill-switch'`)),
      () => editStore(ground, sql => sql.exec(`DELETE FROM settings WHERE key LIKE 'kill-switch%'`)),
      () =>
        editStore(ground, sql =>
          appendAudit(sql, {
            event: 'kill_switch_off',
            facts: { actor: { name: 'alice' }, why: 'all is well' },
          }),
        ),
    ];
    const said: string[] = [];
    for (const edit of edits) {
      edit();
      said.push((await ground.run('kill-switch')).stdout.trim());
      said.push((await ground.run('k8s', 'scale', 'deploy/web', '--replicas', '3', '-n', 'shop')).stdout);
      said.push((await decide(ground, { id, passphrase, name: 'api' })).shown);
    }
    const switches = said.filter(text => text.startsWith('The kill switch is '));
    return judge(switches.at(-1) ?? 'nothing', {
      'it is on after each': switches.length === 3 && switches.every(text => text.includes('is on')),
      'the last says that nobody signed': /not signed/.test(switches.at(-1) ?? ''),
      'nothing was written': cluster.writes().length === 0,
    });
  },
});
