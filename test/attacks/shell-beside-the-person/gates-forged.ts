import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import type { JsonObject } from '../../../src/core/json.ts';
import { defineAttack, judge } from '../attack.ts';
import type { Ground } from '../ground.ts';
import { decide, replicasOfWeb, seatAlice } from '../person.ts';
import { appendAudit, auditRows, editStore } from '../store-edit.ts';

const playbook = `apiVersion: vigie/v1
kind: Playbook
metadata: {name: grow, title: Grow}
inputs: {replicas: {type: integer, required: true}}
steps:
  - {id: gate, approval: {for: [up]}}
  - {id: up, tool: k8s_scale, with: {target: {kind: Deployment, name: web, namespace: shop}, replicas: "\${{ inputs.replicas }}"}}
`;

export const gatesForged = defineAttack({
  name: 'gates-forged',
  adversary: 'a shell beside the person',
  does: "Lets alice agree to three pods at a gate of one run. Then writes into the journal of other runs that people agreed, with that ticket put back, and with a ticket that nobody decided and alice's approval of the first beside it.",
  must: 'No other run goes under it: each asks about its step anew, nothing more is sent, and the proof of the audit tells of the copied approval.',
  needs: 'script',
  async run(ground) {
    const folder = join(ground.dir, 'playbooks', 'grow');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(join(folder, 'playbook.yaml'), playbook, { mode: 0o600 });
    const { cluster, passphrase } = await seatAlice(ground, {
      policy: `{low: ask, medium: ask, high: ask}\nplaybooks: {directory: ${join(ground.dir, 'playbooks')}}`,
    });
    const honest = await startRun(ground, 3);
    const before = editStore(ground, sql =>
      sql.prepare('SELECT sealed_plan FROM changes WHERE id = ?').get(honest.ticket),
    );
    const settled = await decide(ground, { id: honest.ticket, passphrase });
    await looking(async () => {
      if ((await runOf(ground, honest.run)).status !== 'done') throw new Error('it goes on');
    });
    const approved = editStore(ground, auditRows).findLast(({ event }) => event === 'approved');
    const facts: JsonObject = JSON.parse(approved?.facts ?? '{}');
    const written = cluster.writes().length;

    const replayed = await startRun(ground, 5);
    forge(ground, { run: replayed.run, ticket: honest.ticket });
    editStore(ground, sql =>
      sql
        .prepare(
          "UPDATE changes SET state = 'approved', expires_at = '2999-01-01T00:00:00.000Z', sealed_plan = @sealed_plan WHERE id = @id",
        )
        .run({ ...Object(before), id: honest.ticket }),
    );
    const first = await goOn(ground, replayed.run);

    const copied = await startRun(ground, 6);
    forge(ground, { run: copied.run, ticket: copied.ticket });
    editStore(ground, sql => {
      sql
        .prepare(
          "UPDATE changes SET state = 'approved', decided_by = 'alice', expires_at = '2999-01-01T00:00:00.000Z', approval = ? WHERE id = ?",
        )
        .run(JSON.stringify(facts['approval']), copied.ticket);
      appendAudit(sql, { event: 'approved', changeId: copied.ticket, environment: 'test', facts });
    });
    const second = await goOn(ground, copied.run);
    const proof = await ground.run('audit', 'verify');
    return judge(`the runs wait at ${[first, second].join(' and ')}`, {
      'alice agreed to the first': settled.status === 0 && written > 0,
      'the ticket of another run lets nothing through': first === 'up',
      'nor does one that nobody decided': second === 'up',
      'there are the three pods that alice agreed to': (await replicasOfWeb(cluster)) === 3,
      'nothing more was sent': cluster.writes().length === written,
      'the audit is broken at the copied approval': /holds the approval of another change/.test(
        `${proof.stdout}${proof.stderr}`,
      ),
    });
  },
});

/** Looks again until nothing is thrown, for a minute. */
async function looking<Seen>(look: () => Promise<Seen>): Promise<Seen> {
  for (let left = 120; ; left -= 1) {
    try {
      return await look();
    } catch (error) {
      if (left === 0) throw error;
      await sleep(500);
    }
  }
}

interface Shown {
  id: string;
  status: string;
  waits: { path: string; kind: string; key?: string }[];
}

async function runOf(ground: Ground, id?: string): Promise<Shown> {
  const { stdout } = await ground.run('runs', 'list', '-o', 'json');
  const { runs }: { runs: Shown[] } = JSON.parse(stdout);
  const [newest] = runs.filter(run => id === undefined || run.id === id);
  if (newest === undefined) throw new Error(`no run ${id ?? ''}`);
  return newest;
}

/** Until its gate waits for a person; of all but the first nobody goes on with it then. */
async function startRun(ground: Ground, replicas: number): Promise<{ run: string; ticket: string }> {
  const child = ground.start('run', 'grow', '-i', `replicas=${replicas}`);
  const found = await looking(async () => {
    const { id, waits } = await runOf(ground);
    const wait = waits.find(({ path, kind }) => path === 'gate' && kind === 'message');
    if (wait?.key === undefined) throw new Error('not yet');
    return { run: id, ticket: wait.key.replace('ticket:', '') };
  });
  if (replicas === 3) return found;
  child.kill('SIGKILL');
  await new Promise(resolve => child.once('close', resolve));
  return found;
}

/** Writes into the journal that people agreed. */
function forge(ground: Ground, { run, ticket }: { run: string; ticket: string }): void {
  const sql = new Sqlite(join(ground.dir, 'home', 'runs.db'));
  try {
    const number = sql.prepare('SELECT number FROM run WHERE id = ?').pluck().get(run);
    const insert = sql.prepare("INSERT OR REPLACE INTO step VALUES (?, ?, 1, 'done', ?, NULL, ?)");
    insert.run(number, 'gate/seat1', JSON.stringify({ ticket, by: 'alice' }), Date.now());
    insert.run(number, 'gate', JSON.stringify({ decision: 'approved', by: ['alice'] }), Date.now());
    sql.prepare('DELETE FROM wait WHERE run = ?').run(number);
    sql
      .prepare("UPDATE run SET status = 'ready', due = 0, owner = NULL, lease_until = NULL WHERE number = ?")
      .run(number);
  } finally {
    sql.close();
  }
}

/** What the run waits at once a worker has gone on with it; else how it ended. */
async function goOn(ground: Ground, run: string): Promise<string> {
  const worker = ground.start('worker');
  const at = await looking(async () => {
    const { status, waits } = await runOf(ground, run);
    const [wait] = waits.filter(({ kind }) => kind === 'message');
    if (status === 'waiting' && wait !== undefined) return wait.path;
    if (['done', 'failed', 'cancelled'].includes(status)) return status;
    throw new Error(status);
  });
  worker.kill('SIGTERM');
  await new Promise(resolve => worker.once('close', resolve));
  return at;
}
