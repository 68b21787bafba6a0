import { defineAttack, judge } from '../attack.ts';
import { decide, propose, seatAlice } from '../person.ts';
import { auditRows, editStore, rewriteAudit } from '../store-edit.ts';

export const editedAudit = defineAttack({
  name: 'edited-audit',
  adversary: 'a shell beside the person',
  does: 'Edits a row of the audit, drops one, moves one, and cuts off the rows before an approval and links the rest anew.',
  must: '`vigie audit verify` names the first row that is not as it was; a chain that was written anew breaks at the approval that pins what was before it.',
  needs: 'script',
  async run(ground) {
    const { passphrase } = await seatAlice(ground);
    await ground.run('reject', await propose(ground, 'delete', 'deploy/api', '-n', 'shop'));
    const { status } = await decide(ground, { id: await propose(ground), passphrase });
    const whole = await ground.run('audit', 'verify');
    const rows = editStore(ground, auditRows);
    const verdicts: Record<string, string> = {};
    const tried = async (name: string, edit: Parameters<typeof editStore<void>>[1]): Promise<void> => {
      editStore(ground, edit);
      const { status: ended, stdout } = await ground.run('audit', 'verify');
      verdicts[name] = ended === 0 ? 'whole' : stdout.trim();
      editStore(ground, sql => {
        sql.exec('DELETE FROM audit');
        for (const row of rows)
          sql
            .prepare(
              'INSERT INTO audit (sequence, at, event, change_id, environment, facts, previous, hash) VALUES (@sequence, @at, @event, @change_id, @environment, @facts, @previous, @hash)',
            )
            .run(row);
      });
    };
    await tried('edited', sql =>
      sql.exec(
        `UPDATE audit SET facts = replace(facts, 'alice', 'carol') WHERE event = 'rejected' OR sequence = 2`,
      ),
    );
    await tried('dropped', sql => sql.exec(`DELETE FROM audit WHERE event = 'rejected'`));
    await tried('moved', sql =>
      sql.exec(
        'UPDATE audit SET sequence = 1000 WHERE sequence = 3; UPDATE audit SET sequence = 3 WHERE sequence = 4; UPDATE audit SET sequence = 4 WHERE sequence = 1000',
      ),
    );
    await tried('written anew', sql =>
      rewriteAudit(
        sql,
        rows.filter(({ event }) => event !== 'rejected'),
      ),
    );
    const again = await ground.run('audit', 'verify');
    return judge(
      Object.entries(verdicts)
        .map(([name, verdict]) => `${name}: ${verdict}`)
        .join('; '),
      {
        'it was whole before and is after': status === 0 && whole.status === 0 && again.status === 0,
        'each edit breaks it': Object.values(verdicts).every(verdict => verdict.startsWith('broken at row')),
        'the one written anew too, by what alice signed': /signed after a row/.test(
          verdicts['written anew'] ?? '',
        ),
      },
    );
  },
});
