import * as z from 'zod';
import { VigieError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import { cleanLine } from '../../core/text.ts';
import { trusted } from '../../core/trusted-text.ts';
import { ageOf } from '../../kubernetes/duration.ts';
import type { ChangeRecord, ChangeState } from '../../store/change-reader.ts';
import { asData } from '../../toolkit/asked-field.ts';
import { defineReadTool, type ToolContext } from '../../toolkit/tool.ts';
import { fittingRows, tableHeader, tableLine } from '../text-table.ts';

// What an answer holds beside its rows: cursor, JSON punctuation.
const overheadBytes = 1_000;
const summaryChars = 160;

const columns = ['id', 'state', 'environment', 'risk', 'age', 'by', 'tool', 'summary'];

const states = [
  'waiting',
  'approved',
  'rejected',
  'expired',
  'void',
  'plan_changed',
  'executing',
  'done',
  'unverified',
  'failed',
  'returned',
  'interrupted',
] as const satisfies readonly ChangeState[];

/** Lists recorded changes and open tickets of all environments or one, the newest first. */
export const changesList = defineReadTool({
  name: 'changes_list',
  title: 'List changes',
  description: 'List recorded changes and open tickets, newest first.',
  input: z.strictObject({
    environment: z.string().max(63).optional().describe('Only its.'),
    states: z.array(z.enum(states)).max(states.length).optional().describe('waiting: open tickets.'),
    limit: z.int().min(1).max(limits.listPage).default(20).describe('Rows.'),
    cursor: z.string().max(32).optional().describe('From the page before.'),
    format: z.enum(['table', 'json']).default('table').describe('json: rows as data.'),
  }),
  output: z.object({
    shown: z.int(),
    truncated: z.boolean(),
    cursor: z.string().optional(),
    rows: asData(z.array(z.unknown())),
  }),
  environmental: false,

  async read({ environment, states, limit, cursor, format }, context) {
    const names = environmentNames(context, environment);
    // One more than asked for tells whether there is more.
    const filter = {
      limit: limit + 1,
      ...(states === undefined ? {} : { states }),
      ...(cursor === undefined ? {} : { before: cursor }),
    };
    const found = await Promise.all(
      names.map(name => context.changes.list({ environment: name, ...filter })),
    );
    const records = found.flat().toSorted(newestFirst);
    const asJson = format === 'json';
    const render = (record: ChangeRecord) => (asJson ? rowOf(record) : lineOf(record, context.now.getTime()));
    const shown = fittingRows(records.slice(0, limit).map(render), context.budgetBytes - overheadBytes);
    const truncated = shown.length < records.length;
    const last = truncated ? records[shown.length - 1] : undefined;
    const data = {
      shown: shown.length,
      truncated,
      ...(last === undefined ? {} : { cursor: last.id }),
      ...(asJson ? { rows: shown } : {}),
    };
    const headline = `${shown.length === 0 ? 'no' : shown.length} changes in ${names.join(', ')}`;
    const more = last === undefined ? [] : [`more: cursor "${last.id}"`];
    const lines = shown.filter(row => typeof row === 'string');
    const header = lines.length === 0 ? [] : [tableHeader(columns)];
    return { data, text: [headline, ...header, ...lines, ...more].join('\n') };
  },
});

function environmentNames(context: ToolContext, wanted: string | undefined): string[] {
  const names = context.environments.map(({ name }) => name);
  if (wanted === undefined) return names;
  if (names.includes(wanted)) return [wanted];
  throw new VigieError('UNKNOWN_ENVIRONMENT', `There is no environment ${wanted}`, {
    hint: trusted`Environments: ${names}.`,
    details: { environments: names },
  });
}

/** The order of the store: by time, then by id, so that a cursor means the same in every environment. */
function newestFirst(left: ChangeRecord, right: ChangeRecord): number {
  if (left.createdAt !== right.createdAt) return left.createdAt < right.createdAt ? 1 : -1;
  return left.id < right.id ? 1 : -1;
}

function lineOf(record: ChangeRecord, nowMs: number): string {
  return tableLine([
    record.id,
    record.undoneBy === undefined ? record.state : `${record.state} (undone by ${record.undoneBy})`,
    record.environment,
    record.risk,
    ageOf(record.createdAt, nowMs),
    record.actor.onBehalfOf,
    record.tool,
    cleanLine(record.summary, summaryChars),
  ]);
}

function rowOf(record: ChangeRecord): JsonObject {
  const { id, state, environment, risk, createdAt, tool, undoneBy } = record;
  return {
    id,
    state,
    environment,
    risk,
    createdAt,
    by: record.actor.onBehalfOf,
    tool,
    summary: cleanLine(record.summary, summaryChars),
    ...(undoneBy === undefined ? {} : { undoneBy }),
  };
}
