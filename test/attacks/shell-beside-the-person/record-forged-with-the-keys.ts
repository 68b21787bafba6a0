import { join } from 'node:path';
import { homeAt } from '../../../src/config/home.ts';
import { loadKeys } from '../../../src/config/keys.ts';
import { deriveKey, newSalt } from '../../../src/config/signing.ts';
import { signedText } from '../../../src/core/approval.ts';
import type { Plan } from '../../../src/core/plan.ts';
import { planLabel } from '../../../src/store/change-row.ts';
import { unseal } from '../../../src/store/sealing.ts';
import { defineAttack, judge } from '../attack.ts';
import { propose, seatAlice } from '../person.ts';
import { saysAdvisory } from '../says-advisory.ts';
import { appendAudit, auditRows, editStore } from '../store-edit.ts';

export const recordForgedWithTheKeys = defineAttack({
  name: 'record-forged-with-the-keys',
  adversary: 'a shell beside the person',
  does: 'Reads the installation key, opens a sealed plan, makes the change itself and writes the record of an approval that alice never gave.',
  must: 'It cannot be kept from it on one account, and Vigie says advisory; the record is found out all the same, since nobody signed it.',
  undefended: true,
  needs: 'script',
  async run(ground) {
    const { cluster } = await seatAlice(ground);
    const id = await propose(ground);
    const keys = await loadKeys(homeAt(join(ground.dir, 'home')));
    const plan = editStore(ground, sql => {
      const sealed = sql.prepare('SELECT sealed_plan FROM changes WHERE id = ?').pluck().get(id);
      return unseal(sealed as Uint8Array, { key: keys.seal, label: planLabel(id) }) as Plan;
    });
    await cluster.admin('PATCH', '/apis/apps/v1/namespaces/shop/deployments/web', { spec: { replicas: 3 } });
    const mallory = await deriveKey({ passphrase: 'mallory owns this place now', salt: newSalt() });
    editStore(ground, sql => {
      const payload = {
        v: 1,
        ticket: id,
        digest: plan.digest,
        environment: plan.environment,
        cluster: JSON.stringify(plan.cluster),
        decision: 'approve',
        approver: 'alice',
        expiresAt: plan.expiresAt,
        policyHash: '0'.repeat(64),
        auditHead: auditRows(sql).at(-1)?.hash ?? '',
      } as const;
      const signature = mallory.sign(signedText('approval', payload));
      appendAudit(sql, {
        event: 'approved',
        changeId: id,
        environment: plan.environment,
        facts: {
          approver: 'alice',
          digest: plan.digest,
          approval: { payload, signature, publicKey: mallory.publicKey },
        },
      });
      sql
        .prepare(`UPDATE changes SET state = 'done', decided_by = 'alice', sealed_plan = NULL WHERE id = ?`)
        .run(id);
    });
    const { status, stdout } = await ground.run('audit', 'verify');
    return judge(`the plan was opened; verify: ${stdout.trim()}`, {
      'the forged record is found': status === 5 && /never alice's/.test(stdout),
      ...(await saysAdvisory(ground)),
    });
  },
});
