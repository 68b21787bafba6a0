import * as z from 'zod';
import type { ListQuery, TablePage } from '../../clients/kube/reader.ts';
import type { JsonObject } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import { asData } from '../../toolkit/asked-field.ts';
import { defineReadTool, type ToolContext } from '../../toolkit/tool.ts';
import { cellText, fittingRows, tableHeader, tableLine } from '../text-table.ts';
import { countBy, countText } from './counts.ts';
import { searchedPlace } from './named-place.ts';
import { notReadFact, notReadLines } from './not-read.ts';
import { cursorField, kindField, labelSelectorField, namespaceField } from './schemas.ts';

/** Columns that `-o wide` hides from people but that a question about this kind nearly always needs. */
const neededColumns: ReadonlyMap<string, readonly string[]> = new Map([['Pod', ['Node']]]);

// What an answer holds beside its rows: counts, cursor, environment, JSON punctuation.
const overheadBytes = 1_500;

// Rows are not kept, only counted: the largest page the server encodes well (1,000 measured fastest).
const countingPage = 1_000;

const listInput = z.strictObject({
  kind: kindField.describe('Kind, plural or short name.'),
  apiVersion: z.string().max(253).optional().describe('If the kind is ambiguous.'),
  namespace: namespaceField.describe('Default: all.'),
  labelSelector: labelSelectorField.optional().describe('As app=web,tier!=db.'),
  fieldSelector: z.string().max(1_000).optional().describe('As status.phase=Pending.'),
  limit: z.int().min(1).max(limits.listPage).default(100).describe('Rows a page.'),
  cursor: cursorField.describe('From the page before.'),
  format: z.enum(['table', 'json']).default('table').describe('json: rows as data.'),
  wide: z.boolean().default(false).describe('More columns.'),
});

/** Lists objects of one kind as the table the API server itself makes, counts of all of them first. */
export const k8sList = defineReadTool({
  name: 'k8s_list',
  title: 'List objects',
  description: 'List objects of any kind (CRDs too) as a table: counts of all first, then rows.',
  input: listInput,
  output: z.object({
    kind: z.string(),
    counts: z.record(z.string(), z.int()),
    total: z.int(),
    shown: z.int(),
    truncated: z.boolean(),
    cursor: z.string().optional(),
    rows: asData(z.array(z.unknown())),
    notRead: z.array(z.string()).optional(),
  }),

  async read(input, context) {
    const { kind, namespaced } = await context.kube.resolve(input.kind, input.apiVersion);
    const query = queryOf(input);
    const asked = { ...query, ...(input.cursor === undefined ? {} : { continue: input.cursor }) };
    const page = await context.kube.table({ ...asked, wide: true, limit: input.limit });
    const { unread, ...summary } = await summarise({
      context,
      query,
      page,
      first: input.cursor === undefined,
    });

    const { environment } = context;
    const { namespaces, name } = environment;
    const view: View = {
      columns: shownColumns(page, { kind, wide: input.wide }),
      several: input.namespace === undefined && namespaces?.length !== 1,
    };
    const render = (row: Row) => (input.format === 'json' ? rowData(row, view) : rowLine(row, view));
    const rows = fittingRows(page.rows.map(render), context.budgetBytes - overheadBytes);
    const shown = rows.length;
    const next = await nextCursor(page, { shown, asked, kube: context.kube });
    const cursor = next === undefined ? {} : { cursor: next };

    const place =
      input.namespace === undefined
        ? namespaces?.join(', ')
        : await searchedPlace(context.kube, {
            namespace: input.namespace,
            environment,
            found: summary.total > 0 || !namespaced,
          });
    const where = (namespaced ? place : undefined) ?? name;
    const headline = `${summary.total} ${plural(kind, summary.total)} in ${where}${countText(summary.counts)}`;
    const lines = rows.filter(row => typeof row === 'string');
    const header = lines.length === 0 ? [] : [headerLine(page, view)];
    const more = cursor.cursor === undefined ? [] : [`${shown} shown; more: cursor "${cursor.cursor}"`];
    return {
      data: {
        kind,
        ...summary,
        ...notReadFact(unread),
        shown,
        truncated: next !== undefined || shown < page.rows.length,
        ...cursor,
        ...(input.format === 'json' ? { rows: rows.filter(row => typeof row !== 'string') } : {}),
      },
      text: [headline, ...notReadLines(unread), ...header, ...lines, ...more].join('\n'),
    };
  },
});

type Row = TablePage['rows'][number];

interface View {
  columns: Column[];
  /** Whether rows of several namespaces may come, on this page or another. */
  several: boolean;
}

interface Column {
  name: string;
  index: number;
}

function shownColumns(page: TablePage, view: { kind: string; wide: boolean }): Column[] {
  const needed = neededColumns.get(view.kind) ?? [];
  return page.columns
    .map((column, index) => ({ ...column, index }))
    .filter(column => view.wide || column.priority === 0 || needed.includes(column.name));
}

function queryOf(input: z.output<typeof listInput>): ListQuery {
  const { kind, apiVersion, namespace, labelSelector, fieldSelector } = input;
  return {
    kind,
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
}

/**
 * Where the list goes on. A page that did not fit is asked for again, as short as it was shown: the server then says where it
 * goes on from there. Never the cursor that the caller sent: it would come back masked if it held a known secret, which would
 * answer a guess.
 */
async function nextCursor(
  page: TablePage,
  { shown, asked, kube }: { shown: number; asked: ListQuery; kube: ToolContext['kube'] },
): Promise<string | undefined> {
  if (shown === page.rows.length) return page.continue;
  // A row that fits into no answer is passed over, or the list would never get beyond it.
  return (await kube.table({ ...asked, limit: Math.max(1, shown) })).continue;
}

/** Counts over everything the query matches, so that the first answer already says how things stand. */
async function summarise(input: { context: ToolContext; query: ListQuery; page: TablePage; first: boolean }) {
  const { context, query, page } = input;
  const column = page.columns.findIndex(({ name }) => name === 'Status');
  const statuses = page.rows.map(row => row.cells[column]);
  const unread = new Set(page.unread);
  let total = page.rows.length;
  let next = page.continue;
  // A later page counts itself only: the whole was counted with the first one.
  for (let pages = 1; input.first && next !== undefined && pages < limits.listPages; pages += 1) {
    context.progress(`counted ${total} so far`);
    const more = await context.kube.table({ ...query, limit: countingPage, continue: next });
    statuses.push(...more.rows.map(row => row.cells[column]));
    total += more.rows.length;
    for (const namespace of more.unread ?? []) unread.add(namespace);
    next = more.continue;
  }
  return { total, counts: column < 0 ? {} : countBy(statuses.map(cellText)), unread };
}

function headerLine(page: TablePage, view: View): string {
  const names = view.columns.map(column => column.name);
  return tableHeader(showsNamespace(page.rows[0], view) ? ['namespace', ...names] : names);
}

function rowLine(row: Row, view: View): string {
  const cells = view.columns.map(column => row.cells[column.index]);
  return tableLine(showsNamespace(row, view) ? [row.namespace, ...cells] : cells);
}

function showsNamespace(row: Row | undefined, view: View): boolean {
  return view.several && row?.namespace !== undefined;
}

function rowData(row: Row, view: View): JsonObject {
  const cells = view.columns.map(({ name, index }) => [camelCase(name), row.cells[index] ?? null]);
  return {
    ...(row.namespace === undefined ? {} : { namespace: row.namespace }),
    ...Object.fromEntries(cells),
  };
}

/** `Up-to-date` → `upToDate`, `CPU` → `cpu`. */
function camelCase(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter(Boolean);
  return words.map((word, index) => (index === 0 ? lowerFirst(word) : upperFirst(word))).join('');
}

function lowerFirst(word: string): string {
  return word === word.toUpperCase() ? word.toLowerCase() : word.slice(0, 1).toLowerCase() + word.slice(1);
}

function upperFirst(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}

function plural(kind: string, count: number): string {
  const word = kind.toLowerCase();
  if (count === 1 || word.endsWith('endpoints')) return word;
  if (/(s|x|ch)$/.test(word)) return `${word}es`;
  return /[^aeiou]y$/.test(word) ? `${word.slice(0, -1)}ies` : `${word}s`;
}
