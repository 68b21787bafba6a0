import { defineAttack, judge } from '../attack.ts';
import { propose, replicasOfWeb, seatAlice } from '../person.ts';
import { editStore } from '../store-edit.ts';

export const ticketRewrittenInTheStore = defineAttack({
  name: 'ticket-rewritten-in-the-store',
  adversary: 'a shell beside the person',
  does: 'Rewrites what the store says in clear of a deletion: summary, diff, risk, targets, expiry and environment.',
  must: 'The person is shown the sealed plan: the deletion, as high risk.',
  needs: 'script',
  async run(ground) {
    const { cluster } = await seatAlice(ground);
    const id = await propose(ground, 'delete', 'deploy/api', '-n', 'shop');
    editStore(ground, sql =>
      sql
        .prepare(
          `UPDATE changes SET summary = 'restart Deployment/web', diff = '', risk = 'low', targets = '[{"kind":"Deployment","name":"web","namespace":"shop"}]', expires_at = '2101-01-01T00:00:00.000Z', undo = 'nothing to undo', actor = '{"kind":"person","name":"alice","via":"cli","onBehalfOf":"alice"}' WHERE id = ?`,
        )
        .run(id),
    );
    const terminal = ground.terminal('approve', id);
    const screen = await terminal.readOnUntil('High risk. Type api to go on: ');
    terminal.type('\u0003');
    await terminal.ended();
    return judge('shown as high risk: delete Deployment/api', {
      'the deletion is shown': /Targets\s+delete Deployment\/api/.test(screen),
      'its risk is shown': /Risk\s+high/.test(screen),
      'who asked is shown': !/for alice/.test(screen),
      'the false summary is not': !screen.includes('restart Deployment/web'),
      'nothing was written': cluster.writes().length === 0 && (await replicasOfWeb(cluster)) === 2,
    });
  },
});
