import { type AuditEvent, beginning } from './audit-row.ts';
import type { Database } from './database.ts';

// The audit is its own outbox: a row is there or it is not, and what a witness has not been told is what lies behind the
// last row it took. So nothing is lost when a process dies between the record and the telling.

/** The rows that are told to witnesses at once. Each hash pins all rows before it; the others go along with the next of these. */
export const witnessedEvents: readonly AuditEvent[] = [
  'finished',
  'returned',
  'undone',
  'recovered',
  'kill_switch_on',
  'kill_switch_off',
  'approver_added',
  'approver_removed',
  'policy_accepted',
  'env_trusted',
];

/** How it went with one witness. */
export interface Told {
  /** Of the last row it took; 0 and 64 zeros: none yet. */
  sequence: number;
  hash: string;
  /** When it took that, ISO 8601. */
  at?: string;
  /** It could not be told since (ISO 8601), and why the last time. */
  failing?: { since: string; why: string };
}

/** What each witness was told, by this installation's own account. A witness that can be read knows better. */
export class ToldWitnesses {
  readonly #database: Database;
  readonly #now: () => Date;

  constructor(parts: { database: Database; now: () => Date }) {
    this.#database = parts.database;
    this.#now = parts.now;
  }

  async told(witness: string): Promise<Told> {
    const row = await this.#database.read(db =>
      db.selectFrom('witnesses').selectAll().where('witness', '=', witness).executeTakeFirst(),
    );
    if (row === undefined) return { sequence: 0, hash: beginning };
    return {
      sequence: row.sequence,
      hash: row.hash,
      ...(row.told_at === null ? {} : { at: row.told_at }),
      ...(row.failing_since === null ? {} : { failing: { since: row.failing_since, why: row.why ?? '' } }),
    };
  }

  async setTold(witness: string, row: { sequence: number; hash: string }): Promise<void> {
    const { sequence, hash } = row;
    const values = {
      sequence,
      hash,
      told_at: this.#now().toISOString(),
      failing_since: null,
      why: null,
    };
    await this.#database.write(tx =>
      tx
        .insertInto('witnesses')
        .values({ witness, ...values })
        .onConflict(conflict => conflict.column('witness').doUpdateSet(values))
        .execute(),
    );
  }

  /** The first failure in a row keeps its time. */
  async setFailing(witness: string, why: string): Promise<void> {
    const { failing } = await this.told(witness);
    const values = { failing_since: failing?.since ?? this.#now().toISOString(), why };
    await this.#database.write(tx =>
      tx
        .insertInto('witnesses')
        .values({ witness, sequence: 0, hash: beginning, told_at: null, ...values })
        .onConflict(conflict => conflict.column('witness').doUpdateSet(values))
        .execute(),
    );
  }
}
