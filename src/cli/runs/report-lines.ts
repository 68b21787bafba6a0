import { isObject, type Json } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';

const sayingChars = 300;
/** Of one list; all of it is in `vigie runs show ID -o json`. */
const mostItems = 20;

/** What a run reports at its end, for people: a line for each name, and one for each item of a list. */
export function reportLines(output: Json | undefined): string[] {
  const report = isObject(output) ? output['report'] : undefined;
  if (!isObject(report)) return [];
  return Object.entries(report).flatMap(([name, value]) => {
    const shown = cleanLine(name, sayingChars);
    if (value === undefined) return [];
    if (!Array.isArray(value)) return [`  ${shown}: ${textOf(value)}`];
    if (value.length === 0) return [`  ${shown}: none`];
    const items = value.slice(0, mostItems).map(item => `    ${textOf(item)}`);
    const more = value.length > mostItems ? [`    … ${value.length - mostItems} more`] : [];
    return [`  ${shown}:`, ...items, ...more];
  });
}

function textOf(value: Json): string {
  return cleanLine(typeof value === 'string' ? value : JSON.stringify(value), sayingChars);
}
