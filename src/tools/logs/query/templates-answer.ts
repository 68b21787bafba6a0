import { levels } from '../../../logs/level.ts';
import { isoOf } from '../../../logs/moment.ts';
import { fittingRows, sentBytes, tableHeader } from '../../text-table.ts';
import { foldLines } from '../fold-lines.ts';
import { exampleLine, foldedBytes, lengthText, templateRow } from '../template-rows.ts';
import { type Answer, type Found, firstReasons, notReadFacts, spanMsOf } from './facts.ts';

const slots = 16;
const columns = ['level', 'count', 'rate', 'first', 'last', 'where', 'template'];
// The facts beside the text: counts, times, the reasons of what was not read, JSON punctuation.
const factBytes = 1_500;

/** Lines folded into templates. */
export async function templatesAnswer({ asked, source, span, context }: Found): Promise<Answer> {
  const folded = await foldLines(source, { span, slots, level: asked.level });
  const total = folded.all ? undefined : await source.total(span);
  const spanMs = spanMsOf(span);
  const counts = Object.fromEntries(
    levels.flatMap(level => {
      const some = folded.templates.filter(each => each.level === level);
      return some.length === 0 ? [] : [[level, some.reduce((sum, each) => sum + each.count, 0)]];
    }),
  );
  const name = folded.lines > 0 ? source.name : 'what was asked for';
  const lines = folded.all
    ? `${folded.lines} lines`
    : `the newest ${folded.lines}${total === undefined ? '' : ` of ${total}`} lines`;
  const head = [
    `logs of ${name} over ${lengthText(spanMs)} to ${isoOf(span.to).slice(0, 19)}Z: ${lines}, ${folded.events} events in ${folded.templates.length} templates`,
    ...(folded.events === 0
      ? []
      : [
          `levels: ${Object.entries(counts)
            .map(([level, count]) => `${level === 'other' ? 'none' : level} ${count}`)
            .join(', ')}`,
        ]),
    ...(source.notRead.length === 0 ? [] : [`not read: ${firstReasons(source.notRead).join('; ')}`]),
  ];
  const rows = folded.templates
    .slice(0, asked.limit)
    .map(template => [templateRow(template, { spanMs }), ...exampleLine(template)].join('\n'));
  const used = head.reduce((sum, line) => sum + sentBytes(line), factBytes);
  const shown = fittingRows(rows, Math.min(foldedBytes, context.budgetBytes) - used);
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
    },
    text: [...head, ...(shown.length === 0 ? [] : [tableHeader(columns)]), ...shown, ...more].join('\n'),
  };
}
