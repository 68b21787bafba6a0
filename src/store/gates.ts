import { type Approval, approvalIn, deciderOf } from '../core/approval.ts';
import { mayGoAgain } from '../core/gate.ts';
import type { Json } from '../core/json.ts';
import type { Plan } from '../core/plan.ts';
import { forgetFailures } from './attempts.ts';
import { type AuditLog, endsOf } from './audit.ts';
import type { AuditEntry } from './audit-row.ts';
import { isOpenAt } from './change-row.ts';
import type { Database, Queries } from './database.ts';

// A gate is a ticket whose approval sends nothing. A row here approves nothing either: it says which run may come, that the
// run has not ended, and what was done under it, so that nothing is done twice. The signature is verified at every use.

/** What a change goes under. */
export interface GateUse {
  /** Tickets of the gate, that of its first seat first. */
  gates: readonly string[];
  run: string;
  /** The path of the step. */
  step: string;
}

/** Gates of runs of playbooks. */
export class Gates {
  readonly #database: Database;
  readonly #audit: AuditLog;
  readonly #now: () => Date;

  constructor(parts: { database: Database; audit: AuditLog; now: () => Date }) {
    this.#database = parts.database;
    this.#audit = parts.audit;
    this.#now = parts.now;
  }

  /**
   * From waiting to approved; whoever asked for it may make use of it until `until`. closed: it is no longer open;
   * seated: the same person has another seat of it already.
   */
  async hold(input: {
    id: string;
    approval: Approval;
    until: Date;
    audit: readonly AuditEntry[];
  }): Promise<'held' | 'closed' | 'seated'> {
    const { id, approval } = input;
    const now = this.#now().toISOString();
    return this.#database.write(async tx => {
      if (!('unsigned' in approval)) {
        const { payload, publicKey } = approval;
        if (await hasSeat(tx, { id, person: payload.approver, publicKey })) return 'seated';
      }
      const result = await tx
        .updateTable('changes')
        .set({
          state: 'approved',
          approval: JSON.stringify(approval),
          decided_by: deciderOf(approval),
          decided_at: now,
          expires_at: input.until.toISOString(),
        })
        .where('id', '=', id)
        .where(isOpenAt(now))
        .executeTakeFirst();
      if (result.numUpdatedRows !== 1n) return 'closed';
      if (!('unsigned' in approval)) await forgetFailures(tx, approval.payload.approver);
      for (const entry of input.audit) await this.#audit.append(entry, tx);
      return 'held';
    });
  }

  /** Whether that person has a seat of the same gate already. */
  async isSeated(asked: { id: string; person: string }): Promise<boolean> {
    return this.#database.read(db => hasSeat(db, asked));
  }

  /** The tickets of a run's gates that are open or count still. */
  async standing(asked: { run: string; path?: string }): Promise<string[]> {
    const { run, path } = asked;
    const rows = await this.#database.read(db => {
      const query = db
        .selectFrom('gates')
        .innerJoin('changes', 'changes.id', 'gates.change_id')
        .select('changes.id')
        .where('gates.run', '=', run)
        .where('changes.state', 'in', ['waiting', 'approved'])
        .orderBy('gates.path')
        .orderBy('gates.seat');
      return path === undefined ? query.execute() : query.where('gates.path', '=', path).execute();
    });
    return rows.map(({ id }) => id);
  }

  /** Ends a gate, approved or not: nothing goes under it from now on. False: it had ended. */
  async end(input: { id: string; audit: AuditEntry }): Promise<boolean> {
    return this.#database.write(async tx => {
      const result = await tx
        .updateTable('changes')
        .set({ state: 'void', sealed_plan: null })
        .where('id', '=', input.id)
        .where('state', 'in', ['waiting', 'approved'])
        .executeTakeFirst();
      if (result.numUpdatedRows !== 1n) return false;
      await this.#audit.append(input.audit, tx);
      return true;
    });
  }
}

/** Notes that a ticket is a gate; of any other plan nothing. */
export async function noteGate(tx: Queries, { id, gate }: Pick<Plan, 'id' | 'gate'>): Promise<void> {
  if (gate === undefined) return;
  const { run, path, seat } = gate;
  await tx.insertInto('gates').values({ change_id: id, run, path, seat }).execute();
}

/** Why nothing more goes under a gate for that step; undefined: it may. */
export async function whyNotUsable(
  tx: Queries,
  { gates, run, step, now }: GateUse & { now: string },
): Promise<string | undefined> {
  const open = await tx
    .selectFrom('gates')
    .innerJoin('changes', 'changes.id', 'gates.change_id')
    .select('changes.id')
    .where('gates.run', '=', run)
    .where('changes.id', 'in', gates)
    .where('changes.state', '=', 'approved')
    .where('changes.expires_at', '>', now)
    .execute();
  if (gates.length === 0 || open.length !== gates.length) return 'its gate is over';
  const uses = await usesOf(tx, { run, step });
  for (const { change_id, state } of uses)
    if (!mayGoAgain(await endsOf(tx, change_id)))
      return `it went under its gate already, as ${change_id}: ${state}`;
  return undefined;
}

/** Records that a change goes under a gate; of two that want the same place the second fails. */
export async function recordUse(tx: Queries, use: GateUse & { changeId: string }): Promise<void> {
  const { gates, run, step, changeId } = use;
  const [gate_id = ''] = gates;
  const made = (await usesOf(tx, { run, step })).length;
  await tx
    .insertInto('gate_uses')
    .values({ run, step, use: made + 1, gate_id, change_id: changeId })
    .execute();
}

async function usesOf(db: Queries, { run, step }: { run: string; step: string }) {
  return db
    .selectFrom('gate_uses')
    .innerJoin('changes', 'changes.id', 'gate_uses.change_id')
    .select(['gate_uses.change_id', 'changes.state'])
    .where('gate_uses.run', '=', run)
    .where('gate_uses.step', '=', step)
    .execute();
}

/** By the name, and by the key where it is known: one key under two names is one person. */
async function hasSeat(
  db: Queries,
  { id, person, publicKey }: { id: string; person: string; publicKey?: string },
): Promise<boolean> {
  const own = await db.selectFrom('gates').selectAll().where('change_id', '=', id).executeTakeFirst();
  if (own === undefined) return false;
  const others = await db
    .selectFrom('gates')
    .innerJoin('changes', 'changes.id', 'gates.change_id')
    .select(['changes.decided_by', 'changes.approval'])
    .where('gates.run', '=', own.run)
    .where('gates.path', '=', own.path)
    .where('changes.id', '!=', id)
    .where('changes.state', '=', 'approved')
    .execute();
  return others.some(
    ({ decided_by, approval }) =>
      decided_by === person ||
      (publicKey !== undefined &&
        approval !== null &&
        approvalIn(JSON.parse(approval) as Json)?.publicKey === publicKey),
  );
}
