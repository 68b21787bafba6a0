import { type Approval, deciderOf } from '../core/approval.ts';
import type { Decision } from '../core/decision.ts';
import { limits } from '../core/limits.ts';
import type { Plan } from '../core/plan.ts';
import type { Budget, Denial } from '../core/policy.ts';
import { countFailure, forgetFailures } from './attempts.ts';
import type { AuditEntry } from './audit-row.ts';
import { judgeProposals, judgeSpending, readExhausted, recordSpending, type Within } from './budget.ts';
import type { ChangeRecord, ChangeState } from './change-reader.ts';
import { isOpenAt, planColumns, planLabel, targetsOf } from './change-row.ts';
import type { Queries } from './database.ts';
import { ExecutedChanges } from './executed-changes.ts';
import { type GateUse, noteGate, recordUse, whyNotUsable } from './gates.ts';
import { type OwnWords, sealOwnWords } from './own-words.ts';
import { seal } from './sealing.ts';
import type { ChangeTable } from './tables.ts';

// Every transition is one transaction together with its audit row: if either cannot be written, neither happened, and
// the caller must not go on. Of several processes that decide one ticket a compare-and-set lets exactly one through.

interface Proposed {
  record: ChangeRecord;
  epoch: number;
  existing: boolean;
}

/** Recorded changes, from proposal to undo. */
export class ChangeStore extends ExecutedChanges {
  /**
   * Records a plan: as a ticket that waits, or as executing at once where policy allows it. A plan whose digest equals
   * that of an open ticket of its environment becomes that ticket, and nothing is recorded; what a run of a playbook asks
   * for is that run's alone. Nothing is recorded either where the budget says something else than policy, or its gate is
   * over or used, which comes back as `instead`.
   */
  async propose(input: {
    plan: Plan;
    /** Redacted text for people. */
    record: { summary: string; diff: string; undo: string };
    /** The same as the asker is shown it; absent: no otherwise. Kept sealed where it differs. */
    own?: OwnWords;
    state: 'waiting' | 'executing';
    expiresAt?: string;
    /** With `executing`: who runs it, and for how long without a renewal. */
    owner?: string;
    leaseMs?: number;
    /** With `executing`: given beforehand, so that no budget of automatic changes is spent. */
    approval?: Approval;
    /** With `executing`: the gate that it goes under, once. */
    use?: GateUse;
    audit: AuditEntry;
    within: Within;
  }): Promise<Proposed | { instead: Decision }> {
    const { plan, state, within, approval, use } = input;
    const { person, question } = within;
    const executing = state === 'executing';
    const row: ChangeTable = {
      ...planColumns(plan),
      ...input.record,
      state,
      expires_at: input.expiresAt ?? null,
      decided_by: approval === undefined ? null : deciderOf(approval),
      decided_at: approval === undefined ? null : this.nowText(),
      finished_at: null,
      evidence: '[]',
      undone_by: null,
      sealed_plan: seal(plan, { key: this.sealKey, label: planLabel(plan.id) }),
      sealed_own: this.#sealOwn(input),
      approval: approval === undefined ? null : JSON.stringify(approval),
      owner: executing ? (input.owner ?? null) : null,
      epoch: executing ? 1 : 0,
      lease_until: executing ? this.after(input.leaseMs ?? limits.leaseMs) : null,
      way_back_until: null,
      wrong_passphrases: 0,
      person,
      question,
      cools_down: null,
    };
    return this.database.write(async tx => {
      const open = executing ? undefined : await this.#openTicket(tx, plan);
      if (open !== undefined) return { record: this.read(open), epoch: open.epoch, existing: true };
      // Else nobody may come by who does it, and what is sealed in them fills the disk.
      if (!executing) await this.#expireDue(tx);
      const asked = { plan, within, now: this.now() };
      const over = use === undefined ? undefined : await whyNotUsable(tx, { ...use, now: this.nowText() });
      if (over !== undefined) return { instead: { verdict: 'ask', rule: 'playbook.gate', why: over } };
      const judged =
        approval === undefined
          ? await judgeSpending(tx, { ...asked, verdict: executing ? 'allow' : 'ask' })
          : undefined;
      if (judged !== undefined && 'instead' in judged) return judged;
      await tx.insertInto('changes').values(row).execute();
      await noteGate(tx, plan);
      if (use !== undefined) await recordUse(tx, { ...use, changeId: plan.id });
      if (executing && judged !== undefined)
        await recordSpending(tx, { ...asked, spending: judged.spending });
      for (const [step, target] of targetsOf(plan).entries()) {
        const pending = {
          change_id: plan.id,
          step,
          state: 'pending',
          target: JSON.stringify(target),
          evidence: '[]',
        } as const;
        await tx.insertInto('steps').values(pending).execute();
      }
      await this.audit.append(input.audit, tx);
      return { record: this.read(row), epoch: row.epoch, existing: false };
    });
  }

  /**
   * Takes the places of an automatic change for a ticket that nobody known answers, as an MCP client by its own prompt.
   * `instead`: there is none, and a person has to decide it.
   */
  async spend(input: { plan: Plan; within: Within }): Promise<{ instead: Decision } | undefined> {
    return this.database.write(async tx => {
      const asked = { ...input, now: this.now() };
      const judged = await judgeSpending(tx, { ...asked, verdict: 'allow' });
      if ('instead' in judged) return judged;
      await recordSpending(tx, { ...asked, spending: judged.spending });
      return undefined;
    });
  }

  /** What the budget says to one more ticket of a person, whichever it would be. */
  async overProposals(
    asked: Pick<Within, 'person' | 'budget'> & { environment: string },
  ): Promise<Decision | undefined> {
    return this.database.read(db => judgeProposals(db, { ...asked, now: this.now() }));
  }

  /** Whose budgets of an environment are used up, and when there is room again. */
  async exhausted(asked: { environment: string; budget: Budget }): Promise<(Denial & { person: string })[]> {
    return this.database.read(db => readExhausted(db, { ...asked, now: this.now() }));
  }

  /** From waiting to executing. Exactly one process gets an epoch; undefined: the ticket is no longer open. */
  async claim(input: {
    id: string;
    owner: string;
    leaseMs: number;
    approval: Approval;
    audit: AuditEntry;
  }): Promise<{ epoch: number } | undefined> {
    const { id, owner, approval } = input;
    const now = this.nowText();
    return this.database.write(async tx => {
      const row = await tx
        .updateTable('changes')
        .set(({ eb }) => ({
          state: 'executing' as const,
          owner,
          epoch: eb('epoch', '+', 1),
          lease_until: this.after(input.leaseMs),
          approval: JSON.stringify(approval),
          decided_by: deciderOf(approval),
          decided_at: now,
        }))
        .where('id', '=', id)
        .where(isOpenAt(now))
        .returning('epoch')
        .executeTakeFirst();
      if (row === undefined) return undefined;
      if (!('unsigned' in approval)) await forgetFailures(tx, approval.payload.approver);
      await this.audit.append(input.audit, tx);
      return { epoch: row.epoch };
    });
  }

  /**
   * Ends a ticket that waits; its sealed plan is deleted. `coolsDown`: for whom a rejection holds, absent: for whoever
   * asked. False: somebody was faster.
   */
  async close(input: {
    id: string;
    from: 'waiting';
    to: 'rejected' | 'expired' | 'void' | 'plan_changed';
    by?: string;
    coolsDown?: 'asker' | 'everybody';
    /** What is shown of it from then on: why. */
    evidence?: readonly string[];
    audit: AuditEntry;
  }): Promise<boolean> {
    return this.database.write(async tx => {
      const done = await this.#closeTicket(tx, input);
      if (done) await this.audit.append(input.audit, tx);
      return done;
    });
  }

  /** Closes the tickets and gates whose time is over, deletes undo images that are too old, and answers the tickets' ids. */
  async expireDue(): Promise<string[]> {
    return this.database.write(tx => this.#expireDue(tx));
  }

  /**
   * Counts a wrong passphrase against the ticket, where there is one, and against the approver. The fifth voids the
   * ticket; five in a row pause the approver for 15 minutes. Answers how many attempts are left.
   */
  async countWrongPassphrase(input: { id?: string; approver: string; audit: AuditEntry }): Promise<number> {
    const { id, approver, audit } = input;
    return this.database.write(async tx => {
      await this.audit.append(audit, tx);
      const left = await countFailure(tx, { approver, now: this.now() });
      if (id === undefined) return left;
      const row = await tx
        .updateTable('changes')
        .set(({ eb }) => ({ wrong_passphrases: eb('wrong_passphrases', '+', 1) }))
        .where('id', '=', id)
        .where('state', '=', 'waiting')
        .returning('wrong_passphrases')
        .executeTakeFirst();
      const leftForTicket = Math.max(0, limits.passphraseAttempts - (row?.wrong_passphrases ?? 0));
      if (row !== undefined && leftForTicket === 0) {
        await this.#closeTicket(tx, { id, to: 'void' });
        const facts = { ...audit.facts, why: `${limits.passphraseAttempts} wrong passphrases` };
        await this.audit.append({ ...audit, event: 'voided', facts }, tx);
      }
      return Math.min(left, leftForTicket);
    });
  }

  async #expireDue(tx: Queries): Promise<string[]> {
    const now = this.nowText();
    const due = await tx
      .selectFrom('changes')
      .select(['id', 'environment', 'expires_at'])
      .where('state', 'in', ['waiting', 'approved'])
      .where('expires_at', '<=', now)
      .execute();
    for (const { id, environment, expires_at: expiredAt } of due) {
      await this.#closeTicket(tx, { id, to: 'expired', inStates: ['waiting', 'approved'] });
      await this.audit.append({ event: 'expired', changeId: id, environment, facts: { expiredAt } }, tx);
    }
    const old = tx.selectFrom('changes').select('id').where('way_back_until', '<=', now);
    await tx
      .updateTable('steps')
      .set({ sealed_way_back: null })
      .where('sealed_way_back', 'is not', null)
      .where('change_id', 'in', old)
      .execute();
    return due.map(({ id }) => id);
  }

  #sealOwn({
    plan,
    record,
    own,
  }: {
    plan: Plan;
    record: { summary: string; diff: string };
    own?: OwnWords;
  }): Uint8Array | null {
    if (own === undefined) return null;
    const same =
      own.summary === record.summary &&
      own.diff === record.diff &&
      (own.reason ?? '') === (plan.reason ?? '');
    return same ? null : sealOwnWords(own, { key: this.sealKey, id: plan.id });
  }

  async #openTicket(tx: Queries, plan: Plan): Promise<ChangeTable | undefined> {
    const same = await tx
      .selectFrom('changes')
      .selectAll()
      .where(isOpenAt(this.nowText()))
      .where('digest', '=', plan.digest)
      .where('environment', '=', plan.environment)
      .execute();
    // A run closes its tickets with its end, and takes back what came of them: nobody else's may be among them.
    return same.find(row => this.read(row).actor.run === plan.actor.run);
  }

  async #closeTicket(
    tx: Queries,
    ticket: {
      id: string;
      to: ChangeState;
      /** Absent: waiting. */
      inStates?: readonly ChangeState[];
      by?: string;
      coolsDown?: 'asker' | 'everybody';
      evidence?: readonly string[];
    },
  ): Promise<boolean> {
    const result = await tx
      .updateTable('changes')
      .set({
        state: ticket.to,
        decided_by: ticket.by ?? null,
        decided_at: this.nowText(),
        sealed_plan: null,
        ...(ticket.evidence === undefined ? {} : { evidence: JSON.stringify(ticket.evidence) }),
        cools_down: ticket.to === 'rejected' ? (ticket.coolsDown ?? 'asker') : null,
      })
      .where('id', '=', ticket.id)
      .where('state', 'in', ticket.inStates ?? ['waiting'])
      .executeTakeFirst();
    return result.numUpdatedRows === 1n;
  }
}
