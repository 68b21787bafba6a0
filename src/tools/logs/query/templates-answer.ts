import type { JsonObject } from '../../../core/json.ts';
import { levels } from '../../../logs/level.ts';
import { isoOf } from '../../../logs/moment.ts';
import { fittingRows, sentBytes, tableHeader } from '../../text-table.ts';
import { foldLines } from '../fold-lines.ts';
import { levelOf } from '../schemas.ts';
import { exampleLine, foldedBytes, spanText, templateData, templateRow } from '../template-rows.ts';
import { type Answer, type Found, firstReasons, noneText, notReadFacts, roomFor, spanMsOf } from './facts.ts';

const slots = 16;
const columns = ['level', 'count', 'rate', 'first', 'last', 'where', 'template'];
// The facts beside the text: counts, times, the reasons of what was not read, JSON punctuation.
const factBytes = 1_500;

/** Lines folded into templates. */
export async function templatesAnswer({ asked, source, span, context }: Found): Promise<Answer> {
  const level = levelOf(asked.level);
  const folded = await foldLines(source, { span, slots, level });
  const total = folded.all ? undefined : await source.total(span);
  const spanMs = spanMsOf(span);
  const counts = Object.fromEntries(
    levels.flatMap(level => {
      const some = folded.templates.filter(each => each.level === level);
      return some.length === 0 ? [] : [[level, some.reduce((sum, each) => sum + each.count, 0)]];
    }),
  );
  const lines = folded.all
    ? `${folded.lines} lines`
    : `the newest ${folded.lines}${total === undefined ? '' : ` of ${total}`} lines`;
  const head = [
    `logs of ${source.name} over ${spanText(spanMs)} to ${isoOf(span.to).slice(0, 19)}Z: ${lines}, ${folded.events} events in ${folded.templates.length} templates`,
    ...(folded.events === 0
      ? noneText({ asked, source }, folded)
      : [
          `levels: ${Object.entries(counts)
            .map(([level, count]) => `${level === 'other' ? 'none' : level} ${count}`)
            .join(', ')}`,
        ]),
    ...(source.notRead.length === 0 ? [] : [`not read: ${firstReasons(source.notRead).join('; ')}`]),
  ];
  const asData = asked.format === 'json';
  const some = folded.templates.slice(0, asked.limit);
  const rows = some.map(template => [templateRow(template, { spanMs }), ...exampleLine(template)].join('\n'));
  const used = head.reduce((sum, line) => sum + sentBytes(line), factBytes);
  const room = asData ? roomFor(context, foldedBytes) : Math.min(foldedBytes, context.budgetBytes);
  const shown = fittingRows<string | JsonObject>(asData ? some.map(templateData) : rows, room - used);
  const truncated = !folded.all || shown.length < folded.templates.length;
  const rest = folded.templates.slice(shown.length);
  const more =
    rest.length === 0
      ? []
      : [
          `${rest.length} more templates of ${rest.reduce((sum, each) => sum + each.count, 0)} events; narrow by level, contains, target or time`,
        ];
  return {
    data: {
      source: source.via,
      lines: folded.lines,
      total: folded.templates.length,
      shown: shown.length,
      truncated,
      ...notReadFacts(source),
      ...(asData ? { rows: shown } : {}),
    },
    text: [
      ...head,
      ...(asData || shown.length === 0 ? [] : [tableHeader(columns), ...rows.slice(0, shown.length)]),
      ...more,
    ].join('\n'),
  };
}
