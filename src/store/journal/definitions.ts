import type BetterSqlite from 'better-sqlite3';
import { VigieError } from '../../core/errors.ts';

/** Playbooks by their digest: what is kept is never another text. */
export class Definitions {
  readonly #put: BetterSqlite.Statement<[string, string]>;
  readonly #find: BetterSqlite.Statement<[string], { source: string }>;

  constructor(database: BetterSqlite.Database) {
    this.#put = database.prepare(
      'insert into definition (digest, source) values (?, ?) on conflict do nothing',
    );
    this.#find = database.prepare('select source from definition where digest = ?');
  }

  put(digest: string, source: string): void {
    this.#put.run(digest, source);
  }

  find(digest: string): string | undefined {
    return this.#find.get(digest)?.source;
  }

  /** @throws VigieError NOT_FOUND */
  mustHave(digest: string): void {
    if (this.find(digest) !== undefined) return;
    throw new VigieError('NOT_FOUND', `There is no definition ${digest} in the journal.`);
  }
}
