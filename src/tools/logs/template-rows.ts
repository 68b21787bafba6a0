import type { JsonObject } from '../../core/json.ts';
import { cutText } from '../../core/text.ts';
import { withoutLeadingTime } from '../../logs/level.ts';
import { sparkline } from '../../logs/sparkline.ts';
import type { Template } from '../../logs/templates.ts';
import { tableLine } from '../text-table.ts';

// What an answer to a model holds at most, whatever came: about as much as a screen.
export const foldedBytes = 6_000;
const templateChars = 160;
const exampleChars = 140;
const dayMs = 24 * 3_600_000;

/** The template as a reader sees it. */
export function templateText({ tokens, rest, lines }: Template): string {
  if (rest) return '(other lines, too many different ones to tell apart)';
  const text = cut(tokens.join(' '), templateChars);
  return lines > 1 ? `${text} (+${lines - 1} lines)` : text;
}

/** The newest line of it, where that says more than the template. */
export function exampleLine(template: Template): string[] {
  const { example, tokens } = template;
  const says = tokens.some(token => token.includes('<')) || template.rest;
  return says && example !== '' ? [`  e.g. ${cut(withoutLeadingTime(example), exampleChars)}`] : [];
}

/** Its pod, or how many it came from. */
export function placesText({ places, morePlaces }: Template): string {
  const [only] = places;
  if (places.size === 1 && only !== undefined && !morePlaces) return only;
  return `${places.size}${morePlaces ? '+' : ''} pods`;
}

/** A row of the table of templates. */
export function templateRow(template: Template, { spanMs }: { spanMs: number }): string {
  const { level, count, slots, firstMs, lastMs } = template;
  return tableLine([
    level === 'other' ? '-' : level,
    String(count),
    sparkline(slots),
    timeText(firstMs, spanMs),
    timeText(lastMs, spanMs),
    placesText(template),
    templateText(template),
  ]);
}

/** The same as data. */
export function templateData(template: Template): JsonObject {
  const { level, count, firstMs, lastMs, places, example } = template;
  return {
    level,
    count,
    first: new Date(firstMs).toISOString(),
    last: new Date(lastMs).toISOString(),
    places: [...places],
    template: templateText(template),
    example: cut(example, exampleChars),
  };
}

/** `14:03:07`, or with its day where the time that was asked about is longer than one. UTC. */
function timeText(ms: number, spanMs: number): string {
  const iso = new Date(ms).toISOString();
  return spanMs > dayMs ? iso.slice(5, 16) : iso.slice(11, 19);
}

/** `1h 30m`; of ten minutes and more to the minute. */
export function spanText(ms: number): string {
  const seconds = ms < 600_000 ? Math.round(ms / 1_000) : Math.round(ms / 60_000) * 60;
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor((seconds % 86_400) / 3_600), 'h'],
    [Math.floor((seconds % 3_600) / 60), 'm'],
    [seconds % 60, 's'],
  ];
  const said = parts.filter(([amount]) => amount > 0).map(([amount, unit]) => `${amount}${unit}`);
  return said.slice(0, 2).join(' ') || '0s';
}

function cut(text: string, most: number): string {
  const kept = cutText(text, most);
  return kept === text ? text : `${kept}…`;
}
