import { defineAttack, judge } from '../attack.ts';
import { decide, propose, replicasOfWeb, seatAlice, stateOf } from '../person.ts';
import { editStore } from '../store-edit.ts';

const states = [
  `state = 'approved', decided_by = 'alice'`,
  `state = 'executing', owner = 'mallory', epoch = 7, lease_until = '2001-01-01T00:00:00.000Z', decided_by = 'alice', approval = '{"unsigned":"sandbox","by":"shop"}'`,
  `state = 'executing', owner = 'mallory', epoch = 8, lease_until = '2101-01-01T00:00:00.000Z', decided_by = 'alice'`,
];

export const stateSetInTheStore = defineAttack({
  name: 'state-set-in-the-store',
  adversary: 'a shell beside the person',
  does: 'Writes into the store that a ticket is approved, or is being executed by another process, and starts Vigie again.',
  must: 'What is not signed is not executed: no process takes it over, and nothing is written.',
  needs: 'script',
  async run(ground) {
    const { cluster, passphrase } = await seatAlice(ground);
    const ends: string[] = [];
    for (const state of states) {
      const id = await propose(ground);
      editStore(ground, sql => sql.exec(`UPDATE changes SET ${state} WHERE id = '${id}'`));
      await ground.run('doctor');
      const { status } = await decide(ground, { id, passphrase });
      ends.push(`${String(await stateOf(ground, id))}, approve ended with ${status}`);
      editStore(ground, sql => sql.exec(`UPDATE changes SET state = 'rejected' WHERE id = '${id}'`));
    }
    return judge(ends.join('; '), {
      'no one approves it': ends.every(end => !end.endsWith('with 0')),
      'nothing was written': cluster.writes().length === 0,
      'web has its two pods': (await replicasOfWeb(cluster)) === 2,
    });
  },
});
