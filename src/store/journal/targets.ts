import type BetterSqlite from 'better-sqlite3';
import { callersLine, isFull, type Line, ownLine } from './lines.ts';
import type { RunRow } from './run-row.ts';
import type { Runs } from './runs.ts';

/** The objects that count for runs whose playbooks say how many they may change. */
export class Targets {
  readonly #runs: Runs;
  readonly #of: BetterSqlite.Statement<[number], { object: string }>;
  readonly #put: BetterSqlite.Statement<[number, string, string]>;
  readonly #copy: BetterSqlite.Statement<[number, number, string]>;

  constructor(database: BetterSqlite.Database, runs: Runs) {
    this.#runs = runs;
    this.#of = database.prepare('select distinct object from target where run = ?');
    this.#put = database.prepare(
      'insert into target (run, path, object) values (?, ?, ?) on conflict do nothing',
    );
    this.#copy = database.prepare(
      'insert into target (run, path, object) select ?, path, object from target where run = ? and path = ?',
    );
  }

  /** As Journal.count. */
  count(
    row: RunRow,
    step: { path: string; objects: readonly string[]; most?: number },
  ): { run: string; most: number } | undefined {
    const lines = this.#linesOf(row, step);
    const full = lines.find(line => isFull(line, this.#counted(line), step.objects));
    if (full !== undefined) return { run: full.run, most: full.most };
    for (const { number, path } of lines) for (const each of step.objects) this.#put.run(number, path, each);
    return undefined;
  }

  /** What counted for an earlier run at these paths counts for this one too. */
  copy({ from, to, paths }: { from: number; to: number; paths: readonly string[] }): void {
    for (const path of paths) this.#copy.run(to, from, path);
  }

  #counted({ number }: Line): string[] {
    return this.#of.all(number).map(({ object }) => object);
  }

  #linesOf(row: RunRow, step: { path: string; most?: number }): Line[] {
    const lines = ownLine(row, step);
    for (let called = row; called.parent !== null; ) {
      const caller = this.#runs.find(called.parent);
      if (caller === undefined) break;
      lines.push(...callersLine(caller, called));
      called = caller;
    }
    return lines;
  }
}
