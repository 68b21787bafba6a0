import { defineAttack, judge } from '../attack.ts';
import { propose, seatAlice } from '../person.ts';
import { auditRows, editStore, rewriteAudit } from '../store-edit.ts';

export const cutAudit = defineAttack({
  name: 'cut-audit',
  adversary: 'a shell beside the person',
  does: 'Cuts the newest rows off the audit, or writes all rows since the last signature anew.',
  must: 'The chain alone cannot show it, and `audit verify` says so; against a head that was kept elsewhere it shows.',
  undefended: true,
  needs: 'script',
  async run(ground) {
    await seatAlice(ground);
    await ground.run('reject', await propose(ground), '--reason', 'no');
    const kept = /head ([0-9a-f]{64})/.exec((await ground.run('audit', 'verify')).stdout)?.[1] ?? '';
    const rows = editStore(ground, auditRows);
    editStore(ground, sql => sql.exec(`DELETE FROM audit WHERE sequence > ${rows.length - 2}`));
    const cut = await ground.run('audit', 'verify');
    const cutKnown = await ground.run('audit', 'verify', '--head', kept);
    editStore(ground, sql =>
      rewriteAudit(
        sql,
        rows.map(row => (row.event === 'rejected' ? { ...row, at: '2001-01-01T00:00:00.000Z' } : row)),
      ),
    );
    const anewKnown = await ground.run('audit', 'verify', '--head', kept);
    return judge(`verify: ${cut.stdout.split(',')[0]}; with the head: ${cutKnown.stdout.trim()}`, {
      'a head was kept': kept !== '',
      // Where something witnesses the audit, it shows without.
      'it says what it needs': cut.status !== 0 || /--head/.test(cut.stderr),
      'with the head the cut shows': cutKnown.status === 5 && /rows were cut off/.test(cutKnown.stdout),
      'and rows written anew': anewKnown.status === 5 && /written anew/.test(anewKnown.stdout),
    });
  },
});
