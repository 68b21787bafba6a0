import { approvalIn, statementIn } from '../core/approval.ts';
import { VigieError } from '../core/errors.ts';
import { canonicalJson, isObject, type JsonObject } from '../core/json.ts';
import {
  type AuditEntry,
  type AuditEvent,
  type AuditRow,
  beginning,
  endEvents,
  hashOf,
} from './audit-row.ts';
import type { Database, Queries } from './database.ts';
import { countDenial, type Denied, endCounts } from './denials.ts';
import type { AuditTable } from './tables.ts';

// Each row holds the hash of the one before, so an edited, dropped or moved row shows. A tail that was cut off, or a
// whole chain computed anew, shows only against a head that was kept elsewhere: every outcome prints it for that.

/** Rows read at once while the chain is walked. */
const pageRows = 500;
/** Sequences named in a verdict; the rest only count. */
const namedRows = 20;

/** Whether the chain holds; else the first row that does not, and what is wrong with it. */
export type AuditVerdict =
  | {
      ok: true;
      rows: number;
      head: string;
      /** Rows whose time is before that of the row above them, at most twenty: the clock was set back. */
      clockBack: number[];
    }
  | { ok: false; sequence: number; what: string };

/** Hears of each row, and of the change that it is about. */
export type Appended = (event: AuditEvent, change: string | undefined) => void;

/** The append-only chain of what was asked, decided and done. */
export class AuditLog {
  readonly #database: Database;
  readonly #now: () => Date;
  readonly #appended: Appended;

  /** `appended` hears of each row when it is written, before its transaction has ended. */
  constructor(parts: { database: Database; now: () => Date; appended: Appended }) {
    this.#database = parts.database;
    this.#now = parts.now;
    this.#appended = parts.appended;
  }

  /** Appends one row, in the caller's transaction where one is given; before it, the denials of minutes that are over. */
  async append(entry: AuditEntry, tx?: Queries): Promise<AuditRow> {
    if (tx === undefined) return this.#database.write(own => this.append(entry, own));
    await this.#linkAll(tx, await endCounts(tx, { overAt: this.#now() }));
    return this.#link(tx, entry);
  }

  /** Records that policy said no: all denials of a person in an environment within a minute are one row. */
  async countDenial(denied: Denied): Promise<void> {
    await this.#database.write(async tx => {
      const over = await countDenial(tx, { denied, now: this.#now() });
      if (over !== undefined) await this.#link(tx, over);
    });
  }

  /**
   * Whoever reads the audit reads of all denials. Where they cannot be linked now, as on a full disk, they stay counted
   * and what is linked can be read still.
   */
  async #linkDenials(): Promise<void> {
    const counted = await this.#database.read(db =>
      db.selectFrom('denials').select('person').limit(1).executeTakeFirst(),
    );
    if (counted === undefined) return;
    try {
      await this.#database.write(async tx => this.#linkAll(tx, await endCounts(tx, { all: true })));
    } catch (error) {
      if (!(error instanceof VigieError && error.code === 'STORE')) throw error;
    }
  }

  async #linkAll(tx: Queries, entries: readonly AuditEntry[]): Promise<void> {
    for (const entry of entries) await this.#link(tx, entry);
  }

  async #link(tx: Queries, entry: AuditEntry): Promise<AuditRow> {
    const last = await newest(tx);
    const unhashed = {
      v: 1,
      sequence: (last?.sequence ?? 0) + 1,
      at: this.#now().toISOString(),
      event: entry.event,
      ...(entry.changeId === undefined ? {} : { changeId: entry.changeId }),
      ...(entry.environment === undefined ? {} : { environment: entry.environment }),
      facts: entry.facts,
      previous: last?.hash ?? beginning,
    } as const;
    const row: AuditRow = { ...unhashed, hash: hashOf(unhashed) };
    await tx
      .insertInto('audit')
      .values({
        sequence: row.sequence,
        at: row.at,
        event: row.event,
        change_id: entry.changeId ?? null,
        environment: entry.environment ?? null,
        facts: canonicalJson(row.facts),
        previous: row.previous,
        hash: row.hash,
      })
      .execute();
    this.#appended(row.event, row.changeId);
    return row;
  }

  /**
   * Newest first; `before` is the sequence of the last row of the page before. `after`: only rows behind that sequence.
   * `events`, `environment`: only rows about these. `naming`: only rows whose facts have that text somewhere, and a few
   * more may come.
   */
  async list(page: {
    limit: number;
    before?: number;
    after?: number;
    changeId?: string;
    environment?: string;
    events?: readonly AuditEvent[];
    naming?: string;
  }): Promise<AuditRow[]> {
    const { before, after, changeId, environment, events, naming } = page;
    if (events === undefined || events.includes('denied')) await this.#linkDenials();
    const rows = await this.#database.read(db => {
      let query = db.selectFrom('audit').selectAll().orderBy('sequence', 'desc').limit(page.limit);
      if (before !== undefined) query = query.where('sequence', '<', before);
      if (after !== undefined) query = query.where('sequence', '>', after);
      if (changeId !== undefined) query = query.where('change_id', '=', changeId);
      if (environment !== undefined) query = query.where('environment', '=', environment);
      if (events !== undefined) query = query.where('event', 'in', events);
      if (naming !== undefined) query = query.where('facts', 'like', `%${JSON.stringify(naming)}%`);
      return query.execute();
    });
    return rows.map(read);
  }

  /** Whether some row has that hash. */
  async has(hash: string): Promise<boolean> {
    const found = await this.#database.read(db =>
      db.selectFrom('audit').select('sequence').where('hash', '=', hash).executeTakeFirst(),
    );
    return found !== undefined;
  }

  /** The newest row; sequence 0 and 64 zeros while there is none. */
  async head(): Promise<{ sequence: number; hash: string }> {
    const last = await this.#database.read(newest);
    return { sequence: last?.sequence ?? 0, hash: last?.hash ?? beginning };
  }

  /**
   * Walks the whole chain. `head`: a hash that was printed before; it must be the hash of some row, so that a tail cut
   * off since then is found. Without one a missing tail cannot be seen. An approval or a statement in a row must pin an
   * earlier row; what else is wrong with a row that is as it was written, `flawOf` says; absent: nothing.
   */
  async verify(
    expected: { head?: string; flawOf?: (row: AuditRow) => string | undefined } = {},
  ): Promise<AuditVerdict> {
    let previous = { sequence: 0, hash: beginning, at: '' };
    await this.#linkDenials();
    let headSeen = expected.head === undefined || expected.head === beginning;
    const clockBack: number[] = [];
    const hashes = new Set([beginning]);
    for await (const stored of this.#walk(0)) {
      const { sequence } = stored;
      if (sequence !== previous.sequence + 1) {
        return broken(
          previous.sequence + 1,
          `row ${previous.sequence + 1} is missing: row ${sequence} follows row ${previous.sequence}`,
        );
      }
      if (stored.previous !== previous.hash) {
        return broken(sequence, `row ${sequence} does not link to the row before it`);
      }
      if (!isIntact(stored)) return broken(sequence, `row ${sequence} does not fit its hash: it was edited`);
      const row = read(stored);
      const flaw = pinsOnly(hashes, row.facts)
        ? expected.flawOf?.(row)
        : 'was signed after a row that this chain does not have';
      if (flaw !== undefined) return broken(sequence, `row ${sequence} ${flaw}`);
      hashes.add(stored.hash);
      if (stored.at < previous.at && clockBack.length < namedRows) clockBack.push(sequence);
      headSeen ||= stored.hash === expected.head;
      previous = stored;
    }
    if (!headSeen) {
      return broken(
        previous.sequence + 1,
        'no row has the expected head: rows were cut off, or the chain was written anew',
      );
    }
    return { ok: true, rows: previous.sequence, head: previous.hash, clockBack };
  }

  /** JSON Lines, oldest first, each as it was hashed, with its hash. `after`: only the rows behind that sequence. */
  async *exportLines(from = { after: 0 }): AsyncIterable<string> {
    await this.#linkDenials();
    for await (const stored of this.#walk(from.after)) yield `${canonicalJson(read(stored))}\n`;
  }

  /** Page by page, so that a slow reader holds up nobody. */
  async *#walk(from: number): AsyncIterable<AuditTable> {
    for (let after = from; ; ) {
      const page = await this.#database.read(db =>
        db
          .selectFrom('audit')
          .selectAll()
          .where('sequence', '>', after)
          .orderBy('sequence')
          .limit(pageRows)
          .execute(),
      );
      yield* page;
      const last = page.at(-1);
      if (last === undefined || page.length < pageRows) return;
      after = last.sequence;
    }
  }
}

/** Whether every row that what was signed here names as its past is one of those. */
function pinsOnly(hashes: ReadonlySet<string>, facts: JsonObject): boolean {
  const pinned = [approvalIn(facts['approval'])?.payload.auditHead, statementIn(facts)?.statement.auditHead];
  return pinned.every(hash => hash === undefined || hashes.has(hash));
}

/** Facts of the rows that tell how a change ended; of any change there is one. */
export async function endsOf(db: Queries, changeId: string): Promise<JsonObject[]> {
  const rows = await db
    .selectFrom('audit')
    .selectAll()
    .where('change_id', '=', changeId)
    .where('event', 'in', endEvents)
    .execute();
  return rows.map(factsOf);
}

async function newest(db: Queries): Promise<{ sequence: number; hash: string } | undefined> {
  return db
    .selectFrom('audit')
    .select(['sequence', 'hash'])
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
}

function isIntact(stored: AuditTable): boolean {
  try {
    const { hash, ...unhashed } = read(stored);
    // The text must be canonical too: otherwise one chain could hold two readings of a row.
    return hashOf(unhashed) === hash && canonicalJson(unhashed.facts) === stored.facts;
  } catch {
    return false;
  }
}

function read(stored: AuditTable): AuditRow {
  return {
    v: 1,
    sequence: stored.sequence,
    at: stored.at,
    event: stored.event,
    ...(stored.change_id === null ? {} : { changeId: stored.change_id }),
    ...(stored.environment === null ? {} : { environment: stored.environment }),
    facts: factsOf(stored),
    previous: stored.previous,
    hash: stored.hash,
  };
}

function factsOf({ facts, sequence }: AuditTable): JsonObject {
  let parsed: unknown;
  try {
    parsed = JSON.parse(facts);
  } catch {
    parsed = undefined;
  }
  if (isObject(parsed)) return parsed;
  throw new VigieError('AUDIT_BROKEN', `Row ${sequence} of the audit cannot be read.`, {
    hint: 'Run `vigie audit verify`.',
    details: { sequence },
  });
}

function broken(sequence: number, what: string): AuditVerdict {
  return { ok: false, sequence, what };
}
