import type { Database } from './database.ts';
import type { Moment, MomentState } from './schedule-reader.ts';
import type { ScheduleName } from './schedules.ts';
import type { MomentTable } from './tables.ts';

// A moment is begun by a row that nobody can write twice, before anything is done for it: of two ticks one begins it,
// and one whose process dies is never begun again.

/** Kept of one schedule: three and a half days of one that comes round every five minutes. */
const keptMoments = 1_000;

/** When schedules came round, and who goes through them. */
export class Moments {
  readonly #database: Database;
  readonly #now: () => Date;

  constructor(parts: { database: Database; now: () => Date }) {
    this.#database = parts.database;
    this.#now = parts.now;
  }

  /**
   * Takes the turn of an environment for as long as the lease is renewed. Undefined: another process has it. What its
   * former holder began and did not end is closed as broken off, and comes back.
   */
  async takeTurn(turn: {
    environment: string;
    owner: string;
    leaseMs: number;
  }): Promise<{ broken: Moment[] } | undefined> {
    const { environment, owner } = turn;
    const now = this.#now().toISOString();
    const leaseUntil = this.#after(turn.leaseMs);
    return this.#database.write(async tx => {
      const held = await tx
        .selectFrom('ticks')
        .select(['owner', 'lease_until'])
        .where('environment', '=', environment)
        .executeTakeFirst();
      const free =
        held === undefined || held.owner === null || held.lease_until === null || held.lease_until <= now;
      // A lease from beyond its own length was given by a clock that was ahead.
      if (!free && (held.lease_until ?? '') <= this.#after(2 * turn.leaseMs)) return undefined;
      const values = { owner, lease_until: leaseUntil, seen_at: now };
      await tx
        .insertInto('ticks')
        .values({ environment, ...values })
        .onConflict(conflict => conflict.column('environment').doUpdateSet(values))
        .execute();
      const broken = await tx
        .updateTable('moments')
        .set({ state: 'broken off', ended_at: now })
        .where('environment', '=', environment)
        .where('state', '=', 'running')
        .returningAll()
        .execute();
      return { broken: broken.map(readMoment) };
    });
  }

  /** False: another has it by now. */
  async renewTurn(turn: { environment: string; owner: string; leaseMs: number }): Promise<boolean> {
    const result = await this.#database.write(tx =>
      tx
        .updateTable('ticks')
        .set({ lease_until: this.#after(turn.leaseMs) })
        .where('environment', '=', turn.environment)
        .where('owner', '=', turn.owner)
        .executeTakeFirst(),
    );
    return result.numUpdatedRows === 1n;
  }

  async endTurn(turn: { environment: string; owner: string }): Promise<void> {
    await this.#database.write(tx =>
      tx
        .updateTable('ticks')
        .set({ owner: null, lease_until: null })
        .where('environment', '=', turn.environment)
        .where('owner', '=', turn.owner)
        .execute(),
    );
  }

  /** When somebody last took the turn of an environment; ISO 8601. */
  async lastTurn(environment: string): Promise<string | undefined> {
    const row = await this.#database.read(db =>
      db.selectFrom('ticks').select('seen_at').where('environment', '=', environment).executeTakeFirst(),
    );
    return row?.seen_at;
  }

  /** The newest ones that were begun, by the moment they were for; without those of a time to come. */
  async list(of: ScheduleName): Promise<Moment[]> {
    const rows = await this.#database.read(db =>
      db
        .selectFrom('moments')
        .selectAll()
        .where('environment', '=', of.environment)
        .where('name', '=', of.name)
        .where('moment', '<=', this.#now().toISOString())
        .orderBy('moment', 'desc')
        .limit(keptMoments)
        .execute(),
    );
    return rows.map(readMoment);
  }

  /** Begins a moment for whoever holds the turn. False: it was begun before, or the turn is another's. */
  async begin(
    of: ScheduleName,
    begun: { moment: string; changeId: string; owner: string },
  ): Promise<boolean> {
    const { environment, name } = of;
    return this.#database.write(async tx => {
      const turn = await tx
        .selectFrom('ticks')
        .select('owner')
        .where('environment', '=', environment)
        .executeTakeFirst();
      if (turn?.owner !== begun.owner) return false;
      const inserted = await tx
        .insertInto('moments')
        .values({
          environment,
          name,
          moment: begun.moment,
          change_id: begun.changeId,
          state: 'running',
          started_at: this.#now().toISOString(),
          ended_at: null,
          drilled: 0,
          said: '[]',
        })
        .onConflict(conflict => conflict.columns(['environment', 'name', 'moment']).doNothing())
        .executeTakeFirst();
      if (inserted.numInsertedOrUpdatedRows !== 1n) return false;
      // Those of a time to come, by a clock that was ahead, push out none of what was.
      const oldest = await tx
        .selectFrom('moments')
        .select('moment')
        .where('environment', '=', environment)
        .where('name', '=', name)
        .where('moment', '<=', begun.moment)
        .orderBy('moment', 'desc')
        .offset(keptMoments - 1)
        .limit(1)
        .executeTakeFirst();
      if (oldest !== undefined)
        await tx
          .deleteFrom('moments')
          .where('environment', '=', environment)
          .where('name', '=', name)
          .where('moment', '<', oldest.moment)
          .execute();
      return true;
    });
  }

  /** Whether what was begun for a moment may go on: false once another took the turn, and told of it as broken off. */
  async goesOn(of: ScheduleName, at: { moment: string; owner: string }): Promise<boolean> {
    const found = await this.#database.read(db =>
      db
        .selectFrom('moments')
        .innerJoin('ticks', 'ticks.environment', 'moments.environment')
        .select('moments.moment')
        .where('moments.environment', '=', of.environment)
        .where('moments.name', '=', of.name)
        .where('moments.moment', '=', at.moment)
        .where('moments.state', '=', 'running')
        .where('ticks.owner', '=', at.owner)
        .executeTakeFirst(),
    );
    return found !== undefined;
  }

  /** `drilled`: a drill was gone through, whatever came of it. */
  async end(
    of: ScheduleName,
    ended: {
      moment: string;
      state: Exclude<MomentState, 'running'>;
      drilled: boolean;
      said: readonly string[];
    },
  ): Promise<void> {
    await this.#database.write(tx =>
      tx
        .updateTable('moments')
        .set({
          state: ended.state,
          drilled: ended.drilled ? 1 : 0,
          ended_at: this.#now().toISOString(),
          said: JSON.stringify(ended.said),
        })
        .where('environment', '=', of.environment)
        .where('name', '=', of.name)
        .where('moment', '=', ended.moment)
        .where('state', '=', 'running')
        .execute(),
    );
  }

  #after(ms: number): string {
    return new Date(this.#now().getTime() + ms).toISOString();
  }
}

export function readMoment(row: MomentTable): Moment {
  return {
    name: row.name,
    moment: row.moment,
    state: row.state,
    startedAt: row.started_at,
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
    drilled: row.drilled === 1,
    said: JSON.parse(row.said) as string[],
  };
}
