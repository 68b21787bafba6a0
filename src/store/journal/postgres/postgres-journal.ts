import type { Pool } from 'pg';
import { VigieError } from '../../../core/errors.ts';
import type {
  Begun,
  ClaimedRun,
  Journal,
  Lease,
  NewRun,
  NewStepRecord,
  Occasion,
  RunEnd,
  RunQuery,
  RunRequest,
  RunSummary,
  RunView,
  StartedAlike,
  Storm,
  Wait,
} from '../../../core/journal.ts';
import type { Json, JsonObject } from '../../../core/json.ts';
import { postgresError } from '../../postgres-error.ts';
import { readPostgresUrl } from '../../postgres-place.ts';
import { openPool } from '../../postgres-pool.ts';
import { parked, requested, toldParent } from '../decide.ts';
import { readBack, written } from '../payload.ts';
import { factsOf, summaryOf } from '../run-row.ts';
import { freshRun } from '../starts.ts';
import { writtenStep } from '../steps.ts';
import { firstMoment } from '../waits.ts';
import {
  adoptRun,
  claimedOf,
  claimRuns,
  heldLeases,
  type LeaseOfRun,
  mayClaim,
  renewLeases,
} from './claims.ts';
import { DatabaseClock } from './database-clock.ts';
import { lookForMessage, putMessage, takeMessage } from './messages.ts';
import { beginRun, dismissOccasion, findAlike, listStorms } from './occasions.ts';
import { RecordTurns, recordTaken } from './record-turns.ts';
import { endRun, findRun, leasedRun, leaveRun, listRuns, moveRun, namedRun } from './runs.ts';
import { migrateJournal } from './schema.ts';
import { limitResource, releaseSlots, roomOf, takeSlots } from './slots.ts';
import { againWhereItPasses, type Clock, type Sql } from './sql.ts';
import {
  findDefinition,
  forkRun,
  lastTick,
  type Mode,
  putDefinition,
  type RunToStart,
  startRun,
  tickMoment,
} from './starts.ts';
import { stepsOf } from './steps.ts';
import { countTargets } from './targets.ts';
import { Turns } from './turns.ts';
import { anyIsOver, replaceWaits, waitsOf } from './waits.ts';

/** Of one process: a turn, records, a renewal that must not wait for them, and what is read. */
const connections = 6;

/**
 * Opens a journal in a database of PostgreSQL, and makes it when there is none. Workers on several machines may have the
 * same one open: times are those of the database. `clock`: another than that, in milliseconds since 1970.
 * @throws VigieError STORE; SECRET for what is no URL of a database
 */
export async function openPostgresJournal(input: {
  url: string;
  clock?: () => number;
}): Promise<SharedJournal> {
  const { url, clock } = input;
  const place = readPostgresUrl(url);
  const pool = await openPool(place, { most: connections, called: 'vigie runs' });
  const translate = (error: unknown): unknown =>
    error instanceof VigieError ? error : postgresError(place, error);
  const given: Clock = () => clock?.() ?? null;
  const time = new DatabaseClock(pool, given);
  try {
    await migrateJournal(pool, place.name);
    await time.sync();
  } catch (error) {
    await pool.end();
    throw translate(error);
  }
  return new PostgresJournal({ pool, translate, clock: given, time });
}

/** A journal whose runs one may claim and another go on with: what lies in a queue in between is still held. */
export interface SharedJournal extends Journal {
  /** Takes a run over that was claimed for a queue; undefined: somebody has, or its lease was over. @throws VigieError STORE */
  adopt(lease: Lease, worker: string, leaseMs: number): Promise<ClaimedRun | undefined>;
  /** Those of the leases that somebody has, whoever. @throws VigieError STORE */
  held(leases: readonly LeaseOfRun[]): Promise<LeaseOfRun[]>;
}

class PostgresJournal implements SharedJournal {
  readonly #pool: Pool;
  readonly #clock: Clock;
  readonly #time: DatabaseClock;
  readonly #translate: (error: unknown) => unknown;
  readonly #turns: Turns;
  readonly #records: RecordTurns;

  constructor(parts: {
    pool: Pool;
    translate: (error: unknown) => unknown;
    clock: Clock;
    time: DatabaseClock;
  }) {
    const { pool, translate, clock, time } = parts;
    this.#time = time;
    this.#pool = pool;
    this.#clock = clock;
    this.#translate = translate;
    this.#turns = new Turns(pool, translate);
    this.#records = new RecordTurns(pool, { clock, translate });
  }

  now(): number {
    return this.#time.now();
  }

  async putDefinition(digest: string, source: string): Promise<void> {
    await this.#alone(sql => putDefinition(sql, digest, source));
  }

  async definition(digest: string): Promise<string | undefined> {
    return this.#alone(sql => findDefinition(sql, digest));
  }

  async start(run: NewRun): Promise<'started' | 'exists' | 'skipped'> {
    const starting = this.#starting(run);
    return this.#turns.run(sql => startRun(sql, starting.fresh, { ...starting, mostOpen: run.mostOpen }));
  }

  async tick(moment: { schedule: string; at: number }): Promise<boolean> {
    return this.#turns.run(sql => tickMoment(sql, moment));
  }

  async lastTick(schedule: string, until: number): Promise<number | undefined> {
    return this.#alone(sql => lastTick(sql, schedule, until));
  }

  async begin(occasion: Occasion, run: NewRun): Promise<Begun> {
    const starting = this.#starting(run);
    return this.#turns.run(sql => beginRun(sql, occasion, starting));
  }

  async dismiss(over: { what: string; environment: string }): Promise<void> {
    await this.#turns.run(sql => dismissOccasion(sql, over, this.#clock));
  }

  async storms(): Promise<Storm[]> {
    return this.#alone(listStorms);
  }

  async newestAlike(of: {
    environment: string;
    name: string;
    text: string;
  }): Promise<StartedAlike | undefined> {
    return this.#alone(sql => findAlike(sql, of));
  }

  async claim(worker: string, more: { max: number; leaseMs: number; only?: string }): Promise<ClaimedRun[]> {
    if (!(await this.#alone(sql => mayClaim(sql, this.#clock)))) return [];
    return this.#turns.run(async sql => {
      const rows = await claimRuns(sql, worker, { ...more, clock: this.#clock });
      return claimedOf(sql, worker, rows);
    });
  }

  async adopt(lease: Lease, worker: string, leaseMs: number): Promise<ClaimedRun | undefined> {
    return this.#alone(async sql => {
      const row = await adoptRun(sql, lease, { worker, leaseMs, clock: this.#clock });
      // What is recorded by now is read after the run is this worker's: nobody else adds to it.
      const [claimed] = row === undefined ? [] : await claimedOf(sql, worker, [row]);
      return claimed;
    });
  }

  async held(leases: readonly LeaseOfRun[]): Promise<LeaseOfRun[]> {
    return this.#alone(sql => heldLeases(sql, leases));
  }

  async renew(leases: readonly Lease[], leaseMs: number): Promise<{ lease: Lease; request?: RunRequest }[]> {
    return this.#alone(sql => renewLeases(sql, leases, { leaseMs, clock: this.#clock }));
  }

  async record(lease: Lease, records: readonly NewStepRecord[]): Promise<RunRequest | undefined> {
    return this.#records.record(lease, records.map(writtenStep));
  }

  async hold(lease: Lease, resources: readonly string[]): Promise<boolean> {
    return this.#turns.run(async sql => {
      const { number } = await leasedRun(sql, lease);
      const room = await roomOf(sql, resources);
      if (!resources.every(resource => room.has(resource, number))) return false;
      await takeSlots(
        sql,
        resources.map(resource => ({ run: number, resource })),
      );
      return true;
    }, lease.run);
  }

  async count(
    lease: Lease,
    step: { path: string; objects: readonly string[]; most?: number },
  ): Promise<{ run: string; most: number } | undefined> {
    return this.#turns.run(async sql => countTargets(sql, await leasedRun(sql, lease), step), lease.run);
  }

  async park(
    lease: Lease,
    waits: readonly Wait[],
    { cancelled }: { cancelled: boolean } = { cancelled: false },
  ): Promise<'parked' | 'ready'> {
    return this.#turns.run(async sql => {
      const { number, request } = await leasedRun(sql, lease);
      const goesOn = waits.length === 0 || (await anyIsOver(sql, waits, { run: number, clock: this.#clock }));
      const status = parked(request, { cancelled, goesOn });
      if (status === undefined) return 'ready';
      await replaceWaits(sql, number, waits);
      await leaveRun(sql, number, { status, due: firstMoment(waits) });
      await releaseSlots(sql, number);
      return 'parked';
    }, lease.run);
  }

  async finish(lease: Lease, end: { status: RunEnd; output?: Json }): Promise<void> {
    const output = written(end.output, `The output of the run ${lease.run}`);
    await this.#turns.run(async sql => {
      const row = await leasedRun(sql, lease);
      await endRun(sql, row.number, { status: end.status, output, clock: this.#clock });
      await replaceWaits(sql, row.number, []);
      await releaseSlots(sql, row.number);
      const parent = row.parent === null ? undefined : await findRun(sql, row.parent, { locked: true });
      const told = toldParent(parent, { row, status: end.status, output: end.output });
      if (told !== undefined) await putMessage(sql, told.number, told.message);
    }, lease.run);
  }

  async send(message: {
    run: string;
    key: string;
    id: string;
    payload: Json;
  }): Promise<'stored' | 'duplicate' | 'ended'> {
    const payload = written(message.payload, `The message ${message.id}`);
    return this.#turns.run(async sql => {
      const row = await namedRun(sql, message.run);
      if (row.ended_at !== null) return 'ended';
      return (await putMessage(sql, row.number, { ...message, payload })) ? 'stored' : 'duplicate';
    }, message.run);
  }

  async take(
    lease: Lease,
    { path, attempt, key }: { path: string; attempt: number; key: string },
  ): Promise<{ payload: Json } | undefined> {
    return this.#turns.run(async sql => {
      const { number } = await leasedRun(sql, lease);
      const found = await lookForMessage(sql, number, key);
      if (found === undefined) return undefined;
      const { payload } = found;
      const step = writtenStep({ path, attempt, state: 'done', output: payload });
      await recordTaken(sql, { lease, step, clock: this.#clock });
      await takeMessage(sql, found.number);
      return { payload };
    }, lease.run);
  }

  async request(
    run: string,
    what: RunRequest | 'resume',
    { by: asker }: { by?: JsonObject } = {},
  ): Promise<void> {
    const by = written(asker, 'Who asks');
    await this.#turns.run(async sql => {
      const row = await namedRun(sql, run);
      await moveRun(sql, row.number, requested(row, { what, by }));
    }, run);
  }

  async fork(
    run: string,
    more: {
      id: string;
      keep: readonly string[];
      startedBy: JsonObject;
      digest?: string;
      mostOpen?: number;
    },
  ): Promise<void> {
    const startedBy = written(more.startedBy, 'Who starts it');
    await this.#turns.run(sql => forkRun(sql, run, { ...more, startedBy, clock: this.#clock }));
  }

  async limit(resource: string, most: number): Promise<void> {
    await this.#turns.run(sql => limitResource(sql, { resource, most }));
  }

  async get(run: string): Promise<RunView | undefined> {
    return this.#read(async sql => {
      const row = await findRun(sql, run);
      if (row === undefined) return undefined;
      const { number } = row;
      const output = readBack(row.output);
      return {
        ...summaryOf(row, (await waitsOf(sql, [number])).get(number) ?? []),
        input: factsOf(row).input,
        steps: (await stepsOf(sql, [number])).get(number) ?? [],
        ...(output === undefined ? {} : { output }),
      };
    });
  }

  async list(query: RunQuery): Promise<RunSummary[]> {
    return this.#read(async sql => {
      const rows = await listRuns(sql, query);
      const waits = await waitsOf(
        sql,
        rows.map(({ number }) => number),
      );
      return rows.map(row => summaryOf(row, waits.get(row.number) ?? []));
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.#turns.settle(), this.#records.settle()]);
    await this.#pool.end();
  }

  /** @throws VigieError TOO_LARGE */
  #starting(run: NewRun): { fresh: RunToStart; mode: Mode; clock: Clock } {
    return { fresh: freshRun(run, 0), mode: run.concurrency?.mode, clock: this.#clock };
  }

  /** What is one statement is a transaction by itself. */
  async #alone<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    try {
      return await againWhereItPasses(() => work(this.#pool));
    } catch (error) {
      throw this.#translate(error);
    }
  }

  /** One transaction, so that a row and what belongs to it are of one moment. */
  async #read<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#alone(async () => {
      const client = await this.#pool.connect();
      let broken = true;
      try {
        await client.query('begin isolation level repeatable read read only');
        const found = await work(client);
        await client.query('commit');
        broken = false;
        return found;
      } finally {
        client.release(broken);
      }
    });
  }
}
