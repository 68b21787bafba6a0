import { type JsonObject, listOf, memberOf, textOf } from '../core/json.ts';
import { cleanLine } from '../core/text.ts';
import { amountText, measured } from './measure.ts';
import { needsMonitor } from './needs-monitor.ts';
import { type Line, notChecked } from './verdict.ts';

const check = 'slow queries';
const queryChars = 200;

/** The statements that take the longest on the average, and the one that once took longest. */
export function statementLines(row: JsonObject): Line[] {
  if (row['installed'] !== true)
    return [
      { check, level: 'note', text: 'pg_stat_statements is not installed in this database: not known' },
    ];
  // Of others a role sees times and no text; times that nobody can follow up are no answer.
  if (row['seesOthers'] !== true) return [notChecked(check, needsMonitor)];
  const longest = memberOf(row, 'max');
  const once: Line[] =
    longest === undefined
      ? []
      : [
          {
            check: 'longest query',
            level: 'note',
            text: `${amountText(Number(longest['max']), 'milliseconds')} once: ${shown(longest)}`,
          },
        ];
  const slow = listOf(row, 'mean').map(statement => {
    const value = Number(statement['mean'] ?? Number.NaN);
    const calls = amountText(Number(statement['calls']), 'count');
    const text = `mean ${amountText(value, 'milliseconds')} of ${calls} calls: ${shown(statement)}`;
    return measured(check, { value, by: 'postgres.meanMs', text });
  });
  if (slow.length === 0)
    return [{ check, level: 'ok', text: 'no query was counted five times yet' }, ...once];
  const bad = slow.filter(({ level }) => level !== 'ok');
  return [...(bad.length > 0 ? bad : slow.slice(0, 1)), ...once];
}

function shown(statement: JsonObject): string {
  return cleanLine(textOf(statement, 'query').replace(/\s+/g, ' ').trim(), queryChars);
}
