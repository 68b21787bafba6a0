import type { Keys } from '../core/keys.ts';
import type { AuditLog } from './audit.ts';
import type { AuditEntry } from './audit-row.ts';
import { type ChangeCondition, closedTicket } from './change-row.ts';
import type { Database, Queries } from './database.ts';
import { sealOwnWords, unsealOwnWords } from './own-words.ts';
import { RecordedChanges } from './recorded-changes.ts';
import { seal } from './sealing.ts';
import { killSwitchIsOff } from './settings.ts';
import { type WayBack, wayBackLabel } from './step.ts';
import type { ChangeTable, StepTable } from './tables.ts';

// Who executes is known by owner and epoch. A process that was suspended and wakes up behind another finds its epoch
// gone at its next step, before it writes to the cluster.

/** An undo image holds what was there before, secrets included: it does not lie around for longer than undo is asked for. */
const wayBackDays = 30;

/** How an execution ended; `ChangeState` says what each means. */
export type EndState = 'done' | 'unverified' | 'failed' | 'returned' | 'interrupted';

/** What the process that executes a change writes down as it goes. */
export class ExecutedChanges extends RecordedChanges {
  protected readonly audit: AuditLog;

  constructor(parts: { database: Database; audit: AuditLog; keys: Keys; now: () => Date }) {
    super(parts);
    this.audit = parts.audit;
  }

  /** Asked before every write: still ours, still executing, kill switch off. Renews the lease. False: stop. */
  async fence(input: { id: string; owner: string; epoch: number; leaseMs: number }): Promise<boolean> {
    return this.#renewWhere(input, killSwitchIsOff);
  }

  /** Renews the lease while nothing is written, as while health is awaited; the kill switch does not end that. */
  async renew(input: { id: string; owner: string; epoch: number; leaseMs: number }): Promise<boolean> {
    return this.#renewWhere(input, eb => eb.lit(true));
  }

  async #renewWhere(
    held: { id: string; owner: string; epoch: number; leaseMs: number },
    condition: ChangeCondition,
  ): Promise<boolean> {
    const result = await this.database.write(tx =>
      tx
        .updateTable('changes')
        .set({ lease_until: this.after(held.leaseMs) })
        .where('id', '=', held.id)
        .where('owner', '=', held.owner)
        .where('epoch', '=', held.epoch)
        .where('state', '=', 'executing')
        .where(condition)
        .executeTakeFirst(),
    );
    return result.numUpdatedRows === 1n;
  }

  /** Written before the change leaves: what it is about to do, and how it would be taken back. */
  async stepStarted(input: { id: string; epoch: number; index: number; wayBack: WayBack }): Promise<void> {
    await this.#setStep(input, {
      state: 'started',
      started_at: this.nowText(),
      sealed_way_back: this.#sealWayBack(input),
    });
  }

  /** Written when the cluster has answered; the way back is now that of the object as it was written. */
  async stepApplied(input: {
    id: string;
    epoch: number;
    index: number;
    applied: { uid: string; resourceVersion: string };
    wayBack: WayBack;
  }): Promise<void> {
    await this.#setStep(input, {
      state: 'applied',
      applied_at: this.nowText(),
      uid: input.applied.uid,
      resource_version: input.applied.resourceVersion,
      sealed_way_back: this.#sealWayBack(input),
    });
  }

  async stepEnded(input: {
    id: string;
    epoch: number;
    index: number;
    state: 'verified' | 'unverified' | 'failed' | 'returned';
    evidence: string[];
  }): Promise<void> {
    const { state } = input;
    await this.#setStep(input, { state, ended_at: this.nowText(), evidence: JSON.stringify(input.evidence) });
  }

  /**
   * Closes what was executed. The sealed plan is deleted, the way back kept for 30 days; a done undo marks what it undid.
   * @throws VigieError TICKET_CLOSED when another process holds the change by now
   */
  async finish(input: {
    id: string;
    owner: string;
    epoch: number;
    state: EndState;
    evidence: string[];
    /** The same as the asker is shown it; absent: no otherwise. Kept sealed where it differs. */
    ownEvidence?: string[];
    audit: AuditEntry;
  }): Promise<void> {
    const { id, state, audit } = input;
    await this.database.write(async tx => {
      const row = await tx
        .updateTable('changes')
        .set({
          state,
          evidence: JSON.stringify(input.evidence),
          finished_at: this.nowText(),
          way_back_until: this.after(wayBackDays * 24 * 3600 * 1000),
          sealed_plan: null,
          lease_until: null,
        })
        .where('id', '=', id)
        .where('owner', '=', input.owner)
        .where('epoch', '=', input.epoch)
        .where('state', '=', 'executing')
        .returning(['undo_of', 'summary', 'diff', 'sealed_own'])
        .executeTakeFirst();
      if (row === undefined) throw closedTicket(await this.find(tx, id));
      const own = this.#ownAfter(row, input);
      if (own !== undefined)
        await tx.updateTable('changes').set({ sealed_own: own }).where('id', '=', id).execute();
      if (state === 'returned') await this.#forgetWayBack(tx, id);
      await this.audit.append(audit, tx);
      if (state === 'done' && row.undo_of !== null) {
        await tx.updateTable('changes').set({ undone_by: id }).where('id', '=', row.undo_of).execute();
        await this.#forgetWayBack(tx, row.undo_of);
        const facts = { ...audit.facts, undoneBy: id };
        await this.audit.append({ ...audit, event: 'undone', changeId: row.undo_of, facts }, tx);
      }
    });
  }

  #ownAfter(
    row: Pick<ChangeTable, 'summary' | 'diff' | 'sealed_own'>,
    ended: { id: string; evidence: string[]; ownEvidence?: string[] },
  ): Uint8Array | undefined {
    const { id, ownEvidence: evidence } = ended;
    if (evidence === undefined || evidence.join('\n') === ended.evidence.join('\n')) return undefined;
    const key = this.sealKey;
    const { summary, diff } = row;
    const words = row.sealed_own === null ? { summary, diff } : unsealOwnWords(row.sealed_own, { key, id });
    return sealOwnWords({ ...words, evidence }, { key, id });
  }

  /** Executing with a lease that has run out: the process crashed or hangs. For observing, never for taking over. */
  async lapsed(): Promise<{ id: string; owner: string; epoch: number; leaseUntil: string }[]> {
    const rows = await this.database.read(db =>
      db
        .selectFrom('changes')
        .select(['id', 'owner', 'epoch', 'lease_until'])
        .where('state', '=', 'executing')
        .where('lease_until', '<=', this.nowText())
        .orderBy('created_at')
        .execute(),
    );
    return rows.map(row => ({
      id: row.id,
      owner: row.owner ?? '',
      epoch: row.epoch,
      leaseUntil: row.lease_until ?? '',
    }));
  }

  /** Makes this process the one that observes a lapsed change; its former owner can no longer write. undefined: not lapsed any more. */
  async adopt(input: {
    id: string;
    owner: string;
    epoch: number;
    leaseMs: number;
  }): Promise<{ epoch: number } | undefined> {
    return this.database.write(tx =>
      tx
        .updateTable('changes')
        .set(({ eb }) => ({
          owner: input.owner,
          epoch: eb('epoch', '+', 1),
          lease_until: this.after(input.leaseMs),
        }))
        .where('id', '=', input.id)
        .where('epoch', '=', input.epoch)
        .where('state', '=', 'executing')
        .where('lease_until', '<=', this.nowText())
        .returning('epoch')
        .executeTakeFirst(),
    );
  }

  /** Of what was taken back: nothing asks for its undo again. */
  async #forgetWayBack(tx: Queries, id: string): Promise<void> {
    await tx.updateTable('steps').set({ sealed_way_back: null }).where('change_id', '=', id).execute();
  }

  async #setStep(
    at: { id: string; epoch: number; index: number },
    values: Partial<StepTable>,
  ): Promise<void> {
    await this.database.write(async tx => {
      const result = await tx
        .updateTable('steps')
        .set(values)
        .where('change_id', '=', at.id)
        .where('step', '=', at.index)
        .where(eb =>
          eb.exists(
            eb
              .selectFrom('changes')
              .select('id')
              .where('id', '=', at.id)
              .where('epoch', '=', at.epoch)
              .where('state', '=', 'executing'),
          ),
        )
        .executeTakeFirst();
      if (result.numUpdatedRows !== 1n) throw closedTicket(await this.find(tx, at.id));
    });
  }

  #sealWayBack({ id, index, wayBack }: { id: string; index: number; wayBack: WayBack }): Uint8Array {
    return seal(wayBack, { key: this.sealKey, label: wayBackLabel(id, index) });
  }
}
