import type { JsonObject } from '../../../core/json.ts';
import { isoOf } from '../../../logs/moment.ts';
import { fittingRows } from '../../text-table.ts';
import { rawLines } from '../raw-lines.ts';
import { levelOf } from '../schemas.ts';
import type { FoundLine } from '../source.ts';
import { foldedBytes } from '../template-rows.ts';
import { type Answer, type Found, firstReasons, noneText, notReadFacts, roomFor } from './facts.ts';

// The facts beside the lines: a cursor, the reasons of what was not read, JSON punctuation.
const overheadBytes = 5_000;

/** A page of lines as they are, oldest first; the cursor leads to older ones. */
export async function rawAnswer({ asked, source, span, context }: Found): Promise<Answer> {
  const { limit, cursor } = asked;
  const level = levelOf(asked.level);
  const asData = asked.format === 'json';
  const room = (asData ? roomFor(context, foldedBytes) : context.budgetBytes) - overheadBytes;
  const fitting = (lines: readonly FoundLine[]) => {
    const all = asData ? lines.map(dataOf) : lines.map(rowOf);
    const rows = fittingRows<string | JsonObject>(all.toReversed(), room);
    return rows.length === 0 ? [] : lines.slice(-rows.length);
  };
  const page = await rawLines(source, { span, limit, level, cursor, fitting });
  const head = [
    `${page.lines.length} lines of ${source.name}${page.cursor === undefined ? '' : `; older ones: cursor ${page.cursor}`}`,
    ...(page.lines.length === 0 ? noneText({ asked, source }, { lines: page.read }) : []),
    ...(source.notRead.length === 0 ? [] : [`not read: ${firstReasons(source.notRead).join('; ')}`]),
  ];
  return {
    data: {
      source: source.via,
      lines: page.lines.length,
      total: page.lines.length,
      shown: page.lines.length,
      truncated: page.cursor !== undefined,
      ...(page.cursor === undefined ? {} : { cursor: page.cursor }),
      ...notReadFacts(source),
      ...(asData ? { rows: page.lines.map(dataOf) } : {}),
    },
    text: [...head, ...(asData ? [] : page.lines.map(rowOf))].join('\n'),
  };
}

function dataOf({ at, where, text }: FoundLine): JsonObject {
  return { at: isoOf(at), where, text };
}

function rowOf({ at, where, text }: FoundLine): string {
  return `${isoOf(at)} [${where}] ${text}`;
}
