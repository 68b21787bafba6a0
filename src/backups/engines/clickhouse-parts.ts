import type { ContentItem } from '../../core/copy.ts';
import { VigieError } from '../../core/errors.ts';
import { type JsonObject, textOf } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import { askClickHouse, type ClickHouseServer } from './clickhouse-client.ts';
import { quotedName, quotedText } from './clickhouse-sql.ts';

// A part of a MergeTree table never changes: writers make new ones, and merges replace old ones by new ones. So rows are
// counted by part before and while the server copies, and what counts is the parts that the copy turns out to hold. Names
// of parts are never used twice in one table, which its uuid tells from another of the same name.

/** A table whose rows lie in parts. */
export interface PartTable {
  name: string;
  uuid: string;
}

/** What a table's rows are summed up by. The order in which they lie does not matter. */
export const countAndHash =
  "toString(count()) AS count, toString(sum(sipHash64(formatRow('RowBinary', *)))) AS hash";
export const allStored = 'asterisk_include_materialized_columns = 1, max_execution_time = 0, final = 0';

/** In one statement: their names are part of it. */
const mostNamed = 10_000;
/** Of a table's name where somebody waits. */
const nameChars = 200;
/** As the server calls it that there is no such table. */
const gone = '(UNKNOWN_TABLE)';
const wrap = 1n << 64n;

interface Summed {
  count: number;
  hash: bigint;
}

/** Counts and hashes of parts, table by table, as they are seen. */
export class CountedParts {
  readonly #server: ClickHouseServer;
  readonly #seen = new Map<string, Map<string, Summed>>();

  constructor(server: ClickHouseServer) {
    this.#server = server;
  }

  /** Counts every part that is there and was not counted yet. */
  async look(tables: readonly PartTable[], progress: (message: string) => void): Promise<void> {
    const active = await this.#active();
    for (const [index, table] of tables.entries()) {
      const seen = this.#seen.get(table.uuid) ?? new Map<string, Summed>();
      this.#seen.set(table.uuid, seen);
      const fresh = (active.get(table.name) ?? []).filter(name => !seen.has(name));
      if (fresh.length === 0) continue;
      progress(`Counting ${cleanLine(table.name, nameChars)} (${index + 1} of ${tables.length})`);
      for (let from = 0; from < fresh.length; from += mostNamed)
        await this.#count(table, { seen, names: fresh.slice(from, from + mostNamed) });
    }
  }

  /** What these parts of a table hold; undefined where one of them was gone before it could be counted. */
  itemOf(table: PartTable, parts: ReadonlySet<string>): ContentItem | undefined {
    const seen = this.#seen.get(table.uuid);
    const all = [...parts].flatMap(part => seen?.get(part) ?? []);
    if (all.length < parts.size) return undefined;
    return {
      name: table.name,
      count: all.reduce((sum, { count }) => sum + count, 0),
      hash: String(all.reduce((sum, { hash }) => (sum + hash) % wrap, 0n)),
    };
  }

  /** Names of the parts that each table has now. */
  async #active(): Promise<Map<string, string[]>> {
    const rows = await askClickHouse(
      this.#server,
      `SELECT table, name FROM system.parts WHERE active AND database = ${quotedText(this.#server.settings.database)}`,
    );
    const parts = new Map<string, string[]>();
    for (const row of rows) {
      const table = textOf(row, 'table');
      const names = parts.get(table) ?? [];
      parts.set(table, names);
      names.push(textOf(row, 'name'));
    }
    return parts;
  }

  async #count(
    { name }: PartTable,
    { seen, names }: { seen: Map<string, Summed>; names: readonly string[] },
  ): Promise<void> {
    const table = `${quotedName(this.#server.settings.database)}.${quotedName(name)}`;
    const rows = await this.#ask(
      `SELECT _part AS part, ${countAndHash} FROM ${table} WHERE _part IN (${names.map(quotedText).join(', ')})
GROUP BY _part SETTINGS ${allStored}`,
    );
    for (const row of rows)
      seen.set(textOf(row, 'part'), {
        count: Number(textOf(row, 'count')),
        hash: BigInt(textOf(row, 'hash')),
      });
  }

  /** Nothing of a table that was dropped meanwhile: the copy has it or not, and what it has of it is not compared. */
  async #ask(sql: string): Promise<JsonObject[]> {
    try {
      return await askClickHouse(this.#server, sql);
    } catch (error) {
      if (error instanceof VigieError && error.code === 'BACKUP' && error.message.includes(gone)) return [];
      throw error;
    }
  }
}
