import * as z from 'zod';
import type { PrometheusReader } from '../../clients/prometheus/reader.ts';
import { VigieError } from '../../core/errors.ts';
import { inParallel } from '../../core/in-parallel.ts';
import { nearestNames } from '../../core/nearest.ts';
import { trusted } from '../../core/trusted-text.ts';
import { durationText } from '../../metrics/durations.ts';
import { burnSource, burnWindows, type Events, judgeSlo, type SloVerdict } from '../../metrics/slo.ts';
import type { Slo } from '../../toolkit/systems.ts';
import { defineReadTool } from '../../toolkit/tool.ts';
import { fittingRows, tableHeader, tableLine } from '../text-table.ts';

const answerBytes = 6_000;
const overheadBytes = 1_500;
// Ten queries each; more are asked for by name.
const mostSlos = 20;
const atOnce = 4;

/** Judges the objectives that vigie.yaml names: what is left of their error budgets and how fast it goes. */
export const metricsSlo = defineReadTool({
  name: 'metrics_slo',
  title: 'Judge objectives',
  description: 'Judge service level objectives (metrics.slos): error budget left, burn rates.',
  input: z.strictObject({ name: z.string().max(100).optional().describe('Default: all.') }),
  output: z.object({
    states: z.record(z.string(), z.string()),
    total: z.int(),
    shown: z.int(),
    source: z.string(),
  }),

  async read({ name }, { systems, now, environment, budgetBytes }) {
    const { slos } = systems;
    if (slos.size === 0)
      throw new VigieError('NOT_CONFIGURED', `The environment ${environment.name} has no objectives.`, {
        hint: 'Under metrics in vigie.yaml: slos: {shop: {objective: 99.9, window: 30d, good: "sum(increase(http_requests_total{code!~\\"5..\\"}[$window]))", total: "sum(increase(http_requests_total[$window]))"}}',
        details: { environment: environment.name },
      });
    const asked =
      name === undefined ? [...slos].slice(0, mostSlos) : [...slos].filter(([each]) => each === name);
    if (asked.length === 0) {
      const nearest = nearestNames(name ?? '', slos.keys());
      throw new VigieError('NOT_FOUND', 'There is no such objective.', {
        hint:
          nearest.length === 0
            ? trusted`Objectives are: ${[...slos.keys()]}.`
            : trusted`Did you mean ${nearest}?`,
        details: { nearest },
      });
    }
    const reader = await systems.prometheus();
    const { time } = await reader.server();
    const atSeconds = (time ?? now).getTime() / 1000;
    const verdicts: { name: string; slo: Slo; verdict: SloVerdict }[] = [];
    for (const [each, slo] of asked)
      verdicts.push({ name: each, slo, verdict: await judge(slo, { reader, atSeconds }) });
    const shown = fittingRows(verdicts.map(lineOf), Math.min(budgetBytes, answerBytes) - overheadBytes);
    const columns = [
      'objective',
      'state',
      'good',
      'of',
      'budget-left',
      ...burnWindows.map(({ window }) => `burn-${window}`),
    ];
    const limits = burnWindows
      .map(({ window, most, urgency }) => `${window} over ${most} (${urgency})`)
      .join(', ');
    const states = Object.fromEntries(verdicts.map(({ name: each, verdict }) => [each, verdict.state]));
    return {
      data: { states, total: slos.size, shown: shown.length, source: burnSource },
      text: [
        `${verdicts.length} of ${slos.size} objectives; an error budget burns too fast at ${limits}`,
        tableHeader(columns),
        ...shown,
        `limits: ${burnSource}`,
      ].join('\n'),
    };
  },
});

async function judge(
  slo: Slo,
  { reader, atSeconds }: { reader: PrometheusReader; atSeconds: number },
): Promise<SloVerdict> {
  const seconds = [slo.windowSeconds, ...burnWindows.map(window => window.seconds)];
  const events: Events[] = seconds.map(() => ({ good: undefined, total: undefined }));
  const asked = seconds.flatMap((window, index) =>
    (['good', 'total'] as const).map(of => ({ window, index, of })),
  );
  await inParallel(asked, {
    atOnce,
    task: async ({ window, index, of }) => {
      const query = slo[of].replaceAll('$window', durationText(window));
      const found = events[index];
      if (found !== undefined) found[of] = await reader.number({ query, atSeconds });
    },
  });
  const [all = { good: undefined, total: undefined }, ...windows] = events;
  return judgeSlo(slo.objective, { all, windows });
}

function lineOf({ name, slo, verdict }: { name: string; slo: Slo; verdict: SloVerdict }): string {
  const { state, good, left, burns } = verdict;
  return tableLine([
    name,
    state,
    good === undefined ? undefined : percentText(good),
    `${slo.objective}% in ${durationText(slo.windowSeconds)}`,
    left === undefined ? undefined : `${Math.round(left * 100)}%`,
    ...burns.map(({ rate, over, urgency }) =>
      rate === undefined ? 'no traffic' : `${Number(rate.toPrecision(3))}${over ? ` (${urgency})` : ''}`,
    ),
  ]);
}

/** As many nines as there are: rounded, 99.996 would be 100. */
function percentText(share: number): string {
  const percent = share * 100;
  return `${percent === 100 ? '100' : String(Math.floor(percent * 1000) / 1000)}%`;
}
