import { readFile, writeFile } from 'node:fs/promises';
import type { JsonObject } from '../../../src/core/json.ts';
import { defineAttack, judge } from '../attack.ts';
import type { Ground } from '../ground.ts';
import { decide, propose, replicasOfWeb, seatAlice } from '../person.ts';
import { appendAudit, auditRows, editStore, type StoredRow } from '../store-edit.ts';

export const replayedSignatures = defineAttack({
  name: 'replayed-signatures',
  adversary: 'a shell beside the person',
  does: 'Writes what alice once signed into the store again: an approval for another ticket, an accepted policy that was replaced, a lifting of the kill switch after it was set again.',
  must: 'Each counts for its own ticket and its own place in the order alone: the switch stays on, the old policy asks, and the audit is broken at the row.',
  needs: 'script',
  async run(ground) {
    const { cluster, passphrase } = await seatAlice(ground, {
      policy: '{low: allow, medium: ask, high: ask}',
    });
    const loose = await readFile(ground.configFile, 'utf8');

    await ground.run('kill-switch', 'on');
    const off = ground.terminal('kill-switch', 'off');
    await off.until('Passphrase of alice');
    off.type(`${passphrase}\r`);
    await off.ended();
    const first = await propose(ground, 'scale', 'deploy/api', '--replicas', '1', '-n', 'shop');
    await decide(ground, { id: first, passphrase });
    const approved = newest(ground, 'approved');
    const lifted = newest(ground, 'kill_switch_off');
    const written = cluster.writes().length;
    await writeFile(ground.configFile, loose.replace('low: allow', 'low: ask'), { mode: 0o600 });
    await ground.accept(passphrase);

    const second = await propose(ground);
    editStore(ground, sql => {
      appendAudit(sql, { ...rowOf(approved), changeId: second });
      sql
        .prepare(
          `UPDATE changes SET state = 'executing', epoch = 1, owner = 'mallory', lease_until = '2001-01-01T00:00:00.000Z', decided_by = 'alice', approval = ? WHERE id = ?`,
        )
        .run(JSON.stringify(factOf(approved, 'approval')), second);
    });
    const proof = await ground.run('audit', 'verify');
    await ground.run('doctor');
    const recovered = await replicasOfWeb(cluster);

    await writeFile(ground.configFile, loose, { mode: 0o600 });
    const accepted = editStore(ground, auditRows).find(({ event }) => event === 'policy_accepted');
    editStore(ground, sql => appendAudit(sql, rowOf(accepted)));
    const policy = await ground.run('policy');
    const asked = await ground.run('k8s', 'scale', 'deploy/web', '--replicas', '4', '-n', 'shop');

    await ground.run('kill-switch', 'on');
    editStore(ground, sql => appendAudit(sql, rowOf(lifted)));
    const status = await ground.run('kill-switch');
    return judge(proof.stdout.trim(), {
      'the audit is broken at the copied approval': /holds the approval of another change/.test(proof.stdout),
      'no process executes it': recovered === 2,
      'the replaced policy is not accepted': /not accepted/.test(policy.stdout),
      'what it allows is asked': asked.status === 3,
      'the switch is on': /is on/.test(status.stdout),
      'nothing more was written': cluster.writes().length === written,
    });
  },
});

function newest(ground: Ground, event: string): StoredRow | undefined {
  return editStore(ground, auditRows).findLast(row => row.event === event);
}

function factsOf(row: StoredRow | undefined): JsonObject {
  if (row === undefined) throw new Error('the row to replay was never written');
  return JSON.parse(row.facts) as JsonObject;
}

function factOf(row: StoredRow | undefined, name: string): unknown {
  return factsOf(row)[name];
}

function rowOf(row: StoredRow | undefined): { event: string; environment?: string; facts: JsonObject } {
  return {
    event: row?.event ?? '',
    ...(typeof row?.environment === 'string' ? { environment: row.environment } : {}),
    facts: factsOf(row),
  };
}
