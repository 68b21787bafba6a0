import { isoOf } from '../../../logs/moment.ts';
import { fittingRows } from '../../text-table.ts';
import { rawLines } from '../raw-lines.ts';
import type { FoundLine } from '../source.ts';
import { type Answer, type Found, firstReasons, notReadFacts } from './facts.ts';

// The facts beside the lines: a cursor, the reasons of what was not read, JSON punctuation.
const overheadBytes = 5_000;

/** A page of lines as they are, oldest first; the cursor leads to older ones. */
export async function rawAnswer({ asked, source, span, context }: Found): Promise<Answer> {
  const { limit, level, cursor } = asked;
  const fitting = (lines: readonly FoundLine[]) => {
    const rows = fittingRows(lines.map(rowOf).toReversed(), context.budgetBytes - overheadBytes);
    return rows.length === 0 ? [] : lines.slice(-rows.length);
  };
  const page = await rawLines(source, { span, limit, level, cursor, fitting });
  const name = page.lines.length > 0 ? source.name : 'what was asked for';
  const head = [
    `${page.lines.length} lines of ${name}${page.cursor === undefined ? '' : `; older ones: cursor ${page.cursor}`}`,
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
    },
    text: [...head, ...page.lines.map(rowOf)].join('\n'),
  };
}

function rowOf({ at, where, text }: FoundLine): string {
  return `${isoOf(at)} [${where}] ${text}`;
}
