import type { Pool } from 'pg';
import type { Lease, RunRequest, StepRecord } from '../../../core/journal.ts';
import { standsAlready, type WrittenStep } from '../steps.ts';
import { given, kept } from './kept-text.ts';
import { fenced } from './runs.ts';
import { againWhereItPasses, type Clock, now, type Sql } from './sql.ts';

/** Records of one statement: what comes at once waits for the next. Each may have a megabyte. */
const mostRecords = 500;
const mostChars = 8 * 1024 * 1024;

interface Asked {
  lease: Lease;
  records: readonly WrittenStep[];
  resolve: (request: RunRequest | undefined) => void;
  reject: (error: unknown) => void;
}

interface Told {
  call: number;
  request: RunRequest | null;
  path: string | null;
  attempt: number | null;
  stands: StepRecord['state'] | null;
}

/**
 * A lease is looked at under a lock that a takeover waits for, and that no two records wait for: in the order of the rows, as
 * a renewal takes them. `clash`: something else is there for good, so nothing of that call is written. `durable`: whatever a
 * role's own default is, the statement has ended when its records are on disk.
 */
const statement = `with call as (
    select asked.call, run.number, run.request
    from unnest($2::int[], $3::text[], $4::text[], $5::bigint[]) as asked (call, run, owner, epoch)
    join vigie_runs.run on run.id = asked.run and run.owner = asked.owner and run.epoch = asked.epoch
      and run.status = 'running'
    order by run.number for share of run),
  found as (
    select fresh.*, call.number, step.state as stands, step.state = fresh.state
      and step.output is not distinct from fresh.output and step.error is not distinct from fresh.error as same
    from unnest($6::int[], $7::text[], $8::int[], $9::text[], $10::text[], $11::text[])
      as fresh (call, path, attempt, state, output, error)
    join call on call.call = fresh.call
    left join vigie_runs.step on step.run = call.number and step.path = fresh.path and step.attempt = fresh.attempt),
  clash as (select distinct on (call) call, path, attempt, stands from found where stands <> 'intent' and not same),
  put as (
    insert into vigie_runs.step as before (run, path, attempt, state, output, error, at)
    select number, path, attempt, state, output, error, ${now} from found
    where (stands is null or (stands = 'intent' and not same)) and call not in (select call from clash)
    on conflict (run, path, attempt) do update set state = excluded.state, output = excluded.output,
      error = excluded.error, at = excluded.at where before.state = 'intent')
  select call.call, call.request, clash.path, clash.attempt, clash.stands
  from call left join clash on clash.call = call.call
  cross join (select set_config('synchronous_commit', 'on', true)) as durable`;

/** Records what is asked for in one turn, or while another statement is under way, in one statement, which is a transaction. */
export class RecordTurns {
  readonly #pool: Pool;
  readonly #clock: Clock;
  readonly #translate: (error: unknown) => unknown;
  #asked: Asked[] = [];
  #going: Promise<void> | undefined;

  constructor(pool: Pool, more: { clock: Clock; translate: (error: unknown) => unknown }) {
    this.#pool = pool;
    this.#clock = more.clock;
    this.#translate = more.translate;
  }

  /** @throws VigieError as Journal.record */
  record(lease: Lease, records: readonly WrittenStep[]): Promise<RunRequest | undefined> {
    return new Promise((resolve, reject) => {
      this.#asked.push({ lease, records, resolve, reject });
      this.#going ??= this.#goOn();
    });
  }

  /** Resolves when all that was asked for is kept or refused. */
  async settle(): Promise<void> {
    await this.#going;
  }

  async #goOn(): Promise<void> {
    await new Promise(setImmediate);
    while (this.#asked.length > 0) {
      const taken = firstOf(this.#asked);
      this.#asked = this.#asked.slice(taken.length);
      try {
        await this.#put(taken);
      } catch (error) {
        const translated = this.#translate(error);
        for (const { reject } of taken) reject(translated);
      }
    }
    this.#going = undefined;
  }

  async #put(asked: readonly Asked[]): Promise<void> {
    const told = new Map((await this.#send(asked)).map(each => [each.call, each] as const));
    const lost = asked.filter((_, call) => !told.has(call));
    const stands = await standingOf(this.#pool, lost);
    for (const [call, { lease, resolve, reject }] of asked.entries()) {
      const answer = told.get(call);
      if (answer === undefined) reject(fenced(lease, stands.get(lease.run)));
      else if (answer.path !== null && answer.stands !== null)
        reject(
          standsAlready({ path: given(answer.path), attempt: answer.attempt ?? 0, state: answer.stands }),
        );
      else resolve(answer.request ?? undefined);
    }
  }

  async #send(asked: readonly Asked[]): Promise<Told[]> {
    const rows = asked.flatMap(({ records }, call) => records.map(record => ({ call, ...record })));
    const values = [
      this.#clock(),
      asked.map((_, call) => call),
      asked.map(({ lease }) => kept(lease.run)),
      asked.map(({ lease }) => kept(lease.worker)),
      asked.map(({ lease }) => lease.epoch),
      rows.map(({ call }) => call),
      rows.map(({ path }) => kept(path)),
      rows.map(({ attempt }) => attempt),
      rows.map(({ state }) => state),
      rows.map(({ output }) => output),
      rows.map(({ error }) => error),
    ];
    const { rows: told } = await againWhereItPasses(() => this.#pool.query<Told>(statement, values));
    return told;
  }
}

/** As many as one statement takes, none of them about the same step as one before it: a statement writes a row once. */
function firstOf(asked: readonly Asked[]): Asked[] {
  const keys = new Set<string>();
  const taken: Asked[] = [];
  let [records, chars] = [0, 0];
  for (const each of asked) {
    const own = each.records.map(({ path, attempt }) => `${each.lease.run} ${attempt} ${path}`);
    records += own.length;
    for (const { output, error } of each.records) chars += (output?.length ?? 0) + (error?.length ?? 0);
    const fits = records <= mostRecords && chars <= mostChars && !own.some(key => keys.has(key));
    if (taken.length > 0 && !fits) break;
    for (const key of own) keys.add(key);
    taken.push(each);
  }
  return taken;
}

async function standingOf(
  sql: Sql,
  lost: readonly Asked[],
): Promise<Map<string, { status: string; epoch: number }>> {
  if (lost.length === 0) return new Map();
  const { rows } = await sql.query<{ id: string; status: string; epoch: number }>(
    'select id, status, epoch::float8 as epoch from vigie_runs.run where id = any($1::text[])',
    [lost.map(({ lease }) => kept(lease.run))],
  );
  return new Map(rows.map(({ id, ...row }) => [given(id), row]));
}

/** A step that a message gives is recorded in the turn that takes the message. @throws VigieError CONFLICT */
export async function recordTaken(
  sql: Sql,
  { lease, step, clock }: { lease: Lease; step: WrittenStep; clock: Clock },
): Promise<void> {
  const { rows } = await sql.query<Told>(statement, [
    clock(),
    [0],
    [kept(lease.run)],
    [kept(lease.worker)],
    [lease.epoch],
    [0],
    [kept(step.path)],
    [step.attempt],
    [step.state],
    [step.output],
    [step.error],
  ]);
  const [answer] = rows;
  const stands = answer?.stands ?? undefined;
  if (stands !== undefined) throw standsAlready({ ...step, state: stands });
}
