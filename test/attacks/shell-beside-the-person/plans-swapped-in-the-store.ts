import { defineAttack, judge } from '../attack.ts';
import { decide, propose, seatAlice } from '../person.ts';
import { editStore } from '../store-edit.ts';

export const plansSwappedInTheStore = defineAttack({
  name: 'plans-swapped-in-the-store',
  adversary: 'a shell beside the person',
  does: 'Puts the sealed plan of a deletion into the ticket of a harmless change, and the other way round.',
  must: 'A plan opens in its own ticket alone: neither can be decided, and nothing is written.',
  needs: 'script',
  async run(ground) {
    const { cluster, passphrase } = await seatAlice(ground);
    const harmless = await propose(ground);
    const harmful = await propose(ground, 'delete', 'deploy/api', '-n', 'shop');
    editStore(ground, sql => {
      const plan = sql.prepare('SELECT sealed_plan FROM changes WHERE id = ?').pluck();
      const put = sql.prepare('UPDATE changes SET sealed_plan = ? WHERE id = ?');
      const plans = [plan.get(harmless), plan.get(harmful)];
      put.run(plans[1], harmless);
      put.run(plans[0], harmful);
    });
    const first = await decide(ground, { id: harmless, passphrase });
    const second = await decide(ground, { id: harmful, passphrase, name: 'api' });
    return judge(`approve ended with ${first.status} and ${second.status}`, {
      'it says that the data was changed': [first, second].every(({ shown }) => /does not open/.test(shown)),
      'no passphrase is asked for': !/Passphrase/.test(first.shown + second.shown),
      'nothing was written': cluster.writes().length === 0,
    });
  },
});
