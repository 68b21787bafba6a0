import type BetterSqlite from 'better-sqlite3';
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
} from '../../core/journal.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { openConnection, storeError } from '../connection.ts';
import { Claims } from './claims.ts';
import { parked, requested, toldParent } from './decide.ts';
import { Definitions } from './definitions.ts';
import { GroupCommit } from './group-commit.ts';
import { Messages } from './messages.ts';
import { Occasions } from './occasions.ts';
import { readBack, written } from './payload.ts';
import { claimOf, factsOf, summaryOf } from './run-row.ts';
import { Runs } from './runs.ts';
import { migrateJournal } from './schema.ts';
import { Slots } from './slots.ts';
import { freshRun, Starts } from './starts.ts';
import { Steps, writtenStep } from './steps.ts';
import { Targets } from './targets.ts';
import { firstMoment, Waits } from './waits.ts';

/**
 * Opens a journal in a file of SQLite, and makes it when there is none. Several processes may have the same one open.
 * @throws VigieError STORE
 */
export async function openSqliteJournal(input: { file: string; now: () => number }): Promise<Journal> {
  const { file, now } = input;
  let database: BetterSqlite.Database | undefined;
  try {
    database = await openConnection(file);
    migrateJournal(database);
    return new SqliteJournal({ file, now, database });
  } catch (error) {
    database?.close();
    throw storeError(file, error);
  }
}

class SqliteJournal implements Journal {
  readonly #file: string;
  readonly #now: () => number;
  readonly #database: BetterSqlite.Database;
  readonly #commit: GroupCommit;
  readonly #runs: Runs;
  readonly #steps: Steps;
  readonly #slots: Slots;
  readonly #targets: Targets;
  readonly #claims: Claims;
  readonly #waits: Waits;
  readonly #messages: Messages;
  readonly #definitions: Definitions;
  readonly #starts: Starts;
  readonly #occasions: Occasions;

  constructor({ file, now, database }: { file: string; now: () => number; database: BetterSqlite.Database }) {
    this.#file = file;
    this.#now = now;
    this.#database = database;
    this.#commit = new GroupCommit(database, error => storeError(file, error));
    this.#runs = new Runs(database);
    this.#steps = new Steps(database);
    this.#slots = new Slots(database);
    this.#targets = new Targets(database, this.#runs);
    this.#claims = new Claims(database, this.#slots);
    this.#waits = new Waits(database);
    this.#messages = new Messages(database);
    this.#definitions = new Definitions(database);
    this.#starts = new Starts(database, {
      runs: this.#runs,
      steps: this.#steps,
      targets: this.#targets,
      definitions: this.#definitions,
    });
    this.#occasions = new Occasions(database, { runs: this.#runs, starts: this.#starts });
  }

  now(): number {
    return this.#now();
  }

  async putDefinition(digest: string, source: string): Promise<void> {
    await this.#commit.run(() => this.#definitions.put(digest, source));
  }

  async definition(digest: string): Promise<string | undefined> {
    return this.#read(() => this.#definitions.find(digest));
  }

  async start(run: NewRun): Promise<'started' | 'exists' | 'skipped'> {
    const fresh = freshRun(run, this.#now());
    return this.#commit.run(() =>
      this.#starts.start(fresh, { mode: run.concurrency?.mode, mostOpen: run.mostOpen }),
    );
  }

  async tick(moment: { schedule: string; at: number }): Promise<boolean> {
    return this.#commit.run(() => this.#starts.tick(moment));
  }

  async lastTick(schedule: string, until: number): Promise<number | undefined> {
    return this.#read(() => this.#starts.lastTick(schedule, until));
  }

  async begin(occasion: Occasion, run: NewRun): Promise<Begun> {
    const fresh = freshRun(run, this.#now());
    return this.#commit.run(() => this.#occasions.begin(occasion, { fresh, mode: run.concurrency?.mode }));
  }

  async dismiss(over: { what: string; environment: string }): Promise<void> {
    await this.#commit.run(() => this.#occasions.dismiss(over, this.#now()));
  }

  async storms(): Promise<Storm[]> {
    return this.#read(() => this.#occasions.storms());
  }

  async newestAlike(of: {
    environment: string;
    name: string;
    text: string;
  }): Promise<StartedAlike | undefined> {
    return this.#read(() => this.#occasions.newestAlike(of));
  }

  async claim(worker: string, more: { max: number; leaseMs: number; only?: string }): Promise<ClaimedRun[]> {
    return this.#commit.run(() =>
      this.#claims.claim(worker, { ...more, now: this.#now() }).map(row => ({
        ...claimOf(row, worker),
        steps: this.#steps.of(row.number),
      })),
    );
  }

  async renew(leases: readonly Lease[], leaseMs: number): Promise<{ lease: Lease; request?: RunRequest }[]> {
    return this.#commit.run(() =>
      leases.flatMap(lease => {
        const renewed = this.#claims.renew(lease, { leaseMs, now: this.#now() });
        return renewed === undefined ? [] : [{ lease, ...renewed }];
      }),
    );
  }

  async record(lease: Lease, records: readonly NewStepRecord[]): Promise<RunRequest | undefined> {
    const rows = records.map(writtenStep);
    return this.#commit.run(() => {
      const { number, request } = this.#runs.leased(lease);
      this.#steps.put(number, rows, this.#now());
      return request;
    });
  }

  async hold(lease: Lease, resources: readonly string[]): Promise<boolean> {
    return this.#commit.run(() => {
      const { number } = this.#runs.leased(lease);
      if (!resources.every(resource => this.#slots.hasRoom(resource, number))) return false;
      this.#slots.take(number, resources);
      return true;
    });
  }

  async count(
    lease: Lease,
    step: { path: string; objects: readonly string[]; most?: number },
  ): Promise<{ run: string; most: number } | undefined> {
    return this.#commit.run(() => {
      this.#runs.leased(lease);
      return this.#targets.count(this.#runs.named(lease.run), step);
    });
  }

  async park(
    lease: Lease,
    waits: readonly Wait[],
    { cancelled }: { cancelled: boolean } = { cancelled: false },
  ): Promise<'parked' | 'ready'> {
    return this.#commit.run(() => {
      const { number, request } = this.#runs.leased(lease);
      const goesOn = waits.length === 0 || waits.some(wait => this.#isOver(number, wait));
      const status = parked(request, { cancelled, goesOn });
      if (status === undefined) return 'ready';
      this.#waits.replace(number, waits);
      this.#slots.release(number);
      this.#runs.leave(number, { status, due: firstMoment(waits) });
      return 'parked';
    });
  }

  async finish(lease: Lease, end: { status: RunEnd; output?: Json }): Promise<void> {
    const output = written(end.output, `The output of the run ${lease.run}`);
    await this.#commit.run(() => {
      this.#runs.leased(lease);
      const row = this.#runs.named(lease.run);
      this.#runs.end(row.number, { status: end.status, at: this.#now(), output });
      this.#waits.replace(row.number, []);
      this.#slots.release(row.number);
      const parent = row.parent === null ? undefined : this.#runs.find(row.parent);
      const told = toldParent(parent, { row, status: end.status, output: end.output });
      if (told !== undefined) this.#messages.put(told.number, told.message);
    });
  }

  async send(message: {
    run: string;
    key: string;
    id: string;
    payload: Json;
  }): Promise<'stored' | 'duplicate' | 'ended'> {
    const payload = written(message.payload, `The message ${message.id}`);
    return this.#commit.run(() => {
      const row = this.#runs.named(message.run);
      if (row.ended_at !== null) return 'ended';
      return this.#messages.put(row.number, { ...message, payload }) ? 'stored' : 'duplicate';
    });
  }

  async take(
    lease: Lease,
    { path, attempt, key }: { path: string; attempt: number; key: string },
  ): Promise<{ payload: Json } | undefined> {
    return this.#commit.run(() => {
      const { number } = this.#runs.leased(lease);
      const found = this.#messages.look(number, key);
      if (found === undefined) return undefined;
      const { payload } = found;
      this.#steps.put(number, [writtenStep({ path, attempt, state: 'done', output: payload })], this.#now());
      this.#messages.take(found.number);
      return { payload };
    });
  }

  async request(
    run: string,
    what: RunRequest | 'resume',
    { by: asker }: { by?: JsonObject } = {},
  ): Promise<void> {
    const by = written(asker, 'Who asks');
    await this.#commit.run(() => {
      const row = this.#runs.named(run);
      this.#runs.move(row.number, requested(row, { what, by }));
    });
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
    await this.#commit.run(() => this.#starts.fork(run, { ...more, startedBy, now: this.#now() }));
  }

  async limit(resource: string, most: number): Promise<void> {
    await this.#commit.run(() => this.#slots.limit(resource, most));
  }

  async get(run: string): Promise<RunView | undefined> {
    return this.#read(() => {
      const row = this.#runs.find(run);
      if (row === undefined) return undefined;
      const output = readBack(row.output);
      return {
        ...summaryOf(row, this.#waits.of(row.number)),
        input: factsOf(row).input,
        steps: this.#steps.of(row.number),
        ...(output === undefined ? {} : { output }),
      };
    });
  }

  async list(query: RunQuery): Promise<RunSummary[]> {
    return this.#read(() => this.#runs.list(query).map(row => summaryOf(row, this.#waits.of(row.number))));
  }

  async close(): Promise<void> {
    this.#commit.flush();
    this.#database.close();
  }

  /** One transaction, so that a row and what belongs to it are of one moment. */
  async #read<T>(work: () => T): Promise<T> {
    try {
      return this.#database.transaction(work)();
    } catch (error) {
      throw storeError(this.#file, error);
    }
  }

  #isOver(run: number, wait: Wait): boolean {
    if (wait.kind === 'slot') return this.#slots.hasRoom(wait.key, run);
    if ((wait.until ?? Number.POSITIVE_INFINITY) <= this.#now()) return true;
    return wait.kind === 'message' && this.#messages.look(run, wait.key) !== undefined;
  }
}
