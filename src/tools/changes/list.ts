import * as z from 'zod';
import { cleanLine } from '../../core/text.ts';
import { ageOf } from '../../kubernetes/duration.ts';
import type { ChangeRecord, ChangeState } from '../../store/change-reader.ts';
import { defineReadTool } from '../../toolkit/tool.ts';
import { fittingLines, tableHeader, tableLine } from '../text-table.ts';

// What an answer holds beside its lines: counts, cursor, JSON punctuation.
const overheadBytes = 1_000;
const mostRows = 200;
const summaryChars = 160;

/** The names of states as the schema and the store share them. */
const states = [
  'waiting',
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

/** Lists recorded changes and open tickets, the newest first. */
export const changesList = defineReadTool({
  name: 'changes_list',
  title: 'List changes',
  description: 'List recorded changes and open tickets, newest first.',
  input: z.strictObject({
    states: z
      .array(z.enum(states))
      .max(states.length)
      .optional()
      .describe('Only these; waiting: open tickets.'),
    limit: z.int().min(1).max(mostRows).default(20).describe('Rows.'),
    before: z.string().max(32).optional().describe('Go on after this id.'),
  }),
  output: z.object({ shown: z.int(), truncated: z.boolean(), before: z.string().optional() }),

  async read({ states, limit, before }, { changes, environment, now, budgetBytes }) {
    // One more than asked tells whether there is more.
    const records = await changes.list({
      environment: environment.name,
      limit: limit + 1,
      ...(states === undefined ? {} : { states }),
      ...(before === undefined ? {} : { before }),
    });
    const lines = records.slice(0, limit).map(record => changeLine(record, now.getTime()));
    const shown = fittingLines(lines, budgetBytes - overheadBytes);
    const truncated = shown.length < records.length;
    const last = records[shown.length - 1];
    const next = truncated && last !== undefined ? { before: last.id } : {};
    const data = { shown: shown.length, truncated, ...next };
    if (shown.length === 0) return { data, text: `No changes in ${environment.name}` };
    const header = tableHeader(['id', 'state', 'risk', 'age', 'by', 'tool', 'summary']);
    const more = next.before === undefined ? [] : [`more: before "${next.before}"`];
    return { data, text: [header, ...shown, ...more].join('\n') };
  },
});

function changeLine(record: ChangeRecord, nowMs: number): string {
  return tableLine([
    record.id,
    record.undoneBy === undefined ? record.state : `${record.state} (undone by ${record.undoneBy})`,
    record.risk,
    ageOf(record.createdAt, nowMs),
    record.actor.onBehalfOf,
    record.tool,
    cleanLine(record.summary, summaryChars),
  ]);
}
