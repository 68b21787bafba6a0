import * as z from 'zod';
import { limits } from '../../core/limits.ts';
import type { Json } from '../../core/json.ts';
import type { ListQuery, TablePage } from '../../clients/kube/reader.ts';
import { defineReadTool, type ToolContext } from '../../toolkit/tool.ts';
import { cellText, sentBytes, tableHeader, tableLine } from '../text-table.ts';
import { countBy, countText } from './counts.ts';
import { readCursor, writeCursor } from './list-cursor.ts';
import { cursorField, kindField, labelSelectorField, namespaceField } from './schemas.ts';

/** Columns that `-o wide` hides from people but that a question about this kind nearly always needs. */
const neededColumns: ReadonlyMap<string, readonly string[]> = new Map([['Pod', ['Node']]]);

// What an answer holds beside its rows: counts, cursor, environment, JSON punctuation.
const overheadBytes = 1_500;

/** Lists objects of one kind as the table the API server itself makes, counts of all of them first. */
export const k8sList = defineReadTool({
  name: 'k8s_list',
  title: 'List objects',
  description: 'List objects of any kind (CRDs too) as a table: counts of all first, then rows.',
  input: z.strictObject({
    kind: kindField.describe('Kind, plural or short name.'),
    apiVersion: z.string().max(253).optional().describe('If the kind is ambiguous.'),
    namespace: namespaceField.describe('Default: all.'),
    labelSelector: labelSelectorField.optional().describe('As app=web,tier!=db.'),
    fieldSelector: z.string().max(1_000).optional().describe('As status.phase=Pending.'),
    limit: z.int().min(1).max(limits.listPage).default(100).describe('Rows a page.'),
    cursor: cursorField.describe('From the page before.'),
    format: z.enum(['table', 'json']).default('table').describe('json: rows as data.'),
    wide: z.boolean().default(false).describe('More columns.'),
  }),
  output: z.object({
    kind: z.string(),
    counts: z.record(z.string(), z.int()),
    total: z.int(),
    shown: z.int(),
    truncated: z.boolean(),
    cursor: z.string().optional(),
    rows: z.array(z.any()).optional(),
  }),

  async read(input, context) {
    const { kind } = await context.kube.resolve(input.kind, input.apiVersion);
    const query: ListQuery = { kind: input.kind };
    if (input.apiVersion !== undefined) query.apiVersion = input.apiVersion;
    if (input.namespace !== undefined) query.namespace = input.namespace;
    if (input.labelSelector !== undefined) query.labelSelector = input.labelSelector;
    if (input.fieldSelector !== undefined) query.fieldSelector = input.fieldSelector;

    const at = readCursor(input.cursor, input.limit);
    const page = await context.kube.table({
      ...query,
      wide: true,
      limit: at.limit,
      ...(at.token === undefined ? {} : { continue: at.token }),
    });
    const columns = shownColumns(page, { kind, wide: input.wide });
    const rest = page.rows.slice(at.skip);
    const summary = await summarise({ context, query, page, first: input.cursor === undefined });

    const asJson = input.format === 'json';
    const several = new Set(rest.map(row => row.namespace)).size > 1;
    const render = (row: TablePage['rows'][number]) =>
      asJson ? rowData(row, columns) : rowLine(row, { columns, several });
    const rendered = fitting(rest.map(render), context.budgetBytes - overheadBytes);
    const shown = rendered.length;

    const cursor =
      shown < rest.length
        ? writeCursor({ ...at, skip: at.skip + shown })
        : page.continue === undefined
          ? undefined
          : writeCursor({ token: page.continue, skip: 0, limit: input.limit });
    const data = {
      kind,
      counts: summary.counts,
      total: summary.total,
      shown,
      truncated: cursor !== undefined,
      ...(cursor === undefined ? {} : { cursor }),
      ...(asJson ? { rows: rendered.filter(row => typeof row !== 'string') } : {}),
    };
    const where = input.namespace ?? context.environment.namespaces?.join(', ') ?? context.environment.name;
    const headline = `${summary.total} ${plural(kind, summary.total)} in ${where}${countText(summary.counts)}`;
    const more =
      cursor === undefined
        ? []
        : [`${shown} shown${summary.partial ? ' on this page' : ''}; more: cursor "${cursor}"`];
    if (asJson || shown === 0) return { data, text: [headline, ...more].join('\n') };
    const names = columns.map(column => column.name);
    const lines = rendered.filter(row => typeof row === 'string');
    return {
      data,
      text: [headline, tableHeader(several ? ['namespace', ...names] : names), ...lines, ...more].join('\n'),
    };
  },
});

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

/** Counts over everything the query matches, so that the first answer already says how things stand. */
async function summarise(input: { context: ToolContext; query: ListQuery; page: TablePage; first: boolean }) {
  const { context, query, page } = input;
  const column = page.columns.findIndex(({ name }) => name === 'Status');
  const statuses = page.rows.map(row => row.cells[column]);
  let total = page.rows.length;
  let next = page.continue;
  // A later page counts itself only: the whole was counted with the first one.
  for (let pages = 1; input.first && next !== undefined && pages < limits.listPages; pages += 1) {
    context.progress(`counted ${total} so far`);
    const more = await context.kube.table({ ...query, limit: countingPage, continue: next });
    statuses.push(...more.rows.map(row => row.cells[column]));
    total += more.rows.length;
    next = more.continue;
  }
  return {
    total,
    counts: column < 0 ? {} : countBy(statuses.map(cellText)),
    partial: !input.first,
  };
}

// Rows are not kept, only counted: the largest page the server encodes well (kube facts: 1,000 is fastest).
const countingPage = 1_000;

function rowLine(row: TablePage['rows'][number], view: { columns: Column[]; several: boolean }): string {
  const cells = view.columns.map(column => row.cells[column.index]);
  return tableLine(view.several ? [row.namespace, ...cells] : cells);
}

function rowData(row: TablePage['rows'][number], columns: Column[]): Record<string, Json> {
  const cells = columns.map(({ name, index }): [string, Json] => [camelCase(name), row.cells[index] ?? null]);
  return {
    ...(row.namespace === undefined ? {} : { namespace: row.namespace }),
    ...Object.fromEntries(cells),
  };
}

function camelCase(name: string): string {
  return name
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean)
    .map((word, index) => {
      const lower = word === word.toUpperCase() ? word.toLowerCase() : word;
      const [head, tail] = [lower.slice(0, 1), lower.slice(1)];
      return (index === 0 ? head.toLowerCase() : head.toUpperCase()) + tail;
    })
    .join('');
}

function fitting<T>(rows: T[], bytes: number): T[] {
  let used = 0;
  const end = rows.findIndex(row => {
    used += typeof row === 'string' ? sentBytes(row) : Buffer.byteLength(JSON.stringify(row));
    return used > bytes;
  });
  return end < 0 ? rows : rows.slice(0, end);
}

function plural(kind: string, count: number): string {
  const word = kind.toLowerCase();
  if (count === 1) return word;
  if (/(s|x|ch)$/.test(word)) return word.endsWith('endpoints') ? word : `${word}es`;
  return word.endsWith('y') && !/[aeiou]y$/.test(word) ? `${word.slice(0, -1)}ies` : `${word}s`;
}
