import * as z from 'zod';
import type { PrometheusReader } from '../../clients/prometheus/reader.ts';
import { VigieError } from '../../core/errors.ts';
import { inParallel } from '../../core/in-parallel.ts';
import type { JsonObject } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import { nearestNames } from '../../core/nearest.ts';
import { trusted } from '../../core/trusted-text.ts';
import { durationText } from '../../metrics/durations.ts';
import {
  burnSource,
  burnWindows,
  burnWindowsWithin,
  type Events,
  judgeSlo,
  type SloVerdict,
} from '../../metrics/slo.ts';
import { asData } from '../../toolkit/asked-field.ts';
import type { Slo } from '../../toolkit/systems.ts';
import { defineReadTool } from '../../toolkit/tool.ts';
import { fittingRows, tableHeader, tableLine } from '../text-table.ts';

const answerBytes = 6_000;
const overheadBytes = 1_500;
// Up to eighteen queries each; more are asked for by name.
const mostSlos = 20;
const atOnce = 4;

/** Judges the objectives that vigie.yaml names: what is left of their error budgets and how fast it goes. */
export const metricsSlo = defineReadTool({
  name: 'metrics_slo',
  title: 'Judge objectives',
  description: 'Judge service level objectives (metrics.slos): error budget left, burn rates.',
  input: z.strictObject({
    name: z.string().max(100).optional().describe('Default: all.'),
    format: z.enum(['table', 'json']).default('table').describe('json: rows as data.'),
  }),
  output: z.object({
    states: z.record(z.string(), z.string()),
    rows: asData(z.array(z.unknown())),
    bad: z.boolean(),
    total: z.int(),
    shown: z.int(),
    source: z.string(),
  }),

  async read({ name, format }, { systems, now, environment, budgetBytes }) {
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
    const asData = format === 'json';
    const forModel = budgetBytes <= limits.answerBytes;
    const mostBytes = (forModel ? Math.min(budgetBytes, answerBytes) : budgetBytes) - overheadBytes;
    const lines = fittingRows<string>(asData ? [] : verdicts.map(lineOf), mostBytes);
    const rows = fittingRows(asData ? verdicts.map(dataOf) : [], mostBytes);
    const columns = [
      'objective',
      'state',
      'good',
      'of',
      'budget-left',
      ...burnWindows.map(({ window }) => `burn-${window}`),
    ];
    const fastest = burnWindows
      .map(({ window, most, urgency }) => `${window} over ${most} (${urgency})`)
      .join(', ');
    const bad = verdicts.some(({ verdict: { state } }) => state === 'exhausted' || state === 'burning');
    const partly = verdicts.filter(({ verdict }) => verdict.partly).map(each => each.name);
    const states = Object.fromEntries(verdicts.map(({ name: each, verdict }) => [each, verdict.state]));
    return {
      data: {
        states,
        ...(asData ? { rows } : {}),
        bad,
        total: slos.size,
        shown: asData ? rows.length : lines.length,
        source: burnSource,
      },
      text: [
        `${verdicts.length} of ${slos.size} objectives; an error budget burns too fast at ${fastest}`,
        ...(asData ? [] : [tableHeader(columns), ...lines]),
        `limits: ${burnSource}`,
        ...(verdicts.some(({ verdict }) => verdict.burns.some(({ past }) => past))
          ? ['(past): too fast over that time, and no longer over the last twelfth of it']
          : []),
        ...(partly.length === 0
          ? []
          : [
              `~: the first half of that time has no data, and the figure is of what came since (budgets of ${partly.join(', ')})`,
            ]),
        ...(bad ? ['next: what alerts now: vigie metrics alerts'] : []),
      ].join('\n'),
    };
  },
});

const none: Events = { good: undefined, total: undefined, partly: false };

async function judge(
  slo: Slo,
  { reader, atSeconds }: { reader: PrometheusReader; atSeconds: number },
): Promise<SloVerdict> {
  const windows = burnWindowsWithin(slo.windowSeconds);
  const whole = [slo.windowSeconds, ...windows.map(window => window.seconds)];
  // The last twelfth of one window may be another window.
  const lengths = new Set([...whole, ...windows.map(window => window.lately)]);
  const events = new Map([...lengths].map(seconds => [seconds, { ...none }]));
  const ask = (of: 'good' | 'total', seconds: number, at: number) =>
    reader.number({ query: slo[of].replaceAll('$window', durationText(seconds)), atSeconds: at });
  const asked = [...events].flatMap(([seconds, each]) => [
    async () => {
      each.good = await ask('good', seconds, atSeconds);
    },
    async () => {
      each.total = await ask('total', seconds, atSeconds);
      if (each.total === undefined || !whole.includes(seconds)) return;
      const half = seconds / 2;
      each.partly = (await ask('total', half, atSeconds - half)) === undefined;
    },
  ]);
  await inParallel(asked, { atOnce, task: question => question() });
  const of = (seconds: number) => events.get(seconds) ?? none;
  return judgeSlo(slo.objective, {
    all: of(slo.windowSeconds),
    windows: windows.map(window => ({ ...window, events: of(window.seconds), late: of(window.lately) })),
  });
}

function lineOf({ name, slo, verdict }: { name: string; slo: Slo; verdict: SloVerdict }): string {
  const { state, good, left, burns } = verdict;
  return tableLine([
    name,
    state,
    good === undefined ? undefined : percentText(good),
    `${slo.objective}% in ${durationText(slo.windowSeconds)}`,
    left === undefined ? undefined : `${verdict.partly ? '~' : ''}${Math.round(left * 100)}%`,
    ...burnWindows.map(({ window }) => burnText(burns.find(each => each.window === window))),
  ]);
}

/** Undefined: the window is longer than that of the objective. */
function burnText(burn: SloVerdict['burns'][number] | undefined): string | undefined {
  if (burn === undefined) return undefined;
  const { rate, over, past, urgency, partly } = burn;
  if (rate === undefined) return 'no traffic';
  return `${partly ? '~' : ''}${Number(rate.toPrecision(3))}${over ? ` (${urgency})` : past ? ' (past)' : ''}`;
}

function dataOf({ name, slo, verdict }: { name: string; slo: Slo; verdict: SloVerdict }): JsonObject {
  const { state, good, left, partly, burns } = verdict;
  return {
    objective: name,
    state,
    good: good ?? null,
    wanted: slo.objective / 100,
    window: durationText(slo.windowSeconds),
    budgetLeft: left ?? null,
    partly,
    burns: burns.map(burn => ({ ...burn, rate: burn.rate ?? null, lately: burn.lately ?? null })),
  };
}

/** As many nines as there are: rounded, 99.996 would be 100. */
function percentText(share: number): string {
  const percent = share * 100;
  return `${percent === 100 ? '100' : String(Math.floor(percent * 1000) / 1000)}%`;
}
