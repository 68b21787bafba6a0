import type BetterSqlite from 'better-sqlite3';
import type { NewRun } from '../../core/journal.ts';
import { besideOthers, cancelled, forked } from './decide.ts';
import type { Definitions } from './definitions.ts';
import { written } from './payload.ts';
import type { FreshRun, Runs } from './runs.ts';
import type { Steps } from './steps.ts';
import type { Targets } from './targets.ts';

export type Mode = NonNullable<NewRun['concurrency']>['mode'] | undefined;

/** A run as it begins. @throws VigieError TOO_LARGE */
export function freshRun(run: NewRun, now: number): FreshRun {
  const { id, digest, name, environment, resources = [], concurrency, parent } = run;
  return {
    id,
    digest,
    name,
    environment,
    input: written(run.input, `The input of the run ${id}`),
    startedBy: written(run.startedBy, 'Who starts it'),
    startedAt: now,
    priority: run.priority ?? 0,
    due: run.at ?? null,
    resources: resources.length === 0 ? null : JSON.stringify(resources),
    concurrency: concurrency?.key ?? null,
    parent: parent?.run ?? null,
    parentKey: parent?.key ?? null,
    parentMost: parent?.most ?? null,
  };
}

/** How runs begin. */
export class Starts {
  readonly #runs: Runs;
  readonly #steps: Steps;
  readonly #targets: Targets;
  readonly #definitions: Definitions;
  readonly #tick: BetterSqlite.Statement<[string, number]>;
  readonly #lastTick: BetterSqlite.Statement<[string, number], { at: number | null }>;

  constructor(
    database: BetterSqlite.Database,
    parts: { runs: Runs; steps: Steps; targets: Targets; definitions: Definitions },
  ) {
    this.#runs = parts.runs;
    this.#steps = parts.steps;
    this.#targets = parts.targets;
    this.#definitions = parts.definitions;
    this.#tick = database.prepare('insert into tick (schedule, at) values (?, ?) on conflict do nothing');
    this.#lastTick = database.prepare('select max(at) as at from tick where schedule = ? and at <= ?');
  }

  /** @throws VigieError NOT_FOUND, TOO_MANY_RUNS */
  start(
    fresh: FreshRun,
    { mode, mostOpen }: { mode: Mode; mostOpen?: number | undefined },
  ): 'started' | 'exists' | 'skipped' {
    this.#definitions.mustHave(fresh.digest);
    if (this.#runs.find(fresh.id) !== undefined) return 'exists';
    const others = fresh.concurrency === null ? [] : this.#runs.together(fresh.concurrency);
    const { begins, cancels } = besideOthers(mode, others);
    if (!begins) return 'skipped';
    this.#runs.refuseCrowd(fresh.environment, mostOpen);
    for (const row of cancels.map(id => this.#runs.named(id))) this.#runs.move(row.number, cancelled(row));
    this.#runs.insert(fresh);
    return 'started';
  }

  tick({ schedule, at }: { schedule: string; at: number }): boolean {
    return this.#tick.run(schedule, at).changes > 0;
  }

  lastTick(schedule: string, until: number): number | undefined {
    return this.#lastTick.get(schedule, until)?.at ?? undefined;
  }

  fork(
    run: string,
    more: {
      id: string;
      keep: readonly string[];
      startedBy: string;
      digest?: string;
      mostOpen?: number;
      now: number;
    },
  ): void {
    const row = this.#runs.named(run);
    const fresh = forked(row, more);
    const { keep, mostOpen, now } = more;
    this.#definitions.mustHave(fresh.digest);
    if (this.#runs.find(fresh.id) !== undefined) return;
    this.#runs.refuseCrowd(fresh.environment, mostOpen);
    const number = this.#runs.insert({ ...fresh, startedAt: now });
    this.#steps.copy(row.number, number, keep);
    this.#targets.copy({ from: row.number, to: number, paths: keep });
  }
}
