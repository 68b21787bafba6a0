import type * as z from 'zod';
import { VigieError } from '../../../core/errors.ts';
import type { JsonObject } from '../../../core/json.ts';
import { type Trusted, trusted } from '../../../core/trusted-text.ts';
import { compareHalves, type Shift } from '../../../logs/compare.ts';
import { isoOf, nanosFromMs } from '../../../logs/moment.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';
import { fittingRows, sentBytes, tableHeader, tableLine } from '../../text-table.ts';
import { type Folded, foldLines } from '../fold-lines.ts';
import { openSource } from '../open-source.ts';
import type { patternsInput, patternsOutput } from '../patterns.ts';
import { firstReasons, roomFor, spanMsOf } from '../query/facts.ts';
import { levelOf } from '../schemas.ts';
import { type LineSource, refIn } from '../source.ts';
import {
  exampleLine,
  foldedBytes,
  placesText,
  spanText,
  templateData,
  templateText,
} from '../template-rows.ts';
import { momentIn, type TimeSpan } from '../time-span.ts';
import { type DeployTime, deployTime } from './deploy-time.ts';

type Asked = z.output<typeof patternsInput>;
type Facts = z.output<typeof patternsOutput>;

const inSecond = 1_000_000_000n;
// A day before and a day after see every hour of both; the day after a deploy tells what it brought.
const mostSide = 24n * 3_600n * inSecond;
// As many parts for before as for after: two that are compared must not share one.
const slots = 16;
// An answer has room for about twenty.
const mostRows = 100;
const factBytes = 1_500;
const columns = ['change', 'level', 'before', 'after', 'first', 'where', 'template'];

export const reading = {
  async read(asked: Asked, context: ToolContext): Promise<{ data: Facts; text: string }> {
    const { query, namespace, target } = asked;
    const level = levelOf(asked.level);
    const since = await sinceOf(asked, context);
    const opened = await openSource({ query, namespace, target, contains: undefined }, context);
    if (opened.kind === 'metric') throw refused('query', 'a metric query has no lines to compare');
    const { source } = opened;
    const nowMs = context.clusterTime().getTime();
    const sides = sidesOf(since.at, nowMs);
    const folded = await foldLines(source, { span: sides, slots, level });
    const shifts = compareHalves(folded.templates, { grew: asked.grew });
    return answer(shifts, { asked, source, since, sides, folded, context });
  },
};

async function sinceOf({ since, target, namespace }: Asked, context: ToolContext): Promise<DeployTime> {
  if (since === 'deploy') {
    if (target !== undefined) return deployTime(refIn(target, namespace), context);
    throw refused('target', 'required where since is deploy', {
      hint: trusted`Name a workload, or a time: vigie logs patterns --target deploy/web, or --namespace shop --since 1h`,
    });
  }
  return { at: momentIn('since', since, context.clusterTime().getTime()), what: '' };
}

/** The same length of time before and after, up to now. @throws VigieError INVALID_INPUT */
function sidesOf(since: bigint, nowMs: number): TimeSpan {
  const to = nanosFromMs(nowMs) + inSecond;
  if (to <= since) throw refused('since', 'it is still to come');
  const side = to - since > mostSide ? mostSide : to - since;
  return { from: since - side, to: since + side };
}

function refused(field: string, message: string, { hint }: { hint?: Trusted } = {}): VigieError {
  return new VigieError('INVALID_INPUT', `${field}: ${message}`, {
    ...(hint === undefined ? {} : { hint }),
    details: { issues: [{ field, message }] },
  });
}

function answer(
  shifts: readonly Shift[],
  of: {
    source: LineSource;
    since: DeployTime;
    sides: TimeSpan;
    folded: Folded;
    asked: Asked;
    context: ToolContext;
  },
): { data: Facts; text: string } {
  const { source, since, sides, folded, asked, context } = of;
  const asData = asked.format === 'json';
  const count = (change: Shift['change']) => shifts.filter(each => each.change === change).length;
  const changed = shifts.filter(({ change }) => change !== 'same');
  const before = shifts.reduce((sum, each) => sum + each.before, 0);
  const spanMs = spanMsOf(sides);
  const head = [
    `logs of ${source.name} since ${isoOf(since.at).replace(/\.\d+Z$/, 'Z')}${since.what === '' ? '' : ` (${since.what})`}, ${spanText(spanMs / 2)} after against as long before`,
    `${count('new')} new, ${count('grew')} grown, ${count('gone')} gone, ${count('same')} as before; ${folded.lines} lines read`,
    ...notesOn({ before, source, folded }),
    ...notLately(sides, context.clusterTime().getTime()),
  ];
  const some = changed.slice(0, mostRows);
  const rows = some.map(shift => [rowOf(shift, since.at), ...exampleLine(shift.template)].join('\n'));
  const used = head.reduce((sum, line) => sum + sentBytes(line), factBytes);
  const room = (asData ? roomFor(context, foldedBytes) : Math.min(foldedBytes, context.budgetBytes)) - used;
  const shown = fittingRows<string | JsonObject>(asData ? some.map(dataOf) : rows, room);
  const rest = changed.length - shown.length;
  return {
    data: {
      source: source.via,
      since: isoOf(since.at),
      lines: folded.lines,
      new: count('new'),
      grew: count('grew'),
      gone: count('gone'),
      shown: shown.length,
      truncated: rest > 0 || !folded.all,
      ...(source.notRead.length === 0 ? {} : { notRead: firstReasons(source.notRead) }),
      ...(asData ? { rows: shown } : {}),
    },
    text: [
      ...head,
      ...(asData || shown.length === 0 ? [] : [tableHeader(columns), ...rows.slice(0, shown.length)]),
      ...(rest === 0 ? [] : [`${rest} more; narrow by level or target`]),
    ].join('\n'),
  };
}

function dataOf({ template, change, before, after }: Shift): JsonObject {
  const { count: _, ...rest } = templateData(template);
  return { change, before, after, ...rest };
}

/** Whoever asks about a deploy of last week may mean what is new today. */
function notLately({ from, to }: TimeSpan, nowMs: number): string[] {
  if (to - from < 2n * mostSide || to >= nanosFromMs(nowMs)) return [];
  return ['the day after it is compared, nothing later; what is new lately: --since 1h'];
}

/** What makes a comparison worth less than it looks. */
function notesOn(of: { before: number; source: LineSource; folded: Folded }): string[] {
  const { before, source, folded } = of;
  const nothing = before === 0 && folded.lines > 0;
  return [
    ...(folded.lines === 0 ? ['no lines of that time, or none are kept any more'] : []),
    ...(nothing && source.via === 'pods'
      ? [
          'nothing of before: pods that are gone take their logs along, so all counts as new; a Loki would keep them',
        ]
      : []),
    ...(nothing && source.via === 'loki' ? ['no lines of before, so all counts as new'] : []),
    ...(folded.all
      ? []
      : ['only the newest lines were read, so less of before than of after: narrow the time']),
    ...(source.notRead.length === 0 ? [] : [`not read: ${firstReasons(source.notRead).join('; ')}`]),
  ];
}

function rowOf({ template, change, before, after }: Shift, since: bigint): string {
  const { level, firstMs, lastMs } = template;
  const first = change === 'gone' ? lastMs : Math.max(firstMs, Number(since / 1_000_000n));
  return tableLine([
    change,
    level === 'other' ? '-' : level,
    String(before),
    String(after),
    change === 'new' || change === 'gone' ? new Date(first).toISOString().slice(11, 19) : '-',
    placesText(template),
    templateText(template),
  ]);
}
