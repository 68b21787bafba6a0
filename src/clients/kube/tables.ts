import { VigieError } from '../../core/errors.ts';
import { inParallel } from '../../core/in-parallel.ts';
import { isObject, type Json, type JsonObject, objectsIn, textIn } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import { badResponse } from '../../http/bad-response.ts';
import { parseObject } from './answers.ts';
import { askedOfMany } from './asked.ts';
import { namespacesFor } from './bounds.ts';
import type { Channel } from './channel.ts';
import { type Cursor, namespacesFrom, readCursor, writeCursor } from './cursor.ts';
import { readGate } from './gates.ts';
import { assertWhole, bulkPage, itemsOf, type ListQuery, listParameters } from './lists.ts';
import { resourcePath } from './paths.ts';
import type { ResourceKind } from './resource-kind.ts';

/*
 * Rows as the server prints them. Without the objects behind them (includeObject=None) they cost a fifth of the time
 * of full objects, but then a row does not know its namespace: so one request goes to each namespace, four at a
 * time. With selectors few rows are expected, and one request over all of them, with metadata, is cheaper.
 */

export interface TableQuery extends ListQuery {
  /** Also the columns that people see only when they ask for more. */
  wide?: boolean;
  /** From the server's memory: some moments old it may be, and it costs the store nothing. */
  cached?: true;
}

export interface TablePage {
  /** Priority 0 always shows; above that only when more is asked for. */
  columns: { name: string; priority: number; type: string }[];
  rows: { cells: Json[]; namespace?: string; name?: string }[];
  continue?: string;
  /** How many rows come after this page; absent where the server does not count them. */
  remaining?: number;
  /** Namespaces of several whose rows the caller may not see. */
  unread?: string[];
}

type Row = TablePage['rows'][number];

interface Part {
  columns: TablePage['columns'];
  rows: Row[];
  token: string | undefined;
  remaining: number | undefined;
}

// Beyond this, rows found by a selector are asked for in one request rather than namespace by namespace.
const fewNamespaces = 8;
// An API server encodes lists on few cores: more requests at once gained nothing in measurements.
const namespacesAtOnce = 4;
const tableForm = 'application/json;as=Table;g=meta.k8s.io;v=v1,application/json;q=0.1';

/** One page of rows: `limit` of them, or all when it is absent. FORBIDDEN only where no namespace of several may be read. */
export async function tablePage(
  channel: Channel,
  input: { kind: ResourceKind; namespaceKind: ResourceKind | undefined; query: TableQuery },
): Promise<TablePage> {
  const { kind, query } = input;
  const cursor = readCursor(query.continue);
  const namespaces = await namespacesToAsk(channel, { ...input, cursor });
  const table = new Gathering(channel, { kind, query });
  if (namespaces === undefined) await table.gatherAtOnce(cursor);
  else await table.gatherFrom(namespacesFrom(namespaces, cursor), cursor);
  return query.wide === true ? table.page() : narrowed(table.page());
}

/** Undefined: one request, over all namespaces or about a cluster-scoped kind. */
async function namespacesToAsk(
  channel: Channel,
  input: { kind: ResourceKind; namespaceKind: ResourceKind | undefined; query: TableQuery; cursor: Cursor },
): Promise<readonly string[] | undefined> {
  const { kind, namespaceKind, query, cursor } = input;
  const within = namespacesFor(kind, { named: query.namespace, bounds: channel.bounds });
  if (within !== undefined || !kind.namespaced || namespaceKind === undefined) return within;
  if (cursor.token !== undefined && cursor.namespace === undefined) return undefined;
  const all = await allNamespaces(channel, namespaceKind);
  const narrowed = query.labelSelector !== undefined || query.fieldSelector !== undefined;
  return all === undefined || (narrowed && all.length > fewNamespaces) ? undefined : all;
}

async function allNamespaces(channel: Channel, namespaceKind: ResourceKind): Promise<string[] | undefined> {
  const table = new Gathering(channel, { kind: namespaceKind, query: { kind: namespaceKind.kind } });
  try {
    await table.gatherAtOnce({});
  } catch (error) {
    // Whoever may read pods everywhere need not be allowed to list namespaces.
    if (error instanceof VigieError && error.code === 'FORBIDDEN') return undefined;
    throw error;
  }
  return table
    .page()
    .rows.map(row => row.name ?? '')
    .filter(name => name !== '');
}

/** Collects rows until there are enough. */
class Gathering {
  readonly #channel: Channel;
  readonly #kind: ResourceKind;
  readonly #query: TableQuery;
  readonly #wanted: number;
  #columns: TablePage['columns'] = [];
  readonly #rows: Row[] = [];
  #next: Cursor | undefined;
  #remaining: number | undefined;
  readonly #unread: string[] = [];

  constructor(channel: Channel, { kind, query }: { kind: ResourceKind; query: TableQuery }) {
    this.#channel = channel;
    this.#kind = kind;
    this.#query = query;
    this.#wanted = query.limit ?? Number.POSITIVE_INFINITY;
  }

  page(): TablePage {
    return {
      columns: this.#columns,
      rows: this.#rows,
      ...(this.#next === undefined ? {} : { continue: writeCursor(this.#next) }),
      ...(this.#remaining === undefined ? {} : { remaining: this.#remaining }),
      ...(this.#unread.length === 0 ? {} : { unread: this.#unread }),
    };
  }

  async gatherAtOnce(cursor: Cursor): Promise<void> {
    const token = await this.#drain({ namespace: undefined, token: cursor.token });
    if (token !== undefined) this.#next = { token };
  }

  async gatherFrom(namespaces: readonly string[], cursor: Cursor): Promise<void> {
    let largest = 0;
    const refused: VigieError[] = [];
    for (let at = 0; at < namespaces.length; ) {
      // Asking several at once is for small namespaces; where one fills the page, the others would be asked in vain.
      const atOnce = largest > 0 && largest >= this.#room() ? 1 : namespacesAtOnce;
      const wave = namespaces.slice(at, at + atOnce);
      const limit = Math.min(this.#room(), bulkPage);
      const parts = await inParallel(wave, {
        atOnce,
        task: async namespace => {
          const token = namespace === cursor.namespace ? cursor.token : undefined;
          try {
            return await this.#request({ namespace, limit, token });
          } catch (error) {
            // What is refused in one namespace may be seen in the others.
            if (!(error instanceof VigieError) || error.code !== 'FORBIDDEN') throw error;
            refused.push(error);
            this.#unread.push(namespace);
            return undefined;
          }
        },
      });
      for (const [index, namespace] of wave.entries()) {
        const part = parts[index];
        if (part === undefined) continue;
        largest = Math.max(largest, part.rows.length);
        const next = namespaces[at + index + 1];
        const token = await this.#take(part, {
          namespace,
          from: namespace === cursor.namespace ? cursor.token : undefined,
        });
        if (token !== undefined) {
          this.#next = { namespace, token };
          if (next !== undefined) this.#remaining = undefined;
          return;
        }
        if (this.#room() <= 0 && next !== undefined) {
          this.#next = { namespace: next };
          this.#remaining = undefined;
          return;
        }
      }
      at += wave.length;
    }
    const [first] = refused;
    if (first !== undefined && refused.length === namespaces.length) throw first;
  }

  #room(): number {
    return this.#wanted - this.#rows.length;
  }

  /** Takes what was fetched of one namespace and the rest of it; the token where the page is full before its end. */
  async #take(part: Part, at: { namespace: string; from: string | undefined }): Promise<string | undefined> {
    // A token stands at the end of what was asked for, so a page that must end sooner is asked for again.
    const fits = part.rows.length <= this.#room();
    if (fits) {
      this.#add(part);
      if (part.token === undefined) return undefined;
    }
    return this.#drain({ namespace: at.namespace, token: fits ? part.token : at.from });
  }

  /** Pages through one namespace, or everything, until its end or enough rows. */
  async #drain(from: {
    namespace: string | undefined;
    token: string | undefined;
  }): Promise<string | undefined> {
    let { token } = from;
    do {
      if (this.#room() <= 0) return token;
      const limit = Math.min(this.#room(), bulkPage);
      const part = await this.#request({ namespace: from.namespace, limit, token });
      this.#add(part);
      token = part.token;
    } while (token !== undefined);
    return undefined;
  }

  #add(part: Part): void {
    if (this.#columns.length === 0) this.#columns = part.columns;
    for (const row of part.rows) this.#rows.push(row);
    this.#remaining = part.remaining;
  }

  async #request(at: {
    namespace: string | undefined;
    limit: number;
    token: string | undefined;
  }): Promise<Part> {
    // Of the whole call, since what counts a list asks for one table after the other. Every namespace is a page at least,
    // and one more where a table ended in it.
    const most = limits.listPages + 2 * (this.#channel.bounds.namespaces?.length ?? 0);
    if (this.#channel.countTablePage() > most) {
      throw badResponse('the server', `the list of ${this.#kind.resource} does not end after ${most} pages`);
    }
    const kind = this.#kind;
    const everywhere = kind.namespaced && at.namespace === undefined;
    const answer = await this.#channel.read({
      method: 'GET',
      path: resourcePath(kind, { namespace: at.namespace }),
      query: [
        ...listParameters({ ...at, query: this.#query }),
        ['includeObject', everywhere ? 'Metadata' : 'None'],
        // A token says by itself how old its page is.
        ...(this.#query.cached === true && at.token === undefined ? [['resourceVersion', '0'] as const] : []),
      ],
      accept: tableForm,
      gate: readGate,
      asked: askedOfMany(kind, { verb: 'list', namespace: at.namespace }),
    });
    const body = parseObject(answer.body, `the table of ${kind.resource}`);
    return partOf(body, { namespace: at.namespace, resource: kind.resource });
  }
}

function partOf(body: JsonObject, of: { namespace: string | undefined; resource: string }): Part {
  const { namespace, resource } = of;
  const metadata = isObject(body.metadata) ? body.metadata : {};
  const next = textIn(metadata.continue);
  const { remainingItemCount } = metadata;
  assertWhole(metadata, resource);
  if (body.kind === 'Table' && body.rows !== null && !Array.isArray(body.rows))
    throw badResponse('the server', `it is no table of ${resource}`);
  const shape = body.kind === 'Table' ? printed(body, namespace) : named(itemsOf(body, resource));
  return {
    ...shape,
    token: next === '' ? undefined : next,
    remaining: typeof remainingItemCount === 'number' ? remainingItemCount : undefined,
  };
}

function printed(
  body: JsonObject,
  namespace: string | undefined,
): { columns: TablePage['columns']; rows: Row[] } {
  const definitions = objectsIn(body.columnDefinitions);
  const columns = definitions.map(column => ({
    name: textIn(column.name),
    priority: typeof column.priority === 'number' ? column.priority : 0,
    type: textIn(column.type),
  }));
  const nameAt = Math.max(
    0,
    definitions.findIndex(column => column.format === 'name'),
  );
  const rows = objectsIn(body.rows).map(row => {
    const cells = Array.isArray(row.cells) ? row.cells : [];
    const metadata = isObject(row.object) && isObject(row.object.metadata) ? row.object.metadata : {};
    return rowOf(cells, { namespace: namespace ?? metadata.namespace, name: metadata.name ?? cells[nameAt] });
  });
  return { columns, rows };
}

/** A server of an aggregated API may print no tables: then a row is a name. */
function named(items: Json[]): { columns: TablePage['columns']; rows: Row[] } {
  const rows = objectsIn(items).map(item => {
    const { name, namespace } = isObject(item.metadata) ? item.metadata : {};
    return rowOf([name ?? ''], { namespace, name });
  });
  return { columns: [{ name: 'Name', priority: 0, type: 'string' }], rows };
}

function rowOf(cells: Json[], at: { namespace: Json | undefined; name: Json | undefined }): Row {
  return {
    cells,
    ...(typeof at.namespace === 'string' ? { namespace: at.namespace } : {}),
    ...(typeof at.name === 'string' ? { name: at.name } : {}),
  };
}

/** The page without the columns that people see only when they ask for more. */
function narrowed(page: TablePage): TablePage {
  const kept = page.columns.map(column => column.priority === 0);
  return {
    ...page,
    columns: page.columns.filter((_column, index) => kept[index]),
    rows: page.rows.map(row => ({ ...row, cells: row.cells.filter((_cell, index) => kept[index]) })),
  };
}
