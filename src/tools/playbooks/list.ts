import * as z from 'zod';
import { limits } from '../../core/limits.ts';
import type { Playbook } from '../../core/playbook.ts';
import { cleanLine } from '../../core/text.ts';
import type { ExaminedPlaybook } from '../../toolkit/playbook-desk.ts';
import { defineReadTool } from '../../toolkit/tool.ts';
import { fittingRows, tableHeader, tableLine } from '../text-table.ts';

// What an answer holds beside its rows: cursor, JSON punctuation.
const overheadBytes = 1_000;
const titleChars = 160;
const columns = ['name', 'title', 'inputs', 'starts', 'origin', 'state'];

/** Lists the playbooks there are, each with its inputs and what starts it. */
export const playbooksList = defineReadTool({
  name: 'playbooks_list',
  title: 'List playbooks',
  description:
    'List playbooks: tested procedures of several steps. Look here before doing many steps by hand.',
  input: z.strictObject({
    limit: z.int().min(1).max(limits.listPage).default(100).describe('Rows.'),
    cursor: z.string().max(63).optional().describe('From the page before.'),
  }),
  output: z.object({ total: z.int(), shown: z.int(), truncated: z.boolean(), cursor: z.string().optional() }),
  environmental: false,

  async read({ limit, cursor }, { playbooks, budgetBytes }) {
    const all = await playbooks.list();
    const rest = cursor === undefined ? all : all.filter(({ name }) => name > cursor);
    const lines = fittingRows(rest.slice(0, limit).map(lineOf), budgetBytes - overheadBytes);
    const truncated = lines.length < rest.length;
    const last = truncated ? rest[lines.length - 1] : undefined;
    const header = lines.length === 0 ? [] : [tableHeader(columns)];
    const more = last === undefined ? [] : [`more: cursor "${last.name}"`];
    return {
      data: {
        total: all.length,
        shown: lines.length,
        truncated,
        ...(last === undefined ? {} : { cursor: last.name }),
      },
      text: [`${all.length} playbooks; * is required`, ...header, ...lines, ...more].join('\n'),
    };
  },
});

function lineOf({ name, origin, playbook, mistakes }: ExaminedPlaybook): string {
  return tableLine([
    name,
    cleanLine(playbook?.metadata.title ?? '', titleChars),
    playbook === undefined ? '' : inputsOf(playbook),
    Object.keys(playbook?.on ?? {}).join(','),
    origin,
    mistakes.length === 0 ? 'ok' : `${mistakes.length} mistakes`,
  ]);
}

function inputsOf({ inputs }: Playbook): string {
  return Object.entries(inputs)
    .map(([name, { required }]) => `${name}${required ? '*' : ''}`)
    .join(',');
}
