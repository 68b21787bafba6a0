import { VigieError } from '../../../core/errors.ts';
import { inTime } from '../../../core/in-time.ts';
import { cleanLine } from '../../../core/text.ts';
import { amountText, measured } from '../../../data/measure.ts';
import { type Line, notChecked } from '../../../data/verdict.ts';
import { checkQuery } from '../../../metrics/promql/check.ts';
import type { DataServiceView } from '../../../toolkit/data-system.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';

const check = 'P99';
const whyChars = 300;
/** The services themselves have as long. */
const answerMs = 10_000;

/** The 99th percentile of a service, which only metrics know. */
export async function p99Lines(
  { engine, p99 }: DataServiceView,
  { systems, now }: Pick<ToolContext, 'systems' | 'now'>,
): Promise<Line[]> {
  if (p99 === undefined)
    return engine === 'postgres'
      ? [
          {
            check,
            level: 'note',
            text: "not known: PostgreSQL's views hold only mean and maximum; name p99 (PromQL)",
          },
        ]
      : [];
  if (!systems.configured.has('prometheus'))
    return [notChecked(check, 'p99 is named, and the environment has no metrics.prometheus')];
  const { mistake } = checkQuery(p99);
  if (mistake?.certain === true)
    return [notChecked(check, `p99 is no PromQL: ${cleanLine(mistake.message, whyChars)}`)];
  try {
    const value = await inTime(ask(p99, { systems, now }), {
      ms: answerMs,
      late: () => new VigieError('TIMEOUT', `metrics did not answer in ${answerMs / 1000} s`),
    });
    // A quantile of nothing is NaN.
    if (value === undefined || Number.isNaN(value))
      return [notChecked(check, 'the query of p99 finds nothing now')];
    return [measured(check, { value, by: 'p99', text: `${amountText(value, 'seconds')} by metrics` })];
  } catch (error) {
    if (!(error instanceof VigieError) || error.code === 'CANCELLED') throw error;
    return [notChecked(check, cleanLine(error.message, whyChars))];
  }
}

async function ask(
  query: string,
  { systems, now }: Pick<ToolContext, 'systems' | 'now'>,
): Promise<number | undefined> {
  const reader = await systems.prometheus();
  const { time } = await reader.server();
  return reader.number({ query, atSeconds: (time ?? now).getTime() / 1000 });
}
