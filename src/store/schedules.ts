import type { Schedule } from '../core/backup-schedule.ts';
import { VigieError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { Keys } from '../core/keys.ts';
import type { Plan } from '../core/plan.ts';
import { trusted } from '../core/trusted-text.ts';
import type { AuditLog } from './audit.ts';
import { type AuditRow, scheduleEvents } from './audit-row.ts';
import type { Database, Queries } from './database.ts';
import { readMoment } from './moments.ts';
import { readLine } from './schedule-line.ts';
import type { ScheduleRecord } from './schedule-reader.ts';
import { seal, unseal } from './sealing.ts';

// A row here approves nothing. It holds the sealed plan of the change that made the schedule; the approval is the
// signature that the change was settled by, and the pipeline verifies it against this plan at every use.

/** Of rows about schedules, looked through for one: a person approved each of them. */
const mostRows = 10_000;

/** Of moments that a clock which was ahead began: enough to say which is the next that is none of them. */
const mostAhead = 100;

/** Which one. `name` is of its set. */
export interface ScheduleName {
  environment: string;
  name: string;
}

/** Schedules that stand in one environment, one of a set; `name` is the set's. */
export class Schedules {
  readonly #database: Database;
  readonly #audit: AuditLog;
  readonly #key: Uint8Array;
  readonly #now: () => Date;
  readonly #environment: string;

  constructor(parts: {
    database: Database;
    audit: AuditLog;
    keys: Keys;
    now: () => Date;
    environment: string;
  }) {
    this.#environment = parts.environment;
    this.#database = parts.database;
    this.#audit = parts.audit;
    this.#key = parts.keys.seal;
    this.#now = parts.now;
  }

  /** Puts it in the place of the one that stands, which must be `follows`. @throws VigieError CONFLICT */
  async set(
    name: string,
    made: { schedule: Schedule; plan: Plan; follows: string | undefined; facts: JsonObject },
  ): Promise<void> {
    const environment = this.#environment;
    const { schedule, plan } = made;
    await this.#database.write(async tx => {
      await this.#refuseUnless(tx, { name, follows: made.follows });
      const values = {
        change_id: plan.id,
        schedule: JSON.stringify(schedule),
        sealed_plan: seal(plan, { key: this.#key, label: labelOf({ environment, name }) }),
        since: this.#now().toISOString(),
      };
      await tx
        .insertInto('schedules')
        .values({ environment, name, ...values })
        .onConflict(conflict => conflict.columns(['environment', 'name']).doUpdateSet(values))
        .execute();
      const facts = { ...made.facts, schedule: name };
      await this.#audit.append({ event: 'schedule_set', changeId: plan.id, environment, facts }, tx);
    });
  }

  /** @throws VigieError CONFLICT where another than `follows` stands, or none */
  async remove(
    name: string,
    made: { plan: Plan; follows: string | undefined; facts: JsonObject },
  ): Promise<void> {
    const environment = this.#environment;
    await this.#database.write(async tx => {
      await this.#refuseUnless(tx, { name, follows: made.follows });
      await tx
        .deleteFrom('schedules')
        .where('environment', '=', environment)
        .where('name', '=', name)
        .execute();
      const facts = { ...made.facts, schedule: name };
      await this.#audit.append({ event: 'schedule_removed', changeId: made.plan.id, environment, facts }, tx);
    });
  }

  /** Of one set; undefined: none stands. */
  async get(name: string): Promise<ScheduleRecord | undefined> {
    return (await this.list()).find(each => each.name === name);
  }

  /** By name, each with the newest moment that was begun. */
  async list(): Promise<ScheduleRecord[]> {
    const environment = this.#environment;
    const now = this.#now().toISOString();
    return this.#database.read(async db => {
      const rows = await db
        .selectFrom('schedules')
        .select(['name', 'change_id', 'schedule', 'since'])
        .where('environment', '=', environment)
        .orderBy('name')
        .execute();
      const records: ScheduleRecord[] = [];
      for (const row of rows) {
        const last = await db
          .selectFrom('moments')
          .selectAll()
          .where('environment', '=', environment)
          .where('name', '=', row.name)
          .where('moment', '<=', now)
          .orderBy('moment', 'desc')
          .limit(1)
          .executeTakeFirst();
        const ahead = await db
          .selectFrom('moments')
          .select('moment')
          .where('environment', '=', environment)
          .where('name', '=', row.name)
          .where('moment', '>', now)
          .orderBy('moment')
          .limit(mostAhead)
          .execute();
        records.push({
          name: row.name,
          changeId: row.change_id,
          ...readLine(row.schedule),
          since: row.since,
          ...(last === undefined ? {} : { last: readMoment(last) }),
          ahead: ahead.map(({ moment }) => moment),
        });
      }
      return records;
    });
  }

  /** What was approved. @throws VigieError NOT_FOUND; STORE: it does not open */
  async plan(name: string): Promise<Plan> {
    const environment = this.#environment;
    const row = await this.#database.read(db =>
      db
        .selectFrom('schedules')
        .select('sealed_plan')
        .where('environment', '=', environment)
        .where('name', '=', name)
        .executeTakeFirst(),
    );
    if (row === undefined)
      throw new VigieError('NOT_FOUND', `No schedule of ${name} stands in ${environment}.`, {
        hint: trusted`vigie backups schedule ${name} -e ${environment}`,
      });
    return unseal(row.sealed_plan, { key: this.#key, label: labelOf({ environment, name }) }) as Plan;
  }

  /** The newest row of the audit about it; undefined: there is none. */
  async newestRow(name: string): Promise<AuditRow | undefined> {
    const rows = await this.#audit.list({
      environment: this.#environment,
      events: scheduleEvents,
      limit: mostRows,
    });
    return rows.find(({ facts }) => facts['schedule'] === name);
  }

  /** Rows of the audit about it behind that sequence, the newest first; undefined: they are too many to tell. */
  async rowsAfter(name: string, sequence: number): Promise<AuditRow[] | undefined> {
    const rows = await this.#audit.list({
      environment: this.#environment,
      events: scheduleEvents,
      after: sequence,
      limit: mostRows,
    });
    return rows.length === mostRows ? undefined : rows.filter(({ facts }) => facts['schedule'] === name);
  }

  async #refuseUnless(
    tx: Queries,
    { name, follows }: { name: string; follows: string | undefined },
  ): Promise<void> {
    const row = await tx
      .selectFrom('schedules')
      .select('change_id')
      .where('environment', '=', this.#environment)
      .where('name', '=', name)
      .executeTakeFirst();
    if (row?.change_id === follows) return;
    throw new VigieError('CONFLICT', `The schedule of ${name} was changed meanwhile; that stays.`, {
      hint: trusted`See what stands: vigie backups list -e ${this.#environment}`,
    });
  }
}

function labelOf({ environment, name }: ScheduleName): string {
  return `schedule ${environment}/${name}`;
}
