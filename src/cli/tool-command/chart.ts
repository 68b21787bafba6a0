import { VigieError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { textIn } from '../../core/json.ts';
import { chartSvg } from '../../metrics/chart-svg.ts';
import { chartOf } from '../chart/chart-of.ts';
import { pngOf } from '../chart/png.ts';
import { terminalChart } from '../chart/terminal-chart.ts';
import { localEnd } from '../local-end.ts';

/** What --chart asks for: a file, or the terminal. */
export type ChartPlace = string | true;

/** What is asked of the tool for a chart: rows as data, of a range. */
export function chartInput(input: JsonObject): JsonObject {
  if (input['at'] !== undefined || input['raw'] === true)
    throw new VigieError(
      'INVALID_INPUT',
      '--chart draws a range: it goes with --from, not with --at or --raw',
    );
  return { from: '1h', ...input, format: 'json', top: input['top'] ?? 5 };
}

/** Refuses a place that cannot be written to before anything is asked. @throws VigieError INVALID_INPUT, ALREADY_EXISTS */
export async function checkChartPlace(place: ChartPlace): Promise<void> {
  if (place === true) return;
  if (!/\.(?:svg|png)$/i.test(place))
    throw new VigieError('INVALID_INPUT', '--chart writes a file that ends with .svg or .png', {
      hint: 'Without a file it is drawn in the terminal.',
    });
  await localEnd.placeFor(localEnd.absolute(place), '');
}

/** Draws an answer; what is to be said about it. */
export async function drawChart(
  data: JsonObject,
  { query, place }: { query: string; place: ChartPlace },
): Promise<string> {
  const chart = chartOf(data, { title: query });
  if (place === true) return terminalChart(chart);
  const svg = chartSvg(chart);
  const bytes = place.toLowerCase().endsWith('.png') ? await pngOf(svg) : Buffer.from(svg);
  await localEnd.writeNew(localEnd.absolute(place), [{ path: '', mode: 0o644, bytes }]);
  const notes = Array.isArray(data['notes']) ? data['notes'].map(textIn) : [];
  return [`${place}: ${chart.lines.length} of ${Number(data['series'])} series drawn`, ...notes, ''].join(
    '\n',
  );
}
