import { setTimeout as sleep } from 'node:timers/promises';
import type { Approval } from '../core/approval.ts';
import type { Change } from '../core/change.ts';
import { VigieError } from '../core/errors.ts';
import { readId } from '../core/ids.ts';
import type { Keys } from '../core/keys.ts';
import { nearestNames } from '../core/nearest.ts';
import type { Plan } from '../core/plan.ts';
import { trusted } from '../core/trusted-text.ts';
import { pauseOf } from './attempts.ts';
import type { ChangeReader, ChangeRecord, ChangeState } from './change-reader.ts';
import { closedTicket, isIn, planLabel, readChange } from './change-row.ts';
import type { Database, Queries } from './database.ts';
import { unsealOwnWords } from './own-words.ts';
import { unseal } from './sealing.ts';
import { readStep, type Step } from './step.ts';
import type { ChangeTable } from './tables.ts';
import { collectWayBack } from './way-back.ts';

/** While somebody waits, the store is asked four times a second: another process may be the one that executes. */
const pollMs = 250;
/** Ids that are compared with a mistyped one. */
const comparedIds = 1_000;

const endStates: ReadonlySet<ChangeState> = new Set<ChangeState>([
  'approved',
  'rejected',
  'expired',
  'void',
  'plan_changed',
  'done',
  'unverified',
  'failed',
  'returned',
  'interrupted',
]);

/** The read side of recorded changes. Nothing here writes. */
export class RecordedChanges implements ChangeReader {
  protected readonly database: Database;
  protected readonly sealKey: Uint8Array;
  protected readonly now: () => Date;

  constructor(parts: { database: Database; keys: Keys; now: () => Date }) {
    this.database = parts.database;
    this.sealKey = parts.keys.seal;
    this.now = parts.now;
  }

  async list(filter: {
    environment?: string;
    states?: readonly ChangeState[];
    limit: number;
    before?: string;
  }): Promise<ChangeRecord[]> {
    const { environment, states, before } = filter;
    const now = this.nowText();
    const rows = await this.database.read(async db => {
      let query = db
        .selectFrom('changes')
        .selectAll()
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(filter.limit);
      if (environment !== undefined) query = query.where('environment', '=', environment);
      if (states !== undefined) {
        query = query.where(isIn(states, now));
      }
      if (before !== undefined) {
        const last = await this.find(db, before);
        query = query.where(eb =>
          eb.or([
            eb('created_at', '<', last.created_at),
            eb.and([eb('created_at', '=', last.created_at), eb('id', '<', last.id)]),
          ]),
        );
      }
      return query.execute();
    });
    return rows.map(row => this.read(row));
  }

  async get(id: string): Promise<ChangeRecord> {
    return this.read(await this.database.read(db => this.find(db, id)));
  }

  async wait(id: string, until: { timeoutMs: number; signal: AbortSignal }): Promise<ChangeRecord> {
    const deadline = performance.now() + until.timeoutMs;
    for (;;) {
      const record = await this.get(id);
      const left = deadline - performance.now();
      if (endStates.has(record.state) || left <= 0) return record;
      await nextPoll(Math.min(pollMs, left), until.signal);
    }
  }

  async wayBack(id: string): Promise<Change[]> {
    return this.database.read(async db => {
      const row = await this.find(db, id);
      const steps = await db
        .selectFrom('steps')
        .selectAll()
        .where('change_id', '=', row.id)
        .orderBy('step', 'desc')
        .execute();
      return collectWayBack({ change: row, steps, sealKey: this.sealKey, now: this.nowText() });
    });
  }

  /** Records as whoever asked for these very changes is shown them: with their own words as they sent them. */
  async inOwnWords(records: readonly ChangeRecord[]): Promise<ChangeRecord[]> {
    if (records.length === 0) return [];
    const ids = records.map(({ id }) => id);
    const rows = await this.database.read(db =>
      db
        .selectFrom('changes')
        .select(['id', 'sealed_own'])
        .where('id', 'in', ids)
        .where('sealed_own', 'is not', null)
        .execute(),
    );
    const sealed = new Map(rows.map(row => [row.id, row.sealed_own]));
    return records.map(record => {
      const blob = sealed.get(record.id) ?? undefined;
      return blob === undefined
        ? record
        : { ...record, ...unsealOwnWords(blob, { key: this.sealKey, id: record.id }) };
    });
  }

  /** The whole plan, unsealed. @throws VigieError UNKNOWN_CHANGE, TICKET_CLOSED when it was closed and the plan deleted */
  async plan(id: string): Promise<Plan> {
    const row = await this.database.read(db => this.find(db, id));
    if (row.sealed_plan === null) throw closedTicket(row);
    return unseal(row.sealed_plan, { key: this.sealKey, label: planLabel(row.id) }) as Plan;
  }

  /** What it was settled by, as it was recorded: whoever goes by it verifies it. Undefined: by nothing. @throws VigieError UNKNOWN_CHANGE */
  async approvalOf(id: string): Promise<Approval | undefined> {
    const { approval } = await this.database.read(db => this.find(db, id));
    return approval === null ? undefined : (JSON.parse(approval) as Approval);
  }

  async steps(id: string): Promise<Step[]> {
    return this.database.read(async db => {
      const { id: known } = await this.find(db, id);
      const rows = await db
        .selectFrom('steps')
        .selectAll()
        .where('change_id', '=', known)
        .orderBy('step')
        .execute();
      return rows.map(readStep);
    });
  }

  /** Until when (ISO 8601) an approver may not try again; undefined: now. */
  async pausedUntil(approver: string): Promise<string | undefined> {
    const until = await this.database.read(db => pauseOf(db, approver));
    return until !== undefined && until > this.nowText() ? until : undefined;
  }

  protected async find(db: Queries, id: string): Promise<ChangeTable> {
    const wanted = readId(id) ?? id;
    const row = await db.selectFrom('changes').selectAll().where('id', '=', wanted).executeTakeFirst();
    if (row !== undefined) return row;
    const known = await db
      .selectFrom('changes')
      .select('id')
      .orderBy('created_at', 'desc')
      .limit(comparedIds)
      .execute();
    const nearest = nearestNames(
      wanted,
      known.map(change => change.id),
    );
    throw new VigieError('UNKNOWN_CHANGE', `There is no change or ticket ${wanted.slice(0, 40)}.`, {
      hint:
        nearest.length === 0
          ? 'See `vigie changes list`.'
          : trusted`Did you mean ${nearest}? See \`vigie changes list\`.`,
      details: { nearest },
    });
  }

  protected read(row: ChangeTable): ChangeRecord {
    return readChange(row, this.nowText());
  }

  protected nowText(): string {
    return this.now().toISOString();
  }

  protected after(ms: number): string {
    return new Date(this.now().getTime() + ms).toISOString();
  }
}

async function nextPoll(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (cause) {
    throw new VigieError('CANCELLED', 'Waiting for the change was stopped; the change itself goes on.', {
      cause,
    });
  }
}
