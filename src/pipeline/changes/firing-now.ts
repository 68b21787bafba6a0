import type { PrometheusReader } from '../../clients/prometheus/reader.ts';
import { VigieError } from '../../core/errors.ts';
import { isSameJson, type JsonObject, textOf } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import { rulesIn } from '../../metrics/rule-text.ts';
import type { Looking } from './kind.ts';

/** Each is a query of its own; more are named as not asked. */
const mostAsked = 20;
const lineChars = 300;

/**
 * How many series each new or changed alert would have now, a line each. A server that does not answer is no reason to refuse a
 * rule: it is said.
 */
export async function firingNow(
  { systems }: Pick<Looking, 'systems'>,
  rules: { old: readonly JsonObject[]; now: readonly JsonObject[] },
): Promise<{ lines: string[]; warnings: string[] }> {
  if (!systems.configured.has('prometheus'))
    return { lines: [], warnings: ['No Prometheus is configured: what would fire now was not asked.'] };
  const prometheus = await systems.prometheus();
  try {
    return { lines: await wouldFire(prometheus, rules), warnings: [] };
  } catch (error) {
    // A call that was stopped is stopped.
    if (!(error instanceof VigieError) || error.code === 'CANCELLED') throw error;
    const why = cleanLine(error.message, lineChars);
    return { lines: [], warnings: [`What would fire now was not asked: ${why}`] };
  }
}

async function wouldFire(
  prometheus: PrometheusReader,
  { old, now }: { old: readonly JsonObject[]; now: readonly JsonObject[] },
): Promise<string[]> {
  const before = rulesIn(old);
  const asked = rulesIn(now).filter(
    rule => typeof rule['alert'] === 'string' && !before.some(other => isSameJson(other, rule)),
  );
  const { time = new Date() } = await prometheus.server();
  const lines: string[] = [];
  for (const rule of asked.slice(0, mostAsked)) {
    const name = textOf(rule, 'alert');
    const found = await seriesOf(prometheus, {
      query: textOf(rule, 'expr'),
      atSeconds: time.getTime() / 1000,
    });
    const after = textOf(rule, 'for');
    const lasting = after === '' || found === '0' ? '' : `, once it has lasted ${after}`;
    lines.push(cleanLine(`${name}: ${found} series${lasting}`, lineChars));
  }
  const more = asked.length - mostAsked;
  return more > 0 ? [...lines, `and ${more} more alerts, not asked`] : lines;
}

async function seriesOf(
  prometheus: PrometheusReader,
  { query, atSeconds }: { query: string; atSeconds: number },
): Promise<string> {
  try {
    return String((await prometheus.number({ query: `count(${query}\n)`, atSeconds })) ?? 0);
  } catch (error) {
    if (error instanceof VigieError && error.code === 'INVALID_INPUT') return 'unknown (it is not taken)';
    throw error;
  }
}
